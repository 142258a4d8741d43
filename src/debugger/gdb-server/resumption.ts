/** Runs the machine for GDB: until something happens that it must know of, or for one instruction of one thread. */
import type { DebugPort, ExceptionEvent, PortStop } from '../../emulator/debug-port.ts';
import { ExceptionClass } from '../../arch/esr.ts';
import type { System } from '../contexts/system.ts';
import type { StopPoint, StopPoints } from './stop-points.ts';
import type { Targets } from './targets.ts';
import { isSameThread, type ThreadId, XEN_PID } from './threads.ts';

/** Why the machine stands. */
export type StopCause =
  | { readonly kind: 'stop point'; readonly point: StopPoint }
  | { readonly kind: 'step' }
  | { readonly kind: 'interrupt' }
  /** It cannot go on; the text says why. */
  | { readonly kind: 'end'; readonly text: string };

/** A stop, and the thread that it is about. */
export interface Stopped {
  readonly thread: ThreadId;
  readonly cause: StopCause;
}

/** Addresses that a step is to leave. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Where a thread stood. */
interface Place {
  readonly cpu: number;
  readonly el: number;
  readonly sp: bigint;
  readonly pc: bigint;
  readonly key: string;
}

/** Instructions between two looks at what arrives from GDB. */
const SLICE = 1_000_000;

const ENDINGS: Partial<Record<PortStop['reason'], string>> = {
  idle: 'every CPU sleeps and nothing will wake any',
  off: 'the machine was switched off',
  reset: 'the machine asked to be reset',
};

export class Resumption {
  readonly #port: DebugPort;
  readonly #system: System;
  #isInterrupted = false;

  /** `isAttached`: GDB knows of the process. `pause` lets the line be read. */
  constructor(
    private readonly targets: Targets,
    private readonly stopPoints: StopPoints,
    private readonly isAttached: (pid: number) => boolean,
    private readonly pause: () => Promise<void>,
  ) {
    this.#system = targets.system;
    this.#port = targets.system.port;
  }

  /** Ends what is under way, or about to be, at the next slice. */
  interrupt(): void {
    this.#isInterrupted = true;
  }

  /** What was under way has ended. */
  clearInterrupt(): void {
    this.#isInterrupted = false;
  }

  /** Runs on; `thread` is whom an interruption is reported for. */
  async continue(thread: ThreadId): Promise<Stopped> {
    return this.#report(await this.#run(), thread);
  }

  /** One instruction of a thread, or as many as it takes to leave `range`. Interrupts, other levels and other domains run meanwhile. */
  async step(thread: ThreadId, range?: AddressRange): Promise<Stopped> {
    for (;;) {
      const stopped = await this.#instruction(thread);
      if (stopped.cause.kind !== 'step' || !range || !isSameThread(stopped.thread, thread)) return stopped;
      const pc = this.targets.registers(thread).read('PC');
      if (pc === undefined || pc < range.start || pc >= range.end) return stopped;
      if (this.#isInterrupted) return { thread, cause: { kind: 'interrupt' } };
    }
  }

  async #instruction(thread: ThreadId): Promise<Stopped> {
    for (let cpu = this.targets.cpuOf(thread); ;) {
      if (cpu === undefined) {
        const arrival = await this.#untilOnCpu(thread);
        if (!arrival.isOwn) return this.#report(arrival.stop, thread);
        cpu = arrival.stop.cpu;
        // Xen was waiting for its vector: that is where it stands now.
        if (thread.pid === XEN_PID) return { thread, cause: { kind: 'step' } };
      }
      const before = this.#place(cpu);
      const stop = await this.#stepCpu(cpu);
      if (stop.reason !== 'step') return this.#report(stop, thread);
      if (isComplete(stop.event)) return this.#stepped(cpu, thread);
      const back = await this.#untilReturn(before);
      if (!back.isOwn) return this.#report(back.stop, thread);
      cpu = back.stop.cpu;
      // An interrupt came before the instruction, and a fault that was repaired leaves it to be executed again.
      if (stop.event?.kind === 'synchronous' && this.#port.status(cpu).pc !== before.pc)
        return this.#stepped(cpu, thread);
    }
  }

  /** A step has led to where `cpu` is, perhaps to another process, if GDB knows of that. */
  #stepped(cpu: number, from: ThreadId): Stopped {
    const thread = this.targets.onCpu(cpu);
    return { thread: this.isAttached(thread.pid) ? thread : from, cause: { kind: 'step' } };
  }

  /** One instruction of a pCPU, which may sleep before it. */
  async #stepCpu(cpu: number): Promise<PortStop> {
    for (;;) {
      const stop = this.#port.stepInstruction(cpu, SLICE);
      if (stop.reason === 'step' || this.#matters(stop)) return stop;
      await this.pause();
    }
  }

  #place(cpu: number): Place {
    const { el, sp, pc } = this.#port.status(cpu);
    return { cpu, el, sp, pc, key: this.#system.contextKey(cpu) };
  }

  /** Runs until a thread that executes nowhere does. */
  #untilOnCpu(thread: ThreadId): Promise<Arrival> {
    if (thread.pid === XEN_PID) {
      return this.#runUntil(() =>
        this.#port.addCatchpoint({ kind: 'any', target: 2, filter: { cpu: thread.tid - 1 } }),
      );
    }
    const vcpu = this.targets.vcpuAddress(thread);
    const accept = (cpu: number): boolean => this.#system.hypervisor?.currentVcpuAddress(cpu) === vcpu;
    return this.#runUntil(() => this.#port.addCatchpoint({ kind: 'ERET', filter: { el: 2, accept } }));
  }

  /** Runs until what an exception has interrupted goes on, on whichever pCPU. */
  #untilReturn({ el, sp, key }: Place): Promise<Arrival> {
    const accept = (cpu: number): boolean =>
      this.#stackAfterReturn(cpu, el) === sp && this.#system.contextKey(cpu, el) === key;
    return this.#runUntil(() => this.#port.addCatchpoint({ kind: 'ERET', target: el, filter: { accept } }));
  }

  /** SP as it will be after a return to `target` that is about to happen. */
  #stackAfterReturn(cpu: number, target: number): bigint | undefined {
    const { el, sp } = this.#port.status(cpu);
    return target === el ? sp : this.#port.readRegister(cpu, `SP_EL${target}`);
  }

  async #runUntil(add: () => number): Promise<Arrival> {
    const id = add();
    try {
      const stop = await this.#run(id);
      return { stop, isOwn: stop.hits.includes(id) };
    } finally {
      this.#port.remove(id);
    }
  }

  /** Runs until something that matters, or the catchpoint `own`. */
  async #run(own?: number): Promise<PortStop> {
    let past: number | undefined;
    for (;;) {
      const stop = this.#port.run(this.#isInterrupted ? 1 : SLICE, past);
      if (own !== undefined && stop.hits.includes(own)) return stop;
      if (this.#matters(stop)) return stop;
      past = stop.reason === 'breakpoint' ? stop.cpu : undefined;
      await this.pause();
    }
  }

  #matters(stop: PortStop): boolean {
    return this.#isInterrupted || ENDINGS[stop.reason] !== undefined || this.stopPoints.hitBy(stop) !== undefined;
  }

  #report(stop: PortStop, thread: ThreadId): Stopped {
    const point = this.stopPoints.hitBy(stop);
    if (point) return { thread: this.targets.onCpu(stop.cpu), cause: { kind: 'stop point', point } };
    const text = ENDINGS[stop.reason];
    return { thread, cause: text === undefined ? { kind: 'interrupt' } : { kind: 'end', text } };
  }
}

/** A run that ended; `isOwn` when at what was waited for. */
interface Arrival {
  readonly stop: PortStop;
  readonly isOwn: boolean;
}

/** False when an exception came that is none of the thread's business. A system call leads to its own kernel. */
function isComplete(event: ExceptionEvent | undefined): boolean {
  if (!event || event.kind === 'return' || event.kind === 'firmware') return true;
  return event.kind === 'synchronous' && event.esr >>> 26 === ExceptionClass.svc;
}
