/** The debug port of a machine. */
import type { Cpu } from '../cpu/cpu.ts';
import { EL, SLEEP, SLOT_SP } from '../cpu/state.ts';
import type { Machine, RunResult } from '../machine.ts';
import { physicalOf } from './memory.ts';
import { captureRegisters } from '../mmu/contexts.ts';
import { RegimeRegister, type RegimeRegisterName, regimeRegisters } from '../mmu/regime.ts';
import {
  type AccessKind,
  type ExplainedWalk,
  explainWalk,
  type RegimeView,
  type Translation,
} from '../mmu/translate.ts';
import { type BreakpointRequest, BreakpointTable } from './breakpoints.ts';
import { type CatchRequest, CatchpointTable, type ExceptionEvent, exceptionEvent } from './catchpoints.ts';
import { asidOf, vmidOf } from './filter.ts';
import { DebugMemory, type MemoryRead, type PortSpace } from './memory.ts';
import { readRegister, type RegisterDescription, REGISTERS, writeRegister } from './registers.ts';
import { type WatchHit, type WatchRequest, WatchpointTable } from './watchpoints.ts';

/** Runs the machine for a number of instructions: `Machine.run`, or what wraps it. */
export type RunMachine = (count: number) => RunResult;

/** Why a run ended. */
export type StopReason =
  | 'limit'
  | 'breakpoint'
  | 'watchpoint'
  | 'catchpoint'
  | 'step'
  | 'requested'
  | 'idle'
  | 'off'
  | 'reset';

/** A stop. */
export interface PortStop {
  readonly reason: StopReason;
  /** CPU on which it happened. */
  readonly cpu: number;
  /** Breakpoints, watchpoints and catchpoints that were hit. */
  readonly hits: readonly number[];
  readonly watchHits: readonly WatchHit[];
  /** The exception that a catchpoint or a step saw. */
  readonly event: ExceptionEvent | undefined;
  /** Retired by all CPUs together. */
  readonly instructions: number;
}

/** What a CPU is about. */
export interface CpuStatus {
  readonly isPowered: boolean;
  /** In WFI or WFE. */
  readonly isAsleep: boolean;
  readonly el: number;
  readonly pc: bigint;
  readonly sp: bigint;
  readonly vmid: number;
  readonly asid: number;
}

/** What ended the run, noted while it happens. */
interface Cause {
  readonly reason: StopReason;
  readonly cpu: number;
  readonly hits: readonly number[];
  readonly event: ExceptionEvent | undefined;
}

/** Runs in a row that may retire nothing before the run counts as over: whoever runs the machine has had enough. */
const MAX_IDLE_RUNS = 3;

export class DebugPort {
  readonly cpuCount: number;
  readonly registers: readonly RegisterDescription[] = REGISTERS;
  readonly #memory: DebugMemory;
  readonly #breakpoints: BreakpointTable;
  readonly #watchpoints: WatchpointTable;
  readonly #catchpoints = new CatchpointTable();
  #nextId = 1;
  #changes = 0;
  #cause: Cause | undefined;
  #watcher = 0;
  #stepped = -1;
  #steppedFrom = 0;
  /** CPU of the step that ended at its limit. */
  #unfinishedStep = -1;
  #lastBreakpoint = { cpu: 0, instructions: -1 };
  #steppedEvent: ExceptionEvent | undefined;
  #onException: ((event: ExceptionEvent) => void) | undefined;

  /** Takes its place among the machine's hooks. `runMachine` is what runs the machine, when more has to happen than `Machine.run`. */
  constructor(
    private readonly machine: Machine,
    private readonly runMachine: RunMachine = (count) => machine.run(count),
  ) {
    this.cpuCount = machine.cpus.length;
    this.#memory = new DebugMemory(machine.memory.buffer, (linear) => machine.cpus[0].host.codeWritten(linear));
    this.#breakpoints = new BreakpointTable(
      (linear, present) => machine.setBreakpoint(linear, present),
      () => machine.cpus.forEach((cpu) => machine.mmu.flushFetch(cpu)),
    );
    this.#watchpoints = new WatchpointTable(
      machine.bytes,
      (page) => machine.mmu.removeTags(page),
      () => machine.requestStop(),
    );
    this.#hook();
  }

  /** Instructions retired by all CPUs together. */
  get instructions(): number {
    return this.machine.instructions;
  }

  /** Grows whenever the machine is changed from outside: with the same number and the same `instructions` everything is as it was. */
  get changes(): number {
    return this.#changes;
  }

  /** Virtual time of a CPU, ns. */
  time(cpu: number): number {
    return this.machine.now(cpu);
  }

  status(index: number): CpuStatus {
    const cpu = this.machine.cpus[index];
    const { state } = cpu;
    return {
      isPowered: this.machine.powered[index],
      isAsleep: state.get(SLEEP) !== 0,
      el: state.get(EL),
      pc: state.pc,
      sp: state.x(SLOT_SP),
      vmid: vmidOf(cpu),
      asid: asidOf(cpu),
    };
  }

  /** A register by its name in the Arm ARM (`X0`, `SP`, `PC`, `PSTATE`, `V3`, `ESR_EL2`); undefined when there is none. */
  readRegister(cpu: number, name: string): bigint | undefined {
    return readRegister(this.machine.cpus[cpu], name);
  }

  /** Writes a register with all its effects; false when that is not possible. */
  writeRegister(cpu: number, name: string, value: bigint): boolean {
    this.#changes += 1;
    return writeRegister(this.machine.cpus[cpu], name, value);
  }

  /** The eyes of a CPU at `el` (default: where it is). */
  view(index: number, el?: 0 | 1 | 2): RegimeView {
    const { state } = this.machine.cpus[index];
    const level = el ?? (state.get(EL) as 0 | 1 | 2);
    const registers = regimeRegisters({});
    captureRegisters(state, level, registers);
    return { registers, el: level };
  }

  /** The eyes of anybody with the given translation registers; those left out are 0. */
  makeView(values: Partial<Record<RegimeRegisterName, bigint>>, el: 0 | 1 | 2): RegimeView {
    return { registers: regimeRegisters(values), el };
  }

  /** `view` with one translation register changed. */
  withRegister(view: RegimeView, name: RegimeRegisterName, value: bigint): RegimeView {
    const registers = view.registers.slice();
    registers[2 * RegimeRegister[name]] = Number(value & 0xffff_ffffn);
    registers[2 * RegimeRegister[name] + 1] = Number((value >> 32n) & 0xffff_ffffn);
    return { ...view, registers };
  }

  /** X0 to X30, quickly. */
  x(cpu: number, n: number): bigint {
    return this.machine.cpus[cpu].state.x(n);
  }

  /** Bytes of RAM in a space; shorter when they end early. */
  read(space: PortSpace, address: bigint, length: number): MemoryRead {
    return this.#memory.read(space, address, length);
  }

  /** Writes RAM, whatever the permissions say. The reason when it cannot. */
  write(space: PortSpace, address: bigint, bytes: Uint8Array): string | undefined {
    this.#changes += 1;
    return this.#memory.write(space, address, bytes);
  }

  translate(space: Exclude<PortSpace, { kind: 'pa' }>, address: bigint, access?: AccessKind): Translation {
    return this.#memory.translation(space, address, access);
  }

  /** A translation with every descriptor it reads. */
  explain(view: RegimeView, va: bigint, access?: AccessKind): ExplainedWalk {
    return explainWalk(this.machine.memory.buffer, view, va, access);
  }

  /** Physical address of an address of any space; undefined when it is not mapped to RAM. */
  physical(space: PortSpace, address: bigint): number | undefined {
    const at = this.#memory.locate(space, address);
    return 'linear' in at ? physicalOf(at.linear) : undefined;
  }

  addBreakpoint(request: BreakpointRequest): number {
    const id = this.#nextId++;
    this.#breakpoints.add(id, request);
    return id;
  }

  /** `space` finds the memory now; a virtual range that is not mapped yet is bound when it is. */
  addWatchpoint(request: Omit<WatchRequest, 'linear'>, space: PortSpace): number {
    const at = this.#memory.locate(space, request.address);
    const id = this.#nextId++;
    this.#watchpoints.add(id, { ...request, linear: 'linear' in at ? at.linear : undefined });
    this.#hookWatchpoints();
    return id;
  }

  addCatchpoint(request: CatchRequest): number {
    const id = this.#nextId++;
    this.#catchpoints.add(id, request);
    return id;
  }

  /** Takes a breakpoint, watchpoint or catchpoint away. */
  remove(id: number): void {
    if (this.#breakpoints.remove(id) || this.#catchpoints.remove(id)) return;
    this.#watchpoints.remove(id);
    this.#hookWatchpoints();
  }

  /** Sees every exception entry and return before it takes effect; it must not change the machine. */
  set onException(hook: ((event: ExceptionEvent) => void) | undefined) {
    this.#onException = hook;
  }

  /** The machine's state was replaced: nothing that was under way counts. */
  stateReplaced(): void {
    this.#changes += 1;
    this.#cause = undefined;
    this.#unfinishedStep = -1;
    this.#lastBreakpoint = { cpu: 0, instructions: -1 };
    this.#breakpoints.clearPass();
    this.#watchpoints.restoreFlags();
  }

  /**
   * Runs at most `limit` instructions. `past` is the CPU that is to leave the instruction it stands at even when that has a breakpoint: the one that a
   * person saw stop there.
   */
  run(limit: number, past?: number): PortStop {
    this.#unfinishedStep = -1;
    this.#passBreakpoints(past);
    return this.#run(limit);
  }

  /**
   * Goes on with the run or step that ended at its limit, as the same one: what it was to pass is still passed, and a step still knows the exception it saw.
   * A long run can so be made of short ones.
   */
  goOn(limit: number): PortStop {
    return this.#unfinishedStep < 0 ? this.#run(limit) : this.#runStep(this.#unfinishedStep, limit);
  }

  #run(limit: number): PortStop {
    const target = this.machine.instructions + limit;
    this.#cause = undefined;
    for (let idle = 0; this.machine.instructions < target && idle < MAX_IDLE_RUNS;) {
      const before = this.machine.instructions;
      const result = this.runMachine(target - before);
      const stop = this.#stopped(result);
      if (stop) return stop;
      idle = this.machine.instructions === before ? idle + 1 : 0;
    }
    return this.#makeStop({ reason: 'limit', cpu: this.machine.executing, hits: [], event: undefined });
  }

  /**
   * Runs until one CPU has retired one instruction, the others taking their turns as ever; `event` is the last exception it took or returned from meanwhile.
   * An interrupt that is due comes first: then the instruction is the first of its handler.
   */
  stepInstruction(cpu: number, limit = Infinity): PortStop {
    this.#steppedEvent = undefined;
    this.#steppedFrom = this.machine.now(cpu);
    this.#passBreakpoints(cpu);
    return this.#runStep(cpu, Math.min(limit, Number.MAX_SAFE_INTEGER - this.machine.instructions));
  }

  #runStep(cpu: number, limit: number): PortStop {
    const { machine } = this;
    this.#stepped = cpu;
    machine.steppedCpu = cpu;
    try {
      const stop = this.#run(limit);
      this.#unfinishedStep = stop.reason === 'limit' ? cpu : -1;
      return stop;
    } finally {
      machine.steppedCpu = -1;
      this.#stepped = -1;
    }
  }

  /** Nobody stops twice before the same instruction: not `past`, and not the CPU that the last breakpoint stopped here. */
  #passBreakpoints(past: number | undefined): void {
    this.#breakpoints.clearPass();
    if (past !== undefined) this.#breakpoints.pass(this.machine.cpus[past]);
    const { cpu, instructions } = this.#lastBreakpoint;
    if (cpu !== past && instructions === this.machine.instructions) this.#breakpoints.pass(this.machine.cpus[cpu]);
  }

  /** Ends the run after the instruction that is executing. */
  requestStop(): void {
    this.#cause ??= { reason: 'requested', cpu: this.machine.executing, hits: [], event: undefined };
    this.machine.requestStop();
  }

  #stopped(result: RunResult): PortStop | undefined {
    const watchHits = this.#watchpoints.takeHits();
    if (watchHits.length > 0) {
      const hits = watchHits.map(({ id }) => id);
      const others = this.#cause?.hits ?? [];
      const cause = { reason: 'watchpoint' as const, cpu: this.#watcher, hits: [...hits, ...others], event: undefined };
      return this.#makeStop(cause, watchHits);
    }
    if (this.#cause) return this.#makeStop(this.#cause);
    if (result === 'done') return undefined;
    if (result !== 'stopped') return this.#makeStop({ reason: result, cpu: 0, hits: [], event: undefined });
    const cpu = this.#stepped;
    if (cpu >= 0 && this.machine.now(cpu) > this.#steppedFrom) {
      return this.#makeStop({ reason: 'step', cpu, hits: [], event: this.#steppedEvent });
    }
    // Somebody else's stop, or a watched value that did not change: the run goes on, unless it goes nowhere.
    return undefined;
  }

  #makeStop(cause: Cause, watchHits: readonly WatchHit[] = []): PortStop {
    this.#cause = undefined;
    return { ...cause, watchHits, instructions: this.machine.instructions };
  }

  #hook(): void {
    const { hooks } = this.machine;
    const { onTrace, onBreakpoint, onFetch } = hooks;
    hooks.onTrace = (cpu, kind, argument) => {
      onTrace?.(cpu, kind, argument);
      this.#traced(cpu, kind, argument);
    };
    hooks.onBreakpoint = (cpu, linear) => (onBreakpoint?.(cpu, linear) ?? false) || this.#atBreakpoint(cpu, linear);
    hooks.onFetch = (cpu, page) => {
      onFetch?.(cpu, page);
      this.#breakpoints.fetched(cpu, page);
    };
  }

  #hookWatchpoints(): void {
    const { mmu } = this.machine;
    const table = this.#watchpoints;
    mmu.onWatched = table.isEmpty
      ? undefined
      : (cpu, lo, hi, info, linear, bytes) => {
          this.#watcher = cpu.index;
          table.accessed(cpu, lo, hi, info, linear, bytes);
        };
    mmu.core.onMiss = table.isEmpty ? undefined : (cpu, lo, hi, linear) => table.missed(cpu, lo, hi, linear);
  }

  #atBreakpoint(cpu: Cpu, linear: number): boolean {
    const hits = this.#breakpoints.hits(cpu, linear);
    if (hits.length === 0) return false;
    this.#cause = { reason: 'breakpoint', cpu: cpu.index, hits, event: undefined };
    // The instruction has been counted, and will be uncounted.
    this.#lastBreakpoint = { cpu: cpu.index, instructions: this.machine.instructions - 1 };
    return true;
  }

  #traced(cpu: Cpu, kind: number, argument: bigint): void {
    if (this.#catchpoints.isEmpty && this.#onException === undefined && cpu.index !== this.#stepped) return;
    const event = exceptionEvent(cpu, kind, argument);
    if (!event) return;
    this.#onException?.(event);
    if (cpu.index === this.#stepped) this.#steppedEvent = event;
    const hits = this.#catchpoints.hits(cpu, event);
    if (hits.length === 0) return;
    this.#cause = { reason: 'catchpoint', cpu: cpu.index, hits, event };
    this.machine.requestStop();
  }
}
