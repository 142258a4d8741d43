/**
 * Breakpoints on instructions: a virtual address in a context, or a physical one.
 *
 * The machine stops on physical instructions only. A virtual breakpoint finds its physical page when a CPU in its context begins to execute from the
 * virtual page (`fetched`): every change of the mapping leads through there, so it is bound exactly as long as it could be hit.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { PC, SLOT_SP } from '../cpu/state.ts';
import { ramOffset } from '../memory-layout.ts';
import { asidOf, type ContextFilter, fits, vmidOf } from './filter.ts';

/** What to stop at. */
export interface BreakpointRequest {
  readonly address: bigint;
  /** `pa`: `address` is physical; else virtual in the contexts that `filter` lets through. */
  readonly space: 'va' | 'pa';
  readonly filter: ContextFilter;
}

interface Breakpoint extends BreakpointRequest {
  readonly id: number;
  /** Halves of `address`. */
  readonly low: number;
  readonly high: number;
  /** Linear addresses it has in the machine. */
  readonly bound: Set<number>;
}

/** The instruction that a CPU stopped before: going on must not stop there again. */
interface Passed {
  readonly pc: bigint;
  readonly sp: bigint;
  readonly el: number;
  readonly vmid: number;
  readonly asid: number;
}

const PAGE_MASK = 0xfff;
const NONE: readonly number[] = [];

export class BreakpointTable {
  readonly #breakpoints = new Map<number, Breakpoint>();
  /** Virtual breakpoints by virtual page number. */
  readonly #pages = new Map<number, Set<Breakpoint>>();
  /** The breakpoints that each linear address has. */
  readonly #placed = new Map<number, Breakpoint[]>();
  #passed: Passed[] = [];

  /** `place` puts a breakpoint on a linear address or takes it away; `refetch` makes every CPU look its code pages up again. */
  constructor(
    private readonly place: (linear: number, present: boolean) => void,
    private readonly refetch: () => void,
  ) {}

  get isEmpty(): boolean {
    return this.#breakpoints.size === 0;
  }

  add(id: number, request: BreakpointRequest): void {
    const breakpoint: Breakpoint = { ...request, id, ...halves(request.address), bound: new Set() };
    this.#breakpoints.set(id, breakpoint);
    if (request.space === 'pa') {
      const linear = ramOffset(Number(request.address));
      if (linear !== 0) this.#bind(breakpoint, linear);
      return;
    }
    const page = pageNumber(breakpoint.low, breakpoint.high);
    const others = this.#pages.get(page) ?? new Set();
    this.#pages.set(page, others.add(breakpoint));
    this.refetch();
  }

  remove(id: number): boolean {
    const breakpoint = this.#breakpoints.get(id);
    if (!breakpoint) return false;
    this.#breakpoints.delete(id);
    const page = pageNumber(breakpoint.low, breakpoint.high);
    const others = this.#pages.get(page);
    others?.delete(breakpoint);
    if (others?.size === 0) this.#pages.delete(page);
    for (const linear of breakpoint.bound) this.#release(breakpoint, linear);
    return true;
  }

  /** A CPU begins to execute from a page: linear address `page`, virtual address that of its PC. */
  fetched(cpu: Cpu, page: number): void {
    if (this.#pages.size === 0) return;
    const { state } = cpu;
    const there = this.#pages.get(pageNumber(state.get(PC), state.get(PC + 4)));
    if (there) for (const breakpoint of there) this.#bind(breakpoint, page + (breakpoint.low & PAGE_MASK));
  }

  /** Breakpoints that `cpu` hits now, its PC at an instruction that has some; `linear` is where that is. */
  hits(cpu: Cpu, linear: number): readonly number[] {
    const placed = this.#placed.get(linear);
    if (!placed || this.#isPassed(cpu)) return NONE;
    let hit: number[] | undefined;
    for (const breakpoint of placed) {
      if (isAt(breakpoint, cpu) && fits(breakpoint.filter, cpu)) (hit ??= []).push(breakpoint.id);
    }
    return hit ?? NONE;
  }

  /** The next time `cpu` comes to its present instruction it passes. */
  pass(cpu: Cpu): void {
    this.#passed.push(placeOf(cpu));
  }

  /** Forgets `pass`. */
  clearPass(): void {
    this.#passed = [];
  }

  #isPassed(cpu: Cpu): boolean {
    if (this.#passed.length === 0) return false;
    const now = placeOf(cpu);
    const keys = Object.keys(now) as (keyof Passed)[];
    const found = this.#passed.findIndex((passed) => keys.every((key) => now[key] === passed[key]));
    if (found >= 0) this.#passed.splice(found, 1);
    return found >= 0;
  }

  #bind(breakpoint: Breakpoint, linear: number): void {
    if (breakpoint.bound.has(linear)) return;
    breakpoint.bound.add(linear);
    const placed = this.#placed.get(linear);
    if (placed) placed.push(breakpoint);
    else {
      this.#placed.set(linear, [breakpoint]);
      this.place(linear, true);
    }
  }

  #release(breakpoint: Breakpoint, linear: number): void {
    const rest = this.#placed.get(linear)?.filter((each) => each !== breakpoint) ?? [];
    if (rest.length > 0) {
      this.#placed.set(linear, rest);
      return;
    }
    this.#placed.delete(linear);
    this.place(linear, false);
  }
}

/** A page may be mapped at several addresses. */
function isAt({ space, low, high }: Breakpoint, { state }: Cpu): boolean {
  return space === 'pa' || (state.get(PC) === low && state.get(PC + 4) === high);
}

function pageNumber(low: number, high: number): number {
  return (low >>> 12) + high * 2 ** 20;
}

function halves(address: bigint): { readonly low: number; readonly high: number } {
  return { low: Number(address & 0xffff_ffffn), high: Number((address >> 32n) & 0xffff_ffffn) };
}

function placeOf(cpu: Cpu): Passed {
  const { state } = cpu;
  const { el } = state;
  return {
    pc: state.pc,
    sp: state.x(SLOT_SP),
    el,
    vmid: el === 2 ? 0 : vmidOf(cpu),
    asid: el === 0 ? asidOf(cpu) : 0,
  };
}
