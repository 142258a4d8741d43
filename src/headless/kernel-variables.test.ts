/** Variables of Xen and of the kernels that only they have: per CPU, and in lists, in a system with three domains. */
import { beforeAll, describe, expect, it } from 'vitest';
import { CommandConsole } from '../debugger/commands/console.ts';
import { chainEntries, listEntries } from '../debugger/expressions/parts.ts';
import { toInteger } from '../debugger/expressions/value.ts';
import { type BusySystem, hasDefaultPack, openBusySystem } from '../testing/busy-system.ts';

const LIMIT = 300_000_000;

describe.skipIf(!hasDefaultPack)('variables of kernels', () => {
  let busy: BusySystem;
  let debugConsole: CommandConsole;
  const say = (line: string): Promise<string> => debugConsole.execute(line);
  /** What `p` prints, without its number. */
  const print = async (text: string): Promise<string> => (await say(`p ${text}`)).replace(/^\$\d+ = /, '');
  const number = async (text: string): Promise<bigint> => BigInt((await print(text)).split(' ')[0]);

  beforeAll(async () => {
    busy = await openBusySystem();
    debugConsole = new CommandConsole(busy.session);
    debugConsole.state.runLimit = LIMIT;
  }, 300_000);

  async function stopIn(place: string): Promise<void> {
    await say(`tb ${place}`);
    expect(await say('c')).toMatch(/^Temporary breakpoint/);
  }

  const scopeOfTop = async () => {
    const { session } = busy;
    return session.inspector.scope(await session.topRow(session.stacks.topOfCpu(debugConsole.state.cpu)));
  };

  it('of Xen that each pCPU has are those of the pCPU asked for', async () => {
    await stopIn('do_xen_version');
    const { hypervisor } = busy.session.system;
    for (let cpu = 0; cpu < busy.port.cpuCount; cpu++) {
      expect(await number(`per_cpu(curr_vcpu, ${cpu})`)).toBe(hypervisor!.currentVcpu(cpu)!.address);
    }
    const here = debugConsole.state.cpu;
    expect(await number(`per_cpu(curr_vcpu, ${here})->domain->domain_id`)).toBe(
      BigInt(busy.session.system.context(here).domain!),
    );
  }, 120_000);

  it('of Xen that are linked by next_in_list are the domains', async () => {
    const { session } = busy;
    const scope = await scopeOfTop();
    const type = (await session.system.moduleIn({ kind: 'xen' })!.file.typeByName('struct domain'))!;
    const entries = await chainEntries(await number('domain_list'), type, 'next_in_list', scope);
    const listed = session.system.hypervisor!.domains().filter(({ domid }) => domid < 0x7ff0);
    expect(entries.map(toInteger)).toEqual(listed.map(({ address }) => address));
    expect(await number('domain_list->next_in_list->domain_id')).toBe(1n);
  });

  it.each([0, 1, 2])(
    'of the kernel of d%i that each CPU has are those of the CPU asked for, and of that domain',
    async (domain) => {
      await stopIn(`vfs_read inferior ${domain}`);
      const cpus = busy.pack.manifest.domains[domain].vcpus;
      for (let cpu = 0; cpu < cpus; cpu++) {
        expect(await number(`per_cpu(cpu_number, ${cpu})`)).toBe(BigInt(cpu));
        expect(await number(`per_cpu(runqueues, ${cpu}).cpu`)).toBe(BigInt(cpu));
      }
      const kernel = busy.session.system.kernels.get(domain)!;
      const tasks = new Map(kernel.tasks().map(({ address, comm }) => [address, comm]));
      for (let cpu = 0; cpu < cpus; cpu++) {
        const current = await number(`per_cpu(runqueues, ${cpu}).curr`);
        const comm = await print(`((struct task_struct *)${current})->comm`);
        expect(comm).toBe(JSON.stringify(tasks.get(current) ?? `swapper/${cpu}`));
      }
    },
    120_000,
  );

  it('of a kernel that are linked by list_head are its processes', async () => {
    const kernel = busy.session.system.kernels.get(2)!;
    const file = busy.session.system.moduleIn({ kind: 'guest', domain: 2, el: 1 })!.file;
    const scope = await scopeOfTop();
    const type = (await file.typeByName('struct task_struct'))!;
    const entries = await listEntries(await number('&init_task.tasks'), type, 'tasks', scope);
    const listed = new Map(kernel.tasks().map(({ address, pid }) => [address, pid]));
    expect(entries.length).toBeGreaterThan(20);
    for (const entry of entries) {
      const address = toInteger(entry)!;
      expect(await number(`((struct task_struct *)${address})->pid`)).toBe(BigInt(listed.get(address) ?? -1));
    }
  });

  it('that are bit-fields and flags are written without a change to their neighbours', async () => {
    await stopIn('vfs_read inferior 1');
    const before = await print('file->f_mode');
    const word = 'init_task.sched_reset_on_fork, init_task.sched_contributes_to_load, init_task.in_execve';
    const all = async (): Promise<string[]> => Promise.all(word.split(', ').map(print));
    const [reset, ...others] = await all();
    await say(`p init_task.sched_reset_on_fork = ${reset === '0' ? 1 : 0}`);
    expect(await all()).toEqual([reset === '0' ? '1' : '0', ...others]);
    await say(`p init_task.sched_reset_on_fork = ${reset}`);
    expect(await all()).toEqual([reset, ...others]);
    expect(await print('file->f_mode')).toBe(before);
  }, 120_000);
});
