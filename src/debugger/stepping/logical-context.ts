/** Follows one logical context: a task (or vCPU) at one level, through interrupts, other domains and other pCPUs. */
import type { ContextFilter, ExceptionEvent, PortStop } from '../../emulator/debug-port.ts';
import { ExceptionClass } from '../../arch/esr.ts';
import type { System } from '../contexts/system.ts';
import type { DebugStop, RunControl } from './run-control.ts';
import { TaskLife } from './task-life.ts';

/** Where a logical context stands. */
export interface Place {
  readonly cpu: number;
  readonly key: string;
  readonly el: number;
  readonly sp: bigint;
  readonly pc: bigint;
}

/** How far one instruction led. */
export type Outcome =
  /** It is complete; `event` when it took an exception (and came back) or returned from one. */
  | { readonly kind: 'done'; readonly place: Place; readonly event: ExceptionEvent | undefined }
  /** It entered a higher level, and that is where the context is now. */
  | { readonly kind: 'entered'; readonly place: Place; readonly event: ExceptionEvent }
  /** Something else stopped the machine. */
  | { readonly kind: 'stopped'; readonly stop: DebugStop };

const CALLS: readonly number[] = [ExceptionClass.svc, ExceptionClass.hvc, ExceptionClass.smc];

/** Instructions of all CPUs between two looks whether the task is still there. */
const LIFE_SLICE = 1_000_000;

/** What of a trap a step goes into. */
export type Follow = 'nothing' | 'calls' | 'everything';

export class LogicalSteps {
  readonly start: Place;
  readonly #end: number;
  readonly #life: TaskLife | undefined;

  /** Begins with what `cpu` executes now. */
  constructor(
    private readonly system: System,
    private readonly control: RunControl,
    cpu: number,
    /** Instructions of all CPUs that the whole step may take. */
    private readonly budget: number,
  ) {
    this.#end = system.port.instructions + budget;
    this.start = this.place(cpu);
    this.#life = TaskLife.of(system, cpu, this.start.el);
  }

  /** Instructions that may still be retired. */
  get left(): number {
    return Math.max(0, this.#end - this.system.port.instructions);
  }

  /** Instructions retired so far. */
  get used(): number {
    return this.budget - this.left;
  }

  place(cpu: number): Place {
    const { el, sp, pc } = this.system.port.status(cpu);
    return { cpu, key: this.system.contextKey(cpu), el, sp, pc };
  }

  /** Executes the instruction at `place`, with everything that comes between. */
  async one(place: Place, follow: Follow): Promise<Outcome> {
    for (let at = place; ;) {
      const stop = await this.control.stepPort(at.cpu, this.left);
      if (stop.reason !== 'step') {
        const judged = await this.control.judge(stop);
        if (judged) return { kind: 'stopped', stop: judged };
        continue;
      }
      const { event } = stop;
      if (!event || event.kind === 'firmware') return { kind: 'done', place: this.place(at.cpu), event };
      if (event.kind === 'return') return { kind: 'done', place: this.place(at.cpu), event };
      if (isFollowed(event, follow)) return { kind: 'entered', place: this.place(at.cpu), event };
      const back = await this.returnTo(at);
      if ('reason' in back) return { kind: 'stopped', stop: back };
      // An interrupt came before the instruction, and a fault that was repaired leaves it to be executed again.
      if (event.kind === 'synchronous' && back.pc !== at.pc) return { kind: 'done', place: back, event };
      at = back;
    }
  }

  /** Runs until the context of `place` goes on at its level and stack, after an exception has taken it away. */
  async returnTo(place: Place): Promise<Place | DebugStop> {
    const accept = (cpu: number): boolean =>
      this.#stackAfter(cpu, place.el) === place.sp && this.system.contextKey(cpu, place.el) === place.key;
    return this.runToReturn(place.el, accept);
  }

  /** Runs until an exception return to `target` for which `accept` holds. */
  async runToReturn(target: number, accept: (cpu: number) => boolean): Promise<Place | DebugStop> {
    const id = this.system.port.addCatchpoint({ kind: 'ERET', target, filter: { accept } });
    try {
      return await this.#runUntil([id]);
    } finally {
      this.system.port.remove(id);
    }
  }

  /** Runs until the context of `place` comes to one of `addresses`, its stack not deeper than `sp`. */
  async runTo(place: Place, addresses: readonly bigint[], sp?: bigint): Promise<Place | DebugStop> {
    const { port } = this.system;
    const accept = (cpu: number): boolean =>
      (sp === undefined || port.status(cpu).sp >= sp) && this.system.contextKey(cpu) === place.key;
    const filter: ContextFilter = { el: place.el, accept };
    const ids = addresses.map((address) => port.addBreakpoint({ address, space: 'va', filter }));
    try {
      return await this.#runUntil(ids, place.cpu);
    } finally {
      for (const id of ids) port.remove(id);
    }
  }

  async #runUntil(ids: readonly number[], past?: number): Promise<Place | DebugStop> {
    for (let passing = past; ;) {
      const stop = await this.control.runPort(Math.min(this.left, LIFE_SLICE), passing);
      const isHit = stop.hits.some((hit) => ids.includes(hit));
      const isSlice = stop.reason === 'limit' && this.left > 0;
      if (isHit || isSlice) {
        const ended = this.#endOfLife(stop);
        if (ended) return ended;
      }
      // A breakpoint of the person at the same place has its say too.
      const own = isSlice || (isHit && stop.hits.length === 1) ? undefined : await this.control.judge(stop);
      if (own) return own;
      if (isHit) return this.place(stop.cpu);
      passing = isSlice ? undefined : stop.cpu;
    }
  }

  #endOfLife(portStop: PortStop): DebugStop | undefined {
    const message = this.#life?.ending();
    return message === undefined
      ? undefined
      : { reason: 'pause', cpu: portStop.cpu, breakpoints: [], portStop, message };
  }

  /** SP as it will be after an exception return to `target` that is about to happen. */
  #stackAfter(cpu: number, target: number): bigint | undefined {
    const { port } = this.system;
    const { el, sp } = port.status(cpu);
    if (target === el) return sp;
    return port.readRegister(cpu, `SP_EL${target}`);
  }
}

function isFollowed(event: ExceptionEvent, follow: Follow): boolean {
  if (follow === 'everything') return true;
  return follow === 'calls' && event.kind === 'synchronous' && CALLS.includes(event.esr >>> 26);
}
