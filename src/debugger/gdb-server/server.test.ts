import { beforeEach, describe, expect, it } from 'vitest';
import { DebugPort } from '../../emulator/debug-port.ts';
import { CONSTANT, COUNTER, GUEST, HANDLER, twoGuests } from '../../testing/two-guests.ts';
import type { DomainInfo, Hypervisor, RegisterValues, VcpuInfo } from '../contexts/guests.ts';
import { ModuleList } from '../contexts/modules.ts';
import { System } from '../contexts/system.ts';
import type { Monitor } from './monitor.ts';
import { framePacket, PacketReader } from './packets.ts';
import { gdbRegisters } from './registers.ts';
import { GdbServer } from './server.ts';

const XEN = 'p7ff3';
const TABLES = [0x0001_0000_0010_0000n, 0x0002_0000_0011_0000n];

/** Knows the two guests as domains 0 and 1, each with one vCPU, which run on pCPU 0 or nowhere. */
class TwoDomains implements Hypervisor {
  readonly hypercalls = new Map<number, string>();

  constructor(private readonly port: DebugPort) {}

  domains(): DomainInfo[] {
    return [1, 0].map((domid) => this.domain(domid));
  }
  domain(domid: number): DomainInfo {
    const vcpus = [this.vcpuOfAddress(BigInt(domid))];
    return { address: 0n, domid, name: `Guest<${domid}>`, vmid: domid + 1, vttbr: TABLES[domid], pages: 0, state: '', time: 0, vcpus }; // prettier-ignore
  }
  domidOfVmid(vmid: number): number | undefined {
    return vmid === 0 ? undefined : vmid - 1;
  }
  currentVcpuAddress(cpu: number): bigint | undefined {
    const { vmid, isPowered } = this.port.status(cpu);
    return vmid === 0 || !isPowered ? undefined : BigInt(vmid - 1);
  }
  currentVcpu(cpu: number): { address: bigint; domid: number; vcpu: number } | undefined {
    const address = this.currentVcpuAddress(cpu);
    return address === undefined ? undefined : { address, domid: Number(address), vcpu: 0 };
  }
  vcpu(domid: number, vcpu: number): VcpuInfo | undefined {
    return vcpu === 0 && (domid === 0 || domid === 1) ? this.vcpuOfAddress(BigInt(domid)) : undefined;
  }
  vcpuOfAddress(address: bigint): VcpuInfo {
    const domid = Number(address);
    return { address, domid, vcpu: 0, label: `d${domid}v0`, processor: 0, isRunning: true, isDown: false, runstate: 'running', time: 0, hardAffinity: '', softAffinity: '' }; // prettier-ignore
  }
  cpuOf(address: bigint): number | undefined {
    return this.currentVcpuAddress(0) === address ? 0 : undefined;
  }
  guestRegisters(address: bigint): RegisterValues {
    const isLive = this.cpuOf(address) === 0;
    return {
      isLive,
      label: '',
      read: (name) => (isLive ? this.port.readRegister(0, name) : undefined),
      write: (name, value) => isLive && this.port.writeRegister(0, name, value),
    };
  }
  hypervisorRegisters(): RegisterValues {
    throw new Error('the server does not ask for them');
  }
  guestView(address: bigint, el: 0 | 1): ReturnType<Hypervisor['view']> {
    const VTCR_EL2 = this.port.readRegister(0, 'VTCR_EL2') ?? 0n;
    return this.port.makeView({ HCR_EL2: 0x8000_0001n, VTCR_EL2, VTTBR_EL2: TABLES[Number(address)] }, el);
  }
  view(): ReturnType<Hypervisor['view']> {
    return this.port.view(0, 2);
  }
  isIdle(): boolean {
    return false;
  }
}

/** GDB's side. */
class Client {
  readonly server: GdbServer;
  readonly #reader = new PacketReader();
  readonly #replies: string[] = [];
  #received: () => void = () => {};
  sent = '';

  constructor(system: System) {
    const send = (bytes: Uint8Array): void => {
      this.sent += String.fromCharCode(...bytes);
      for (const it of this.#reader.feed(bytes)) if (it.kind === 'packet') this.#replies.push(it.payload);
      this.#received();
    };
    const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const monitor: Monitor = async (command, { pid, tid }) => `${command} for ${pid}.${tid}: \u2192`;
    this.server = new GdbServer(system, { send, pause }, monitor);
  }

  /** Sends a packet and waits for what answers it. */
  async ask(payload: string): Promise<string> {
    this.server.receive(framePacket(payload));
    return this.reply();
  }

  async reply(): Promise<string> {
    while (this.#replies.length === 0) await new Promise<void>((resolve) => (this.#received = resolve));
    return this.#replies.shift() ?? '';
  }

  interrupt(): void {
    this.server.receive(Uint8Array.of(3));
  }
}

const hex = (value: bigint): string => value.toString(16);
const u64 = (value: bigint): string => hex(value).padStart(16, '0').match(/../g)?.toReversed().join('') ?? '';
/** What a stop reply says: the signal, the thread, why, and the PC. */
function stopOf(reply: string): { signal: string; thread: string; why: string[]; pc: bigint | undefined } {
  const words = reply.slice(3).split(';').filter(Boolean);
  const pc = words.find((word) => word.startsWith('20:'))?.slice(3);
  return {
    signal: reply.slice(0, 3),
    thread: words.find((word) => word.startsWith('thread:'))?.slice(7) ?? '',
    why: words.filter((word) => !/^[0-9a-f]+:|^thread:/.test(word)),
    pc: pc === undefined ? undefined : BigInt(`0x${pc.match(/../g)?.toReversed().join('')}`),
  };
}

let port: DebugPort;
let client: Client;

beforeEach(async () => {
  port = new DebugPort(twoGuests());
  const system = new System(port, new TwoDomains(port), new ModuleList([]));
  client = new Client(system);
  // Both guests have run once.
  port.run(200);
  await client.ask('qSupported:multiprocess+;swbreak+;hwbreak+');
});

describe("GDB's view of the machine", () => {
  it('lists what can be attached to', async () => {
    expect(await client.ask('qXfer:osdata:read::0,fff')).toContain('<column name="Type">processes</column>');
    const list = await client.ask('qXfer:osdata:read:processes:0,fff');
    const rows = [...list.matchAll(/<column name="(pid|user|command)">([^<]*)</g)].map(([, , text]) => text);
    expect(rows).toEqual(['1', 'd0', 'Guest&lt;0&gt;', '2', 'd1', 'Guest&lt;1&gt;', `${0x7ff3}`, 'EL2', 'Xen']);
    expect(await client.ask('qXfer:osdata:read:files:0,fff')).toBe('');
  });

  it('passes on what GDB has no command for, about the thread that it looks at', async () => {
    await client.ask('Hgp2.1');
    const output = await client.ask(`qRcmd,${Buffer.from('xen vcpus').toString('hex')}`);
    expect(Buffer.from(output.slice(1), 'hex').toString()).toBe('xen vcpus for 2.1: \u2192\n');
    expect([output[0], await client.reply()]).toEqual(['O', 'OK']);
  });

  it('has a process for each domain and one for the hypervisor', async () => {
    expect(await client.ask('qfThreadInfo')).toBe(`mp1.1,p2.1,${XEN}.1`);
    expect(await client.ask('qsThreadInfo')).toBe('l');
    const list = await client.ask('qXfer:threads:read::0,fff');
    expect(list).toContain('<thread id="p2.1" core="0" name="d1v0">Guest&lt;1&gt;, running');
    expect(await client.ask('Tp2.1')).toBe('OK');
    expect(await client.ask('Tp2.2')).toBe('E03');
    expect(await client.ask(`T${XEN}.2`)).toBe('E03');
  });

  it('begins with the first process alone when GDB means to attach to them itself', async () => {
    expect(await client.ask('!')).toBe('OK');
    expect(await client.ask('qfThreadInfo')).toBe('mp1.1');
    expect(stopOf(await client.ask('vAttach;2'))).toMatchObject({ signal: 'T05', thread: 'p2.1' });
    expect(await client.ask('qfThreadInfo')).toBe('mp1.1,p2.1');
    expect(await client.ask('vAttach;9')).toBe('E03');
    expect(await client.ask('D;1')).toBe('OK');
    expect(await client.ask('qfThreadInfo')).toBe('mp2.1');
  });

  it('describes the registers of all levels, in pieces', async () => {
    let description = '';
    for (let piece = 'm'; piece.startsWith('m'); description += piece.slice(1))
      piece = await client.ask(`qXfer:features:read:target.xml:${hex(BigInt(description.length))},300`);
    expect(description).toMatch(/<feature name="org.gnu.gdb.aarch64.core">[^]*name="cpsr"[^]*<\/feature>/);
    for (const name of ['TTBR0_EL1', 'ESR_EL2', 'VTTBR_EL2', 'TPIDR_EL0']) {
      expect(description).toContain(`<reg name="${name}" bitsize="64"`);
    }
    const number = /name="VBAR_EL2" bitsize="64" regnum="(\d+)"/.exec(description)?.[1];
    await client.ask(`Hg${XEN}.1`);
    expect(await client.ask(`p${hex(BigInt(number ?? 0))}`)).toBe(u64(0x8_1000n));
  });

  it('answers with nothing what it does not know, and with an error what makes no sense', async () => {
    expect(await client.ask('vMustReplyEmpty')).toBe('');
    expect(await client.ask('qTStatus')).toBe('');
    expect(await client.ask('Z9,0,4')).toBe('');
    expect(await client.ask('mxyz')).toBe('E16');
    expect(await client.ask('pffff')).toBe('E16');
    expect(await client.ask('P0=zz')).toBe('E16');
    expect(await client.ask('Hgp9.1')).toBe('E03');
    expect(await client.ask('mffff000000000000,8')).toBe('E0e');
  });

  it('asks for a damaged packet again, and repeats its own', async () => {
    client.sent = '';
    client.server.receive(new TextEncoder().encode('$qC#00'));
    expect(client.sent).toBe('-');
    const reply = await client.ask('qC');
    client.sent = '';
    client.server.receive(new TextEncoder().encode('-'));
    expect(client.sent).toBe(String.fromCharCode(...framePacket(reply)));
  });
});

describe('a breakpoint of one process', () => {
  it('does not stop another, which executes the same address', async () => {
    await client.ask('Hgp2.0');
    expect(await client.ask(`Z0,${hex(GUEST.store)},4`)).toBe('OK');
    let last = -1n;
    for (let round = 0; round < 3; round++) {
      const stop = stopOf(await client.ask('vCont;c'));
      expect(stop).toEqual({ signal: 'T05', thread: 'p2.1', why: ['swbreak:'], pc: GUEST.store });
      expect(port.status(0).vmid).toBe(2);
      expect(port.instructions).toBeGreaterThan(Number(last));
      last = BigInt(port.instructions);
      expect(stopOf(await client.ask('vCont;s:p2.1')).pc).toBe(GUEST.constant);
    }
  });

  it('of the hypervisor stops only there', async () => {
    await client.ask(`Hg${XEN}.0`);
    await client.ask(`Z1,${hex(HANDLER)},4`);
    expect(stopOf(await client.ask('c'))).toEqual({
      signal: 'T05',
      thread: `${XEN}.1`,
      why: ['hwbreak:'],
      pc: HANDLER,
    });
  });

  it('is gone when GDB takes it away, or detaches from the process', async () => {
    for (const goodbye of [`z0,${hex(GUEST.store)},4`, 'D;2']) {
      await client.ask('Hgp2.0');
      await client.ask(`Z0,${hex(GUEST.store)},4`);
      expect(stopOf(await client.ask('vCont;c')).thread).toBe('p2.1');
      await client.ask(goodbye);
      const running = client.ask('vCont;c');
      client.interrupt();
      expect(stopOf(await running).signal).toBe('T02');
    }
  });
});

describe('a watchpoint of one process', () => {
  it('stops after an access of that process, and lets GDB believe that it came before', async () => {
    await client.ask('Hgp1.0');
    expect(await client.ask(`Z2,${hex(COUNTER)},8`)).toBe('OK');
    const stop = stopOf(await client.ask('vCont;c'));
    const after = { thread: 'p1.1', pc: GUEST.constant };
    expect(stop).toEqual({ signal: 'T05', ...after, why: [`watch:${hex(COUNTER)}`] });
    // GDB steps over the access that it takes to be still ahead.
    expect(stopOf(await client.ask('vCont;s:p1.1'))).toEqual({ signal: 'T05', ...after, why: [] });
    expect(stopOf(await client.ask('vCont;s:p1.1')).pc).toBe(GUEST.hvc);
  });
});

describe('a step', () => {
  it('over HVC comes back to the same process, though another ran meanwhile', async () => {
    await client.ask('Hgp2.0');
    await client.ask(`Z0,${hex(GUEST.hvc)},4`);
    await client.ask('vCont;c');
    await client.ask(`z0,${hex(GUEST.hvc)},4`);
    const before = port.instructions;
    // The fake hypervisor has no stacks of its own; a step out of the trap is what its first return to this guest is.
    expect(stopOf(await client.ask('vCont;s:p2.1'))).toMatchObject({ thread: 'p2.1', pc: GUEST.hvc + 4n });
    expect(port.instructions - before).toBeGreaterThan(10);
  });

  it('of a range ends at the first instruction outside', async () => {
    await client.ask('Hgp2.0');
    await client.ask(`Z0,${hex(GUEST.loop)},4`);
    await client.ask('vCont;c');
    await client.ask(`z0,${hex(GUEST.loop)},4`);
    const stop = stopOf(await client.ask(`vCont;r${hex(GUEST.loop)},${hex(GUEST.hvc)}:p2.1;c`));
    expect(stop).toMatchObject({ thread: 'p2.1', pc: GUEST.hvc });
  });

  it('of a process that does not run waits until it does', async () => {
    await client.ask('Hgp2.0');
    await client.ask(`Z0,${hex(GUEST.store)},4`);
    await client.ask('vCont;c');
    const stop = stopOf(await client.ask('vCont;s:p1.1'));
    expect(stop.thread).toBe('p1.1');
    expect(port.status(0).vmid).toBe(1);
  });

  it('of the hypervisor leads with ERET into the guest', async () => {
    await client.ask(`Hg${XEN}.0`);
    await client.ask(`Z0,${hex(HANDLER)},4`);
    await client.ask('vCont;c');
    await client.ask(`z0,${hex(HANDLER)},4`);
    const threads: string[] = [];
    for (let i = 0; i < 6; i++) threads.push(stopOf(await client.ask(`vCont;s:${XEN}.1`)).thread);
    expect(threads.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => `${XEN}.1`));
    expect(threads[5]).toMatch(/^p[12]\.1$/);
  });
});

describe('memory and registers of a process', () => {
  const stopIn = async (pid: number): Promise<void> => {
    await client.ask(`Hgp${pid}.0`);
    await client.ask(`Z0,${hex(GUEST.store)},4`);
    await client.ask('vCont;c');
  };

  it('are its own, whether it runs or not', async () => {
    await stopIn(2);
    await client.ask('Hgp1.1');
    expect(await client.ask(`M${hex(CONSTANT)},4:01020304`)).toBe('OK');
    expect(await client.ask(`m${hex(CONSTANT)},4`)).toBe('01020304');
    await client.ask('Hgp2.1');
    expect(await client.ask(`m${hex(CONSTANT)},8`)).toBe(u64(COUNTER));
    expect(await client.ask(`X${hex(CONSTANT)},2:}\x03*`)).toBe('OK');
    expect(await client.ask(`m${hex(CONSTANT)},2`)).toBe('232a');
    // As much as there is.
    expect(await client.ask('m3ffffe,10')).toBe('0000');
  });

  it('can be changed', async () => {
    await stopIn(2);
    expect(await client.ask(`P0=${u64(77n)}`)).toBe('OK');
    expect(port.readRegister(0, 'X0')).toBe(77n);
    const general = await client.ask('g');
    expect(general.slice(0, 16)).toBe(u64(77n));
    expect(await client.ask(`G${u64(78n)}${general.slice(16)}`)).toBe('OK');
    expect(port.readRegister(0, 'X0')).toBe(78n);
  });

  it('are not known of the hypervisor while a guest executes: it waits at its vector', async () => {
    await stopIn(2);
    await client.ask(`Hg${XEN}.1`);
    const names = gdbRegisters(port.registers).map(({ name }) => name);
    const read = (name: string): Promise<string> => client.ask(`p${hex(BigInt(names.indexOf(name)))}`);
    expect(await read('X0')).toBe('x'.repeat(16));
    expect(await read('PC')).toBe(u64(HANDLER));
    expect(await read('VBAR_EL2')).toBe(u64(0x8_1000n));
    expect(await client.ask(`P${hex(BigInt(names.indexOf('PC')))}=${u64(0n)}`)).toBe('E01');
  });
});

describe('the end', () => {
  it('comes when GDB has detached from everything', async () => {
    for (const pid of ['1', '2', '7ff3']) expect(await client.ask(`D;${pid}`)).toBe('OK');
    await expect(client.server.ended).resolves.toBe('left');
  });

  it('comes with kill', async () => {
    client.server.receive(framePacket('k'));
    await expect(client.server.ended).resolves.toBe('left');
  });

  it('comes when the line is closed, even while the machine runs', async () => {
    void client.ask('vCont;c');
    client.server.close();
    await expect(client.server.ended).resolves.toBe('lost');
  });

  it('leaves no breakpoint in the machine', async () => {
    await client.ask('Hgp2.0');
    await client.ask(`Z0,${hex(GUEST.store)},4`);
    await client.ask('vCont;c');
    expect(port.run(1000).reason).toBe('breakpoint');
    client.server.close();
    await client.server.ended;
    expect(port.run(1000).reason).toBe('limit');
  });
});
