/**
 * The guests' own breakpoints and watchpoints in the machine. Address breakpoints stand in for the instructions they are on, as a debugger's do; pages with
 * watchpoints stay out of the CPU's TLBs. A guest that arms none pays nothing. How they match: `cpu/debug-match.ts`.
 */
import type { Cpu } from './cpu/cpu.ts';
import {
  type Armed,
  armed,
  breakpointAddress,
  matchesAddress,
  matchesAnywhere,
  watchedBlock,
  watchpointHit,
} from './cpu/debug-match.ts';
import { takeBreakpoint } from './cpu/exceptions-debug.ts';
import { CPU_COUNT } from './memory-layout.ts';
import type { PageGuard } from './mmu/core.ts';

const PAGE_SHIFT = 12;
/** Bits 48:0, which are compared. */
const ADDRESS = (1n << 49n) - 1n;

/** Do two addresses lie in the same block of 2^shift bytes? */
function isSameBlock(a: bigint, b: bigint, shift: number): boolean {
  return ((a ^ b) & ADDRESS) >> BigInt(shift) === 0n;
}

/** What the machine does for them. */
export interface GuestDebugHost {
  /** Puts a breakpoint on a linear address, or takes one away. */
  place(linear: number, present: boolean): void;
  /** Makes a CPU look up anew every page it executes. */
  refetch(cpu: Cpu): void;
  /** Gives a CPU a guard, or none, and empties its TLBs. */
  guard(cpu: Cpu, guard: PageGuard | undefined): void;
}

interface PerCpu {
  armed: Armed;
  /** Linear addresses that have breakpoints for this CPU. */
  readonly bound: Set<number>;
}

const isNothing = ({ addresses, contexts, watchpoints }: Armed): boolean =>
  addresses.length + contexts.length + watchpoints.length === 0;

export class GuestDebug {
  readonly #cpus: readonly PerCpu[] = Array.from({ length: CPU_COUNT }, () => ({
    armed: { addresses: [], contexts: [], watchpoints: [] },
    bound: new Set<number>(),
  }));

  constructor(private readonly host: GuestDebugHost) {}

  /** The debug registers or locks of a CPU may have changed; true when what is armed did. */
  changed(cpu: Cpu): boolean {
    const mine = this.#cpus[cpu.index];
    const before = mine.armed;
    mine.armed = armed(cpu);
    if (isNothing(before) && isNothing(mine.armed)) return false;
    for (const linear of mine.bound) this.host.place(linear, false);
    mine.bound.clear();
    if (before.watchpoints.length + mine.armed.watchpoints.length > 0) this.host.guard(cpu, this.#guardOf(cpu));
    this.host.refetch(cpu);
    return true;
  }

  /** A CPU begins to execute from the page of its PC, which lies at linear address `page`. */
  fetched(cpu: Cpu, page: number): void {
    const mine = this.#cpus[cpu.index];
    for (const n of mine.armed.addresses) {
      const address = breakpointAddress(cpu, n);
      const linear = page + Number(address & 0xfffn);
      if (!isSameBlock(address, cpu.state.pc, PAGE_SHIFT) || mine.bound.has(linear)) continue;
      mine.bound.add(linear);
      this.host.place(linear, true);
    }
  }

  /** At an instruction with a breakpoint of any kind: takes the exception when it is one of this CPU's own that matches. */
  atBreakpoint(cpu: Cpu): boolean {
    if (!matchesAddress(cpu, this.#cpus[cpu.index].armed.addresses)) return false;
    takeBreakpoint(cpu);
    return true;
  }

  /** A CPU has breakpoints that compare nothing but the context: it must be asked before every instruction. */
  isAnywhere(cpu: Cpu): boolean {
    return this.#cpus[cpu.index].armed.contexts.length > 0;
  }

  /** Before any instruction of such a CPU: takes the exception when one of these matches. */
  takeAnywhere(cpu: Cpu): boolean {
    if (!matchesAnywhere(cpu, this.#cpus[cpu.index].armed.contexts)) return false;
    takeBreakpoint(cpu);
    return true;
  }

  #guardOf(cpu: Cpu): PageGuard | undefined {
    const { watchpoints } = this.#cpus[cpu.index].armed;
    if (watchpoints.length === 0) return undefined;
    const blocks = watchpoints.map((n) => watchedBlock(cpu, n));
    return {
      covers(vaLo, vaHi) {
        const va = wide(vaLo, vaHi);
        return blocks.some(({ shift, base }) => isSameBlock(va, base, Math.max(shift, PAGE_SHIFT)));
      },
      hit: (vaLo, vaHi, bytes, info) => watchpointHit(cpu, watchpoints, { va: wide(vaLo, vaHi), bytes, info }),
    };
  }
}

function wide(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}
