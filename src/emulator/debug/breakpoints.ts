/**
 * Breakpoints on instructions: a virtual address in a context, or a physical one.
 *
 * The machine stops on physical instructions only. A virtual breakpoint finds its physical page when a CPU in its context begins to execute from the
 * virtual page (`fetched`): every change of the mapping leads through there, so it is bound exactly as long as it could be hit.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { SLOT_SP } from '../cpu/state.ts';
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

const PAGE_MASK = 0xfffn;

export class BreakpointTable {
  readonly #breakpoints = new Map<number, Breakpoint>();
  /** Virtual breakpoints by virtual page. */
  readonly #pages = new Map<bigint, Set<Breakpoint>>();
  /** How many breakpoints use each linear address. */
  readonly #users = new Map<number, number>();
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
    const breakpoint: Breakpoint = { ...request, id, bound: new Set() };
    this.#breakpoints.set(id, breakpoint);
    if (request.space === 'pa') {
      const linear = ramOffset(Number(request.address));
      if (linear !== 0) this.#bind(breakpoint, linear);
      return;
    }
    const page = request.address & ~PAGE_MASK;
    const others = this.#pages.get(page) ?? new Set();
    this.#pages.set(page, others.add(breakpoint));
    this.refetch();
  }

  remove(id: number): boolean {
    const breakpoint = this.#breakpoints.get(id);
    if (!breakpoint) return false;
    this.#breakpoints.delete(id);
    const page = breakpoint.address & ~PAGE_MASK;
    const others = this.#pages.get(page);
    others?.delete(breakpoint);
    if (others?.size === 0) this.#pages.delete(page);
    for (const linear of breakpoint.bound) this.#release(linear);
    return true;
  }

  /** A CPU begins to execute from a page: linear address `page`, virtual address that of its PC. */
  fetched(cpu: Cpu, page: number): void {
    if (this.#pages.size === 0) return;
    for (const breakpoint of this.#pages.get(cpu.state.pc & ~PAGE_MASK) ?? [])
      this.#bind(breakpoint, page + Number(breakpoint.address & PAGE_MASK));
  }

  /** Breakpoints that `cpu` hits now, its PC at an instruction that has some. */
  hits(cpu: Cpu, linear: number): number[] {
    if (this.#isPassed(cpu)) return [];
    const hit: number[] = [];
    for (const { id, space, address, filter, bound } of this.#breakpoints.values()) {
      const isHere = space === 'pa' ? bound.has(linear) : address === cpu.state.pc;
      if (isHere && fits(filter, cpu)) hit.push(id);
    }
    return hit;
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
    const users = this.#users.get(linear) ?? 0;
    this.#users.set(linear, users + 1);
    if (users === 0) this.place(linear, true);
  }

  #release(linear: number): void {
    const users = (this.#users.get(linear) ?? 1) - 1;
    if (users > 0) {
      this.#users.set(linear, users);
      return;
    }
    this.#users.delete(linear);
    this.place(linear, false);
  }
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
