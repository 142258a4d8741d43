/**
 * GDB's remote serial protocol (GDB manual, appendix E) for the whole machine: Xen and every domain is a process, every vCPU a thread. All processes stop and
 * go on together, since they share the machine.
 */
import type { DebugPort } from '../../emulator/debug-port.ts';
import { MemoryError } from '../contexts/reader.ts';
import { SpaceError, type System } from '../contexts/system.ts';
import { Attachments } from './attachments.ts';
import {
  escapeBinary,
  framePacket,
  hexBytes,
  hexRegister,
  PacketReader,
  parseHexBytes,
  parseHexRegister,
  toBytes,
  unescapeBinary,
} from './packets.ts';
import { type GdbRegister, gdbRegisters, isInGeneralPacket, targetDescription } from './registers.ts';
import { type AddressRange, Resumption, type Stopped } from './resumption.ts';
import { parseStopPoint, type StopPoint, StopPoints } from './stop-points.ts';
import { NoSuchThread, Targets, type ThreadInfo } from './targets.ts';
import { formatThread, isSameThread, parseThread, selects, type ThreadId, XEN_PID } from './threads.ts';

/** The line to GDB. */
export interface GdbLine {
  send(bytes: Uint8Array): void;
  /** Lets what has arrived be delivered. */
  pause(): Promise<void>;
}

/** Largest payload, bytes. */
const PACKET_SIZE = 0x4000;
/** Signals by GDB's numbers. */
const SIGNAL = { interrupt: 2, trap: 5 } as const;
const UNSUPPORTED = '';
const OK = 'OK';
/** Error numbers say nothing to GDB; these are errno's EPERM, ESRCH, EIO, EFAULT and EINVAL. */
const ERROR = { notPermitted: 'E01', noThread: 'E03', io: 'E05', fault: 'E0e', invalid: 'E16' } as const;

const FEATURES = [
  `PacketSize=${PACKET_SIZE.toString(16)}`,
  'QStartNoAckMode+',
  'multiprocess+',
  'swbreak+',
  'hwbreak+',
  'vContSupported+',
  'qXfer:features:read+',
  'qXfer:threads:read+',
];

/** What answers a packet; undefined when nothing is to be answered. */
type Reply = string | undefined;
type Handler = (rest: string) => Reply | Promise<Reply>;

/** How a watchpoint is called in a stop reply. */
const WATCH_WORDS: Partial<Record<StopPoint['kind'], string>> = { write: 'watch', read: 'rwatch', access: 'awatch' };

export class GdbServer {
  /** Settled when GDB has detached or killed, or the line was closed. */
  readonly ended: Promise<void>;
  readonly #port: DebugPort;
  readonly #targets: Targets;
  readonly #stopPoints: StopPoints;
  readonly #resumption: Resumption;
  readonly #registers: readonly GdbRegister[];
  readonly #reader = new PacketReader();
  readonly #features = new Set<string>();
  readonly #attachments = new Attachments();
  #end: () => void = () => {};
  /** GDB has nothing left here. */
  #isOver = false;
  #isEnded = false;
  #needsAcks = true;
  #lastSent: Uint8Array = new Uint8Array();
  /** Work on packets, one after another. */
  #work: Promise<void> = Promise.resolve();
  /** Packets that have not been answered. */
  #waiting = 0;
  /** Whose registers and memory are meant. */
  #general: ThreadId;
  /** Whom `s` and `c` without a thread mean. */
  #resumed: ThreadId;
  #stopped: Stopped;
  /** GDB is about to step an access that a watchpoint has seen; here it has been made already. */
  #accessDone: ThreadId | undefined;

  constructor(
    system: System,
    private readonly line: GdbLine,
  ) {
    this.#port = system.port;
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
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** Bytes that came from GDB. */
  receive(bytes: Uint8Array): void {
    for (const incoming of this.#reader.feed(bytes)) {
      if (incoming.kind === 'interrupt') this.#interrupt();
      else if (incoming.kind === 'nack') this.line.send(this.#lastSent);
      else if (incoming.kind === 'damaged') this.#acknowledge('-');
      else {
        this.#acknowledge('+');
        this.#enqueue(incoming.payload);
      }
    }
  }

  /** The line is closed: nothing of GDB's stays in the machine. */
  close(): void {
    this.#isEnded = true;
    this.#resumption.interrupt();
    this.#work = this.#work.then(() => {
      this.#stopPoints.clearAll();
      this.#end();
    });
  }

  #enqueue(payload: string): void {
    this.#waiting++;
    this.#work = this.#work
      .then(() => this.#serve(payload))
      .finally(() => {
        this.#waiting--;
        this.#resumption.clearInterrupt();
      });
  }

  /** It may come right behind the packet that is to make the machine run; when nothing is to be done it means nothing. */
  #interrupt(): void {
    if (this.#waiting > 0) this.#resumption.interrupt();
  }

  #acknowledge(sign: string): void {
    if (this.#needsAcks) this.line.send(toBytes(sign));
  }

  #send(payload: string): void {
    if (this.#isEnded) return;
    this.#lastSent = framePacket(payload);
    this.line.send(this.#lastSent);
  }

  async #serve(payload: string): Promise<void> {
    if (this.#isEnded) return;
    const reply = await this.#answer(payload);
    if (reply !== undefined) this.#send(reply);
    if (this.#isOver) this.close();
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
    ['qXfer:threads:read::', (rest) => transfer(this.#threadList(), rest)],
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
    ['g', () => this.#readGeneral()],
    ['G', (rest) => this.#writeGeneral(rest)],
    ['p', (rest) => this.#readRegister(rest)],
    ['P', (rest) => this.#writeRegister(rest)],
    ['m', (rest) => this.#readMemory(rest)],
    ['M', (rest) => this.#writeMemory(rest, parseHexBytes)],
    ['X', (rest) => this.#writeMemory(rest, unescapeBinary)],
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
    this.#needsAcks = false;
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

  #threadList(): string {
    const rows = this.#threads().map(
      (thread) =>
        `<thread id="${this.#name(thread)}" core="${thread.core}" name="${thread.name}">${escapeXml(thread.description)}</thread>`,
    );
    return `<?xml version="1.0"?>\n<threads>\n${rows.join('\n')}\n</threads>`;
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

  // Registers

  #readGeneral(): string {
    const registers = this.#targets.registers(this.#general);
    return this.#registers
      .filter(isInGeneralPacket)
      .map(({ name, bits }) => hexRegister(registers.read(name), bits))
      .join('');
  }

  #writeGeneral(rest: string): string {
    const registers = this.#targets.registers(this.#general);
    let at = 0;
    for (const { name, bits } of this.#registers.filter(isInGeneralPacket)) {
      const value = parseHexRegister(rest.slice(at, at + bits / 4));
      at += bits / 4;
      // GDB writes all of them to change one: those that stay need not be writable.
      if (value === undefined || registers.read(name) === value) continue;
      if (!registers.write(name, value)) return ERROR.notPermitted;
    }
    return OK;
  }

  #readRegister(rest: string): string {
    const register = this.#registers.at(parseInt(rest, 16));
    if (!register) return ERROR.invalid;
    return hexRegister(this.#targets.registers(this.#general).read(register.name), register.bits);
  }

  #writeRegister(rest: string): string {
    const [number, digits] = rest.split('=');
    const register = this.#registers.at(parseInt(number, 16));
    const value = parseHexRegister(digits ?? '');
    if (!register || value === undefined) return ERROR.invalid;
    return this.#targets.registers(this.#general).write(register.name, value) ? OK : ERROR.notPermitted;
  }

  // Memory

  #readMemory(rest: string): string {
    const range = parseRange(rest);
    if (!range) return ERROR.invalid;
    const length = Math.min(range.length, PACKET_SIZE / 2);
    const { bytes } = this.#port.read(this.#targets.memory(this.#general), range.address, length);
    return bytes.length === 0 && length > 0 ? ERROR.fault : hexBytes(bytes);
  }

  #writeMemory(rest: string, decode: (data: string) => Uint8Array | undefined): string {
    const colon = rest.indexOf(':');
    const range = parseRange(rest.slice(0, Math.max(colon, 0)));
    const bytes = decode(rest.slice(colon + 1));
    if (!range || bytes?.length !== range.length) return ERROR.invalid;
    if (range.length === 0) return OK;
    const fault = this.#port.write(this.#targets.memory(this.#general), range.address, bytes);
    return fault === undefined ? OK : ERROR.fault;
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
    const isWatched = cause.kind === 'stop point' && WATCH_WORDS[cause.point.kind] !== undefined;
    this.#accessDone = isWatched ? thread : undefined;
    if (cause.kind === 'end') this.#send(`O${hexBytes(toBytes(`${cause.text}\n`))}`);
    return this.#stopReply(stopped);
  }

  #stopReply({ thread, cause }: Stopped): string {
    const signal = cause.kind === 'interrupt' ? SIGNAL.interrupt : SIGNAL.trap;
    const registers = this.#targets.registers(thread);
    const expedited = this.#registers.flatMap(({ name, bits }, number) => {
      const value = EXPEDITED.has(name) ? registers.read(name) : undefined;
      return value === undefined ? [] : [`${number.toString(16)}:${hexRegister(value, bits)}`];
    });
    const words = [...expedited, `thread:${this.#name(thread)}`, ...this.#reason(cause)];
    return `T${signal.toString(16).padStart(2, '0')}${words.map((word) => `${word};`).join('')}`;
  }

  #reason(cause: Stopped['cause']): string[] {
    if (cause.kind !== 'stop point') return [];
    const { kind, address } = cause.point;
    const word = WATCH_WORDS[kind];
    if (word !== undefined) return [`${word}:${address.toString(16)}`];
    const announced = kind === 'software' ? 'swbreak' : 'hwbreak';
    return this.#features.has(`${announced}+`) ? [`${announced}:`] : [];
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

/** Registers that a stop reply carries, so that GDB need not ask. */
const EXPEDITED: ReadonlySet<string> = new Set(['X29', 'SP', 'PC']);

/** One piece of a document: `offset,length` in hexadecimal. */
function transfer(document: string, rest: string): string {
  const range = parseRange(rest);
  if (!range) return ERROR.invalid;
  const offset = Number(range.address);
  const piece = document.slice(offset, offset + Math.min(range.length, PACKET_SIZE / 2));
  return `${offset + piece.length < document.length ? 'm' : 'l'}${escapeBinary(piece)}`;
}

/** `address,length` in hexadecimal. */
function parseRange(text: string): { readonly address: bigint; readonly length: number } | undefined {
  const match = /^([0-9a-f]{1,16}),([0-9a-f]{1,8})$/i.exec(text);
  return match ? { address: BigInt(`0x${match[1]}`), length: parseInt(match[2], 16) } : undefined;
}

const XML_ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => XML_ENTITIES[character]);
}
