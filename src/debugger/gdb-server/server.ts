/**
 * GDB's remote serial protocol (GDB manual, appendix E) for the whole machine: Xen and every domain is a process, every vCPU a thread. All processes stop and
 * go on together, since they share the machine.
 */
import { MemoryError } from '../contexts/reader.ts';
import { SpaceError, type System } from '../contexts/system.ts';
import { Attachments } from './attachments.ts';
import { type Ending, GdbConnection, type GdbLine } from './connection.ts';
import type { Monitor } from './monitor.ts';
import { osData } from './os-data.ts';
import { hexBytes, parseHexBytes, toBytes, unescapeBinary } from './packets.ts';
import { type GdbRegister, gdbRegisters, targetDescription } from './registers.ts';
import { ERROR, OK, PACKET_SIZE, threadDocument, transfer, UNSUPPORTED } from './replies.ts';
import { type AddressRange, Resumption, type Stopped } from './resumption.ts';
import { parseStopPoint, StopPoints } from './stop-points.ts';
import { isWatchStop, stopReply } from './stop-reply.ts';
import { NoSuchThread, Targets, type ThreadInfo } from './targets.ts';
import { ThreadData } from './thread-data.ts';
import { formatThread, isSameThread, parseThread, selects, type ThreadId, XEN_PID } from './threads.ts';

const FEATURES = [
  `PacketSize=${PACKET_SIZE.toString(16)}`,
  'QStartNoAckMode+',
  'multiprocess+',
  'swbreak+',
  'hwbreak+',
  'vContSupported+',
  'qXfer:features:read+',
  'qXfer:threads:read+',
  'qXfer:osdata:read+',
];

/** Bytes of output in one packet. */
const OUTPUT_SIZE = PACKET_SIZE / 4;

/** What answers a packet; undefined when nothing is to be answered. */
type Reply = string | undefined;
type Handler = (rest: string) => Reply | Promise<Reply>;

export class GdbServer {
  readonly #connection: GdbConnection;
  readonly #targets: Targets;
  readonly #stopPoints: StopPoints;
  readonly #resumption: Resumption;
  readonly #registers: readonly GdbRegister[];
  readonly #data: ThreadData;
  readonly #features = new Set<string>();
  readonly #attachments = new Attachments();
  /** GDB has nothing left here. */
  #isOver = false;
  /** Whose registers and memory are meant. */
  #general: ThreadId;
  /** Whom `s` and `c` without a thread mean. */
  #resumed: ThreadId;
  #stopped: Stopped;
  /** GDB is about to step an access that a watchpoint has seen; here it has been made already. */
  #accessDone: ThreadId | undefined;

  /** `monitor` answers what GDB passes on unread. */
  constructor(
    system: System,
    line: GdbLine,
    private readonly monitor?: Monitor,
  ) {
    this.#targets = new Targets(system);
    this.#stopPoints = new StopPoints(system.port, this.#targets);
    this.#resumption = new Resumption(
      this.#targets,
      this.#stopPoints,
      (pid) => this.#attachments.has(pid),
      () => line.pause(),
    );
    this.#registers = gdbRegisters(system.port.registers);
    this.#general = this.#targets.all().at(0) ?? { pid: XEN_PID, tid: 1 };
    this.#resumed = this.#general;
    this.#stopped = { thread: this.#general, cause: { kind: 'step' } };
    this.#data = new ThreadData(this.#targets, this.#registers, () => this.#general);
    this.#connection = new GdbConnection(line, {
      answer: (payload) => this.#answer(payload),
      interrupt: () => this.#resumption.interrupt(),
      clearInterrupt: () => this.#resumption.clearInterrupt(),
      isOver: () => this.#isOver,
      hasLeft: () => this.#isOver || this.#threads().length === 0,
      leave: () => this.#stopPoints.clearAll(),
    });
  }

  /** Settled with `left` when GDB has detached or killed, with `lost` when the line was closed before. */
  get ended(): Promise<Ending> {
    return this.#connection.ended;
  }

  /** Bytes that came from GDB. */
  receive(bytes: Uint8Array): void {
    this.#connection.receive(bytes);
  }

  /** The line is closed: nothing of GDB's stays in the machine. */
  close(): void {
    this.#connection.close();
  }

  async #answer(payload: string): Promise<Reply> {
    const [prefix, handler] = this.#handlers.find(([it]) => payload.startsWith(it)) ?? [];
    if (prefix === undefined || handler === undefined) return UNSUPPORTED;
    try {
      return await handler(payload.slice(prefix.length));
    } catch (error) {
      if (error instanceof NoSuchThread) return ERROR.noThread;
      // What Xen's structures lead to is damaged, or not there yet.
      if (error instanceof MemoryError || error instanceof SpaceError) return ERROR.fault;
      throw error;
    }
  }

  /** By the beginning of the packet; the first that fits counts. */
  readonly #handlers: readonly (readonly [string, Handler])[] = [
    ['qSupported', (rest) => this.#supported(rest)],
    ['QStartNoAckMode', () => this.#startNoAckMode()],
    ['qXfer:features:read:target.xml:', (rest) => transfer(targetDescription(this.#registers), rest)],
    [
      'qXfer:threads:read::',
      (rest) =>
        transfer(
          threadDocument(this.#threads(), (it) => this.#name(it)),
          rest,
        ),
    ],
    ['qXfer:osdata:read:', (rest) => this.#osData(rest)],
    ['qRcmd,', (rest) => this.#monitored(rest)],
    ['qfThreadInfo', () => `m${this.#threads().map((thread) => this.#name(thread)).join()}`], // prettier-ignore
    ['qsThreadInfo', () => 'l'],
    ['qThreadExtraInfo,', (rest) => this.#threadExtraInfo(rest)],
    ['qAttached', () => '1'],
    ['qOffsets', () => this.#offsets()],
    ['qC', () => `QC${this.#name(this.#stopped.thread)}`],
    ['qSymbol', () => OK],
    ['vCont?', () => 'vCont;c;C;s;S;r'],
    ['vCont;', (rest) => this.#resume(rest)],
    ['vAttach;', (rest) => this.#attach(parseInt(rest, 16))],
    ['vKill;', (rest) => this.#detach(parseInt(rest, 16))],
    ['D;', (rest) => this.#detach(parseInt(rest, 16))],
    ['D', () => this.#detachAll(OK)],
    ['k', () => this.#detachAll(undefined)],
    ['?', () => this.#stopReply(this.#stopped)],
    ['!', () => this.#extend()],
    ['H', (rest) => this.#select(rest)],
    ['T', (rest) => (this.#targets.exists(this.#thread(rest)) ? OK : ERROR.noThread)],
    ['g', () => this.#data.readGeneral()],
    ['G', (rest) => this.#data.writeGeneral(rest)],
    ['p', (rest) => this.#data.readRegister(rest)],
    ['P', (rest) => this.#data.writeRegister(rest)],
    ['m', (rest) => this.#data.readMemory(rest)],
    ['M', (rest) => this.#data.writeMemory(rest, parseHexBytes)],
    ['X', (rest) => this.#data.writeMemory(rest, unescapeBinary)],
    ['Z', (rest) => this.#setStopPoint(rest)],
    ['z', (rest) => this.#clearStopPoint(rest)],
    ['c', (rest) => (rest === '' ? this.#continue() : UNSUPPORTED)],
    ['s', (rest) => (rest === '' ? this.#step(this.#resumed) : UNSUPPORTED)],
  ];

  #supported(rest: string): string {
    for (const feature of rest.slice(1).split(';')) this.#features.add(feature);
    return FEATURES.filter((feature) => feature !== 'multiprocess+' || this.#isMultiprocess).join(';');
  }

  #extend(): string {
    this.#attachments.extend(this.#stopped.thread.pid);
    return OK;
  }

  get #isMultiprocess(): boolean {
    return this.#features.has('multiprocess+');
  }

  #startNoAckMode(): string {
    this.#connection.needsAcks = false;
    return OK;
  }

  // Threads

  /** Those of the processes that GDB is attached to. One that knows nothing of processes sees that of the current thread. */
  #threads(): ThreadInfo[] {
    return this.#targets
      .all()
      .filter(({ pid }) => (this.#isMultiprocess ? this.#attachments.has(pid) : pid === this.#stopped.thread.pid));
  }

  #name(thread: ThreadId): string {
    return formatThread(thread, this.#isMultiprocess);
  }

  /** One that exists. Throws `NoSuchThread`. */
  #thread(text: string): ThreadId {
    const selection = parseThread(text, this.#stopped.thread.pid);
    if (!selection) throw new NoSuchThread(text);
    return this.#resolve(selection);
  }

  #resolve(selection: ThreadId): ThreadId {
    if (selection.pid > 0 && selection.tid > 0) return selection;
    if (selects(selection, this.#stopped.thread)) return this.#stopped.thread;
    const found = this.#threads().find((thread) => selects(selection, thread));
    if (!found) throw new NoSuchThread(`p${selection.pid}.${selection.tid}`);
    return { pid: found.pid, tid: found.tid };
  }

  #select(rest: string): string {
    const thread = this.#thread(rest.slice(1));
    if (!this.#targets.exists(thread)) return ERROR.noThread;
    if (rest.startsWith('g')) this.#general = thread;
    else this.#resumed = thread;
    return OK;
  }

  #threadExtraInfo(rest: string): string {
    const thread = this.#thread(rest);
    const info = this.#targets.all().find((it) => isSameThread(it, thread));
    return info ? hexBytes(toBytes(`${info.name}: ${info.description}`)) : ERROR.noThread;
  }

  /** How far a domain's kernel is from where it was linked; GDB asks when it connects. */
  #offsets(): string {
    const slide = this.#targets.slide(this.#general);
    if (slide === undefined) return UNSUPPORTED;
    const text = BigInt.asUintN(64, slide).toString(16);
    return `Text=${text};Data=${text};Bss=${text}`;
  }

  /** `annex:offset,length`. */
  #osData(rest: string): string {
    const [annex, range] = rest.split(':');
    const found = osData(annex, this.#targets.all());
    return found === undefined || range === undefined ? UNSUPPORTED : transfer(found, range);
  }

  async #monitored(rest: string): Promise<Reply> {
    const command = parseHexBytes(rest);
    if (!this.monitor || !command) return UNSUPPORTED;
    const text = await this.monitor(new TextDecoder().decode(command), this.#general);
    const bytes = new TextEncoder().encode(`${text}\n`);
    for (let at = 0; at < bytes.length; at += OUTPUT_SIZE) {
      this.#connection.send(`O${hexBytes(bytes.subarray(at, at + OUTPUT_SIZE))}`);
    }
    return OK;
  }

  // Stop points

  #setStopPoint(rest: string): string {
    const wanted = parseStopPoint(rest);
    if (!wanted) return UNSUPPORTED;
    return this.#stopPoints.set(this.#general, wanted) ? OK : ERROR.io;
  }

  #clearStopPoint(rest: string): string {
    const wanted = parseStopPoint(rest);
    if (!wanted) return UNSUPPORTED;
    this.#stopPoints.clear(this.#general.pid, wanted);
    return OK;
  }

  // Running

  /** The actions of a vCont packet. The whole machine goes on; one thread may be told to stop after a step. */
  #resume(rest: string): Reply | Promise<Reply> {
    for (const action of rest.split(';')) {
      const match = /^(?:[sS][0-9a-f]*|r([0-9a-f]+),([0-9a-f]+))(?::(.*))?$/i.exec(action);
      if (!match) continue;
      const [, start, end, thread] = match;
      const range = start === undefined ? undefined : { start: BigInt(`0x${start}`), end: BigInt(`0x${end}`) };
      return this.#step(thread === undefined ? this.#resumed : this.#thread(thread), range);
    }
    return this.#continue();
  }

  async #continue(): Promise<Reply> {
    const { thread } = this.#stopped;
    const known = this.#attachments.has(thread.pid) ? thread : (this.#threads().at(0) ?? thread);
    return this.#stop(await this.#resumption.continue({ pid: known.pid, tid: known.tid }));
  }

  async #step(thread: ThreadId, range?: AddressRange): Promise<Reply> {
    if (this.#accessDone && isSameThread(this.#accessDone, thread)) {
      return this.#stop({ thread, cause: { kind: 'step' } });
    }
    return this.#stop(await this.#resumption.step(thread, range));
  }

  #stop(stopped: Stopped): Reply {
    const { cause, thread } = stopped;
    this.#stopped = stopped;
    this.#general = thread;
    this.#resumed = thread;
    this.#accessDone = isWatchStop(stopped) ? thread : undefined;
    if (cause.kind === 'end') this.#connection.send(`O${hexBytes(toBytes(`${cause.text}\n`))}`);
    return this.#stopReply(stopped);
  }

  #stopReply(stopped: Stopped): string {
    const { thread } = stopped;
    return stopReply(stopped, this.#name(thread), this.#targets.registers(thread), this.#registers, this.#features);
  }

  // Coming and going

  #attach(pid: number): Reply {
    const thread = this.#targets.all().find((it) => it.pid === pid);
    if (!thread) return ERROR.noThread;
    this.#attachments.attach(pid);
    return this.#stop({ thread: { pid, tid: thread.tid }, cause: { kind: 'step' } });
  }

  #detach(pid: number): Reply {
    this.#stopPoints.clearAll(pid);
    this.#attachments.detach(pid);
    this.#isOver = !this.#attachments.isExtended && this.#threads().length === 0;
    return OK;
  }

  #detachAll(reply: Reply): Reply {
    this.#isOver = true;
    return reply;
  }
}
