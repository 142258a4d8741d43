/**
 * Steps of a logical context. The next instruction of the context is reached by a temporary breakpoint that only this context can hit, so interrupts, other
 * domains' time slices and migrations on the way simply run.
 */
import { decode } from '../arch/a64/decode.ts';
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { EL, SLEEP, SLOT_SP } from '../emulator/cpu/state.ts';
import type { Machine } from '../emulator/machine.ts';
import type { AddressSpaces } from './address-spaces.ts';
import type { BreakpointBinder } from './breakpoint-binder.ts';
import { contextKey } from './logical-context.ts';
import type { SymbolDirectory } from './symbol-directory.ts';
import { codeSpaceOf, domainOfCpu } from './machine-status.ts';
import type { StepRequest } from '../protocol/stop.ts';

/** Instructions after which a step is given up: about a second of real time. */
const STEP_LIMIT = 200_000_000;
/** Single instructions that one step over a line or out of a function may take. */
const WALK_LIMIT = 200_000;
/** Times that an instruction may be interrupted before it retires. */
const ATTEMPTS = 50;

/** How a step ended: at its goal, at a breakpoint, or given up with a reason. */
export type StepEnd =
  | { readonly kind: 'done'; readonly cpu: Cpu }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Runs the machine; `stopped` when a breakpoint or somebody stopped it. */
export type RunSome = (count: number) => 'done' | 'stopped' | 'idle' | 'off' | 'reset';

interface Goal {
  readonly pcs: readonly bigint[];
  readonly key: string;
  /** Lowest stack pointer that counts: a recursive call's return does not. */
  readonly sp: bigint;
}

const CALLS = /^(BL_branch_imm|BLR_branch_reg|SVC_exception|HVC_exception|SMC_exception)$/;
const RETURNS = /^(RET_branch_reg|ERET_branch_reg)$/;
const TRAPS = /^(SVC|HVC|SMC)_exception$/;

export class Stepper {
  #goal: Goal | null = null;
  #reached: Cpu | null = null;
  /** pCPU whose exceptions are looked at, and whether there was one. */
  #watched = -1;
  #wasTaken = false;

  constructor(
    private readonly machine: Machine,
    private readonly spaces: AddressSpaces,
    private readonly binder: BreakpointBinder,
    private readonly symbols: () => SymbolDirectory | undefined,
    private readonly domainOf: (vmid: number) => number | undefined,
    private readonly run: RunSome,
  ) {}

  /** To be asked at every breakpoint: true when it is the one that ends the present run. */
  reached(cpu: Cpu): boolean {
    const goal = this.#goal;
    if (!goal || !goal.pcs.includes(cpu.state.pc) || contextKey(cpu) !== goal.key || cpu.state.x(SLOT_SP) < goal.sp)
      return false;
    this.#reached = cpu;
    return true;
  }

  /** Carries out a step of the context that `cpu` is in. */
  async step(cpu: Cpu, { kind, granularity, followExceptions = false }: StepRequest): Promise<StepEnd> {
    if (kind === 'out') return this.#out(cpu);
    if (granularity === 'instruction') return this.#instruction(cpu, kind === 'over', followExceptions);
    return this.#line(cpu, kind === 'over', followExceptions);
  }

  /** To be told of every exception that is about to be taken. */
  exception(cpu: Cpu): void {
    if (cpu.index === this.#watched) this.#wasTaken = true;
  }

  /** Runs until the context of `cpu` is about to execute an instruction at one of `pcs`. */
  runTo(cpu: Cpu, pcs: readonly bigint[], sp = 0n): StepEnd {
    const space = { kind: 'cpu', cpu: cpu.index } as const;
    const planted = pcs.map((address) => this.spaces.linear({ space, address })).filter((linear) => linear !== 0);
    if (planted.length === 0) return { kind: 'failed', reason: `0x${pcs[0].toString(16)} is not in memory` };
    this.#goal = { pcs, key: contextKey(cpu), sp };
    this.#reached = null;
    for (const linear of planted) this.binder.add(linear);
    try {
      return this.#runToGoal();
    } finally {
      for (const linear of planted) this.binder.remove(linear);
      this.#goal = null;
    }
  }

  #runToGoal(): StepEnd {
    const result = this.run(STEP_LIMIT);
    if (this.#reached) return { kind: 'done', cpu: this.#reached };
    if (result === 'stopped') return { kind: 'interrupted' };
    const why = result === 'done' ? `not there after ${STEP_LIMIT} instructions` : `the machine is ${result}`;
    return { kind: 'failed', reason: why };
  }

  #row(cpu: Cpu): string {
    const { bytes, readable } = this.spaces.read({ space: { kind: 'cpu', cpu: cpu.index }, address: cpu.state.pc }, 4);
    return readable[0] ? (decode(new DataView(bytes.buffer).getUint32(0, true))?.row.name ?? '') : '';
  }

  /** One instruction of this context; interrupts and aborts on the way run, unless they are to be followed. */
  #instruction(cpu: Cpu, isOver: boolean, followExceptions: boolean): StepEnd {
    const { pc } = cpu.state;
    const row = this.#row(cpu);
    if (isOver && CALLS.test(row)) return this.runTo(cpu, [pc + 4n], cpu.state.x(SLOT_SP));
    for (let n = 0; n < ATTEMPTS; n += 1) {
      if (this.machine.clock.turn === cpu.index && cpu.state.get(SLEEP) === 0 && this.#retire(cpu)) {
        if (!this.#wasTaken || followExceptions || TRAPS.test(row)) return { kind: 'done', cpu };
      }
      // An emulated access goes on behind the instruction, anything else at it again.
      const end = this.runTo(cpu, this.#wasTaken ? [pc, pc + 4n] : [pc]);
      if (end.kind !== 'done' || end.cpu.state.pc !== pc) return end;
      ({ cpu } = end);
    }
    return { kind: 'failed', reason: 'exceptions come faster than the instruction' };
  }

  /** Retires one instruction if it is really this CPU's. */
  #retire(cpu: Cpu): boolean {
    const { time } = this.machine.clock;
    const before = time[cpu.index];
    this.#watched = cpu.index;
    this.#wasTaken = false;
    this.run(1);
    this.#watched = -1;
    return time[cpu.index] === before + 1;
  }

  /** Until another line begins, in this function or one it called. */
  async #line(cpu: Cpu, isOver: boolean, followExceptions: boolean): Promise<StepEnd> {
    const file = this.#fileOf(cpu);
    const lines = await file?.statementRanges(cpu.state.pc);
    if (!lines) return this.#instruction(cpu, isOver, followExceptions);
    const el = cpu.state.get(EL);
    for (let n = 0; n < WALK_LIMIT; n += 1) {
      const isTrap = TRAPS.test(this.#row(cpu));
      const end = this.#instruction(cpu, isOver, followExceptions);
      if (end.kind !== 'done') return end;
      ({ cpu } = end);
      const { pc } = cpu.state;
      if (cpu.state.get(EL) !== el || isTrap) return end;
      if (lines.ranges.some(({ start, end: limit }) => start <= pc && pc < limit)) continue;
      const here = await this.#fileOf(cpu)?.statementRanges(pc);
      if (!here || (await this.#fileOf(cpu)?.isStatementStart(pc))) return end;
    }
    return { kind: 'failed', reason: `the line has not ended after ${WALK_LIMIT} instructions` };
  }

  /** Until this function's return (or this level's ERET) has been executed; calls on the way are stepped over. */
  #out(cpu: Cpu): Promise<StepEnd> {
    const sp = cpu.state.x(SLOT_SP);
    for (let n = 0; n < WALK_LIMIT; n += 1) {
      const isReturn = RETURNS.test(this.#row(cpu)) && cpu.state.x(SLOT_SP) >= sp;
      const end = this.#instruction(cpu, true, false);
      if (end.kind !== 'done') return Promise.resolve(end);
      ({ cpu } = end);
      if (isReturn) return Promise.resolve(end);
    }
    return Promise.resolve({ kind: 'failed', reason: `no return after ${WALK_LIMIT} instructions` });
  }

  #fileOf(cpu: Cpu) {
    return this.symbols()?.module(codeSpaceOf(cpu, domainOfCpu(cpu, this.domainOf)))?.file;
  }
}
