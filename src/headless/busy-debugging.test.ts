/** What the console does in a busy system whose domains run the same kernel at the same addresses. */
import { beforeAll, describe, expect, it } from 'vitest';
import { CommandConsole } from '../debugger/commands/console.ts';
import { type BusySystem, hasDefaultPack, openBusySystem } from '../testing/busy-system.ts';

/** Instructions within which everything that is waited for happens. */
const LIMIT = 300_000_000;
const HITS = 4;

describe.skipIf(!hasDefaultPack)('debugging domains that run the same kernel', () => {
  let busy: BusySystem;
  let debugConsole: CommandConsole;
  const say = (line: string): Promise<string> => debugConsole.execute(line);
  const context = () => busy.session.system.context(debugConsole.state.cpu);

  beforeAll(async () => {
    busy = await openBusySystem();
    debugConsole = new CommandConsole(busy.session);
    debugConsole.state.runLimit = LIMIT;
  }, 300_000);

  /** Domains, and what was printed, at each of some hits of the breakpoint that `line` sets. */
  async function hits(line: string, count = HITS): Promise<{ domains: (number | undefined)[]; texts: string[] }> {
    const found = { domains: [] as (number | undefined)[], texts: [] as string[] };
    await say(line);
    for (let i = 0; i < count; i++) {
      found.texts.push(await say('continue'));
      found.domains.push(context().domain);
    }
    await say('delete');
    return found;
  }

  it.each([0, 1, 2])(
    'stops d%i alone at a function that all of them call',
    async (domain) => {
      const { domains, texts } = await hits(`break vfs_read inferior ${domain}`);
      expect(domains).toEqual(domains.map(() => domain));
      for (const text of texts) expect(text).toMatch(/^Breakpoint \d+\n.*vfs_read \(/);
    },
    120_000,
  );

  it.each([0, 1, 2])(
    'stops d%i alone at a change of a variable that all have at the same address',
    async (domain) => {
      const { domains, texts } = await hits(`watch d${domain}:EL1:jiffies_64`);
      expect(domains).toEqual(domains.map(() => domain));
      for (const text of texts)
        expect(text).toMatch(/^Data breakpoint \d+\nwritten by d\d:EL1:\S+ <\S+>: 0x\w+ \u2192 0x\w+/);
    },
    120_000,
  );

  it('stops one of two tasks with the same PID', async () => {
    const threads = [1, 2].map((domid) => {
      const tasks = busy.session.system.kernels.get(domid)!.tasks();
      return tasks.find(({ comm }) => /^rcu_(sched|preempt)$/.test(comm))?.pid;
    });
    expect(threads[0]).toBe(threads[1]);
    for (const domid of [1, 2]) {
      const { domains } = await hits(`break schedule scope d${domid}:pid ${threads[0]}`, 2);
      expect(domains).toEqual([domid, domid]);
    }
  }, 240_000);

  it('catches a hypercall by its name, in one domain', async () => {
    const { domains, texts } = await hits('catch hvc xen_version inferior 1', 2);
    expect(domains).toEqual([1, 1]);
    for (const text of texts)
      expect(text).toMatch(/^Catchpoint \d+, HVC #0xEA1 xen_version: EL1 \u2192 EL2, from d1:EL1:/);
  }, 120_000);

  it('catches exceptions by immediate and by exception class', async () => {
    const svc = await hits('catch svc 0 scope d2', 2);
    expect(svc.domains).toEqual([2, 2]);
    for (const text of svc.texts) expect(text).toMatch(/^Catchpoint \d+, SVC #0: EL0 \u2192 EL1, from d2:EL0:/);
    const abort = await hits('catch ec 0x24 scope d0', 2);
    for (const text of abort.texts)
      expect(text).toMatch(/^Catchpoint \d+, Data abort, lower EL: EL[01] \u2192 EL[12], from d0:EL[01]:/);
  }, 240_000);

  it('says what a function returned, by its type', async () => {
    await hits('break vfs_read inferior 1', 1);
    const text = await say('finish');
    const [, value, x0] = /^Value returned is \(ssize_t\) (-?\d+)\nX0 is (0x\w+)$/m.exec(text) ?? [];
    expect(BigInt(value)).toBe(BigInt.asIntN(64, BigInt(x0)));
  }, 120_000);

  it('explains a walk: whose it is, every level, and what may be done there or why nothing may', async () => {
    const walk = await say('walk d1:EL1:0xffff800008010000');
    expect(walk).toMatch(/^EL1&0, VMID 2, ASID 0x[0-9a-f]+\n/);
    for (const level of [0, 1, 2]) expect(walk).toMatch(new RegExp(`^stage 1 +level ${level} +PA:`, 'm'));
    expect(walk).toMatch(/\nPA 0x[0-9a-f]+, read, execute; Normal memory \(MAIR 0xff\), inner shareable$/);
    expect(await say('walk d1:EL1:0xffff7fffffff0000')).toMatch(/^EL1&0, VMID 2[\s\S]*\nstage 1 translation fault/);
    expect(await say('walk xen:0x10')).toMatch(/^EL2\n/);
  });

  it('names the system call below the kernel', async () => {
    await hits('break vfs_read inferior 1', 1);
    expect(await say('backtrace')).toMatch(/^--- SVC #0 (read|pread64|readv|sendfile) \u2192 EL1 ---$/m);
  }, 120_000);

  it('reads the vector registers of a vCPU that is switched away from where Xen has saved them', async () => {
    const { port, session } = busy;
    const hypervisor = session.system.hypervisor!;
    const names = [...Array.from({ length: 32 }, (_, n) => `V${n}`), 'FPCR', 'FPSR'];
    let vcpu: bigint | undefined;
    for (let tries = 0; vcpu === undefined && tries < 1000; tries++) {
      port.run(100_000);
      const all = hypervisor.domains().flatMap(({ vcpus }) => vcpus);
      vcpu = all.find(
        ({ address, runstate }) => runstate === 'runnable' && hypervisor.cpuOf(address) === undefined,
      )?.address;
    }
    const saved = names.map((name) => hypervisor.guestRegisters(vcpu!).read(name));
    const accept = (cpu: number): boolean => hypervisor.currentVcpuAddress(cpu) === vcpu;
    const id = port.addCatchpoint({ kind: 'ERET', filter: { el: 2, accept } });
    const stop = port.run(LIMIT);
    port.remove(id);
    expect(stop.hits).toEqual([id]);
    expect(saved).toEqual(names.map((name) => port.readRegister(stop.cpu, name)));
    expect(saved.filter((value) => value !== 0n).length).toBeGreaterThan(3);
  }, 120_000);
});
