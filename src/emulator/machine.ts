/** The machine: four CPUs, RAM and the board on one deterministic clock. */
import { Board } from './board.ts';
import { Clock } from './clock.ts';
import { type Cpu, type CpuHost, Status } from './cpu/cpu.ts';
import { nextStreamEvent } from './cpu/event-stream.ts';
import { exceptions, finishStep, shouldWake, StepState, stepState, takeDue, wake } from './cpu/exceptions.ts';
import { Interpreter } from './cpu/interpreter.ts';
import { RECORDS_PER_PAGE } from './cpu/records.ts';
import { Translator } from './cpu/translator.ts';
import { BUDGET, CpuState, EL, EVENT, EXCLUSIVE_SIZE, FETCH_TLB, IL, LINES, PC, SLEEP } from './cpu/state.ts';
import { systemRegisters } from './cpu/system-registers/system-registers.ts';
import { Reg } from './cpu/system-registers/offsets.ts';
import { nextOverflow, pmuChanged, syncPmu } from './cpu/system-registers/pmu.ts';
import { resetCpuState } from './cpu/system-registers/reset.ts';
import type { Plain, Width } from './devices/device.ts';
import { firmwareCall } from './devices/firmware.ts';
import type { PsciHost } from './devices/psci.ts';
import { CPU_COUNT, DRAM_SIZE, MEMORY_PAGES, OCM_SIZE, PAGE_FLAGS, PageFlag, pageIndex } from './memory-layout.ts';
import { GuestDebug } from './guest-debug.ts';
import { fetchOffset } from './mmu/fetch-entries.ts';
import { MemoryManagementUnit } from './mmu/mmu.ts';
import type { Profile } from './profile.ts';
import { TraceKind } from './trace-events.ts';
import { TraceRing } from './trace-ring.ts';
import { UnmodelledLog } from './unmodelled.ts';

/** Stores to a code page, with nothing decoded in it between them, that make it data. */
const DATA_AFTER = 200;

/** The last kind of event that `MachineHooks.onTrace` is told of. */
const LAST_HOOKED_KIND: number = TraceKind.ttbr0El2Write;

/** Why `run` came back. */
export type RunResult =
  /** The instructions asked for were retired. */
  | 'done'
  /** `requestStop` was called, or a breakpoint said so. */
  | 'stopped'
  /** Every CPU sleeps and no timer will wake any. */
  | 'idle'
  /** PSCI SYSTEM_OFF or SYSTEM_RESET. */
  | 'off'
  | 'reset';

/** What others hook into. All are called at exact instruction counts and must not change the machine unless they say so. */
export interface MachineHooks {
  /** A byte left a serial port. */
  onSerial?: (port: number, byte: number) => void;
  /** An event of the trace (`trace-events.ts`), before it takes effect. */
  onTrace?: (cpu: Cpu, kind: number, argument: bigint) => void;
  /** The instruction at a linear RAM address has a breakpoint and is about to run; true stops before it. */
  onBreakpoint?: (cpu: Cpu, linear: number) => boolean;
  /** A CPU is about to execute from the page of its PC for the first time since its translation may have changed; `page` is its linear address. */
  onFetch?: (cpu: Cpu, page: number) => void;
  /** An instruction of the watched CPU is about to be fetched and executed. That makes the machine slow, and changes nothing. */
  onInstruction?: (cpu: Cpu) => void;
}

export class Machine {
  readonly memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  readonly bytes = new Uint8Array(this.memory.buffer);
  readonly clock = new Clock();
  readonly mmu = new MemoryManagementUnit(this.memory.buffer);
  readonly cpus: readonly Cpu[];
  readonly board: Board;
  readonly interpreter: Interpreter;
  readonly translator: Translator;
  readonly unmodelled = new UnmodelledLog();
  readonly traceRing = new TraceRing(this.memory.buffer);
  readonly hooks: MachineHooks = {};
  /** Which CPUs PSCI has switched on. */
  readonly powered: boolean[] = [];
  /** CPU of which `run` retires one instruction and then stops, or -1. */
  steppedCpu = -1;
  /** CPU of whose every instruction `hooks.onInstruction` is told, or -1. */
  watchedCpu = -1;
  #executing = -1;
  #granted = 0;
  #stop: RunResult | undefined;
  /** Stores to each code page since something in it was decoded. */
  readonly #codeStores = new Uint8Array((DRAM_SIZE + OCM_SIZE) >>> 12);
  /** How many breakpoints there are on words of pages. */
  readonly #breakpoints = new Map<number, Map<number, number>>();
  readonly #guestDebug = new GuestDebug({
    place: (linear, present) => this.setBreakpoint(linear, present),
    refetch: (cpu) => this.mmu.flushFetch(cpu),
    guard: (cpu, guard) => this.mmu.core.guard(cpu, guard),
  });

  /** `profile` counts where time goes. */
  constructor(readonly profile?: Profile) {
    this.board = new Board({
      now: (cpu) => this.now(cpu),
      executing: () => this.executing,
      setLines: (cpu, lines) => this.#setLines(cpu, lines),
      deadlineChanged: (cpu) => this.#deadlineChanged(cpu),
      serialOutput: (port, byte) => {
        this.note(this.executing, TraceKind.serialOutput, (port << 8) | byte, 0);
        this.hooks.onSerial?.(port, byte);
      },
      trace: (cpu, kind, low, high) => this.note(cpu, kind, low, high),
      unmodelledAccess: (cpu, pa, width, isWrite) => this.#noteUnmodelled(cpu, isWrite ? 'write' : 'read', pa, width),
    });
    const host = this.#makeHost();
    this.cpus = Array.from({ length: CPU_COUNT }, (_, index) => this.#makeCpu(index, host));
    Object.assign(host, { cpus: this.cpus });
    this.interpreter = new Interpreter(
      this.memory,
      {
        cpus: this.cpus,
        fetch: (cpu) => this.#fetch(cpu),
        decoding: (page) => this.#markCode(page),
        hasBreakpoint: (page, word) => this.#breakpoints.get(page)?.has(word) ?? false,
        breakpoint: (cpu, page, word) => this.#atBreakpoint(cpu, page + 4 * word),
        guestBreakpoint: (cpu) => this.#guestDebug.atBreakpoint(cpu),
        sample: (record) => this.translator.sample(record),
      },
      profile,
    );
    this.translator = new Translator(this.interpreter, {
      hasBreakpoint: (page, word) => this.#breakpoints.get(page)?.has(word) ?? false,
    });
    this.reset();
  }

  /** Cold reset: RAM keeps its contents; CPU 0 waits to be given an entry point, the others are off. */
  reset(): void {
    this.clock.restore(new Clock().save());
    for (const cpu of this.cpus) {
      resetCpuState(cpu.state, 0n, 0n);
      this.powered[cpu.index] = false;
      this.#guestDebug.changed(cpu);
    }
    this.board.reset();
    this.mmu.reset(this.cpus);
    this.dropCode();
  }

  /** Starts CPU 0 at EL2 with X0 given, as the boot loader would. */
  start(entry: bigint, x0: bigint): void {
    this.#powerUp(0, entry, x0);
  }

  /** Virtual time of a CPU in ns, exact to the instruction also while it executes. */
  now(cpu: number): number {
    const base = this.clock.time[cpu];
    return cpu === this.#executing ? base + this.#granted - this.cpus[cpu].state.get(BUDGET) : base;
  }

  /** The CPU that is executing; 0 when none is. */
  get executing(): number {
    return Math.max(0, this.#executing);
  }

  /** Instructions retired by all CPUs, exact also while one executes. */
  get instructions(): number {
    const { instructions } = this.clock;
    if (this.#executing < 0) return instructions;
    return instructions + this.#granted - this.cpus[this.#executing].state.get(BUDGET);
  }

  /** Makes `run` return after the instruction that is executing. */
  requestStop(result: RunResult = 'stopped'): void {
    this.#stop = result;
    this.#cutBudget();
  }

  /** Retires exactly `count` more instructions (all CPUs together), unless something stops it. */
  run(count: number): RunResult {
    const { clock } = this;
    const target = clock.instructions + count;
    this.#stop = undefined;
    while (clock.instructions < target) {
      if (clock.turn >= CPU_COUNT && !this.#openWindow()) return 'idle';
      if (this.#runTurn(this.cpus[clock.turn], target)) this.#endTurn();
      if (this.#stop) return this.#stop;
    }
    return 'done';
  }

  /** Adds a breakpoint on the instruction at a linear RAM address, or takes one of them away. */
  setBreakpoint(address: number, present: boolean): void {
    const page = (address & ~0xfff) >>> 0;
    const word = (address & 0xfff) >>> 2;
    const words = this.#breakpoints.get(page) ?? new Map<number, number>();
    const count = (words.get(word) ?? 0) + (present ? 1 : -1);
    if (count > 0) words.set(word, count);
    else words.delete(word);
    if (words.size) this.#breakpoints.set(page, words);
    else this.#breakpoints.delete(page);
    this.translator.invalidate(page, word, word + 1);
    const record = this.interpreter.pool.record(page, word);
    if (record) this.interpreter.pool.forget(record);
  }

  /** Forgets all decoded code (RAM was replaced). */
  dropCode(): void {
    this.translator.reset();
    for (const page of this.interpreter.pool.reset()) this.bytes[PAGE_FLAGS + pageIndex(page)] &= ~PageFlag.hasCode;
    for (const cpu of this.cpus) this.mmu.flushFetch(cpu);
  }

  /** The state of the CPUs was replaced; `translations` is what the MMU had saved, if anything. Throws `StateError`. */
  stateReplaced(translations: Plain = null): void {
    this.mmu.reset(this.cpus);
    for (const cpu of this.cpus) this.#guestDebug.changed(cpu);
    this.dropCode();
    if (translations !== null) this.mmu.restore(this.cpus, translations);
  }

  #openWindow(): boolean {
    const { clock } = this;
    if (this.cpus.some((cpu) => this.powered[cpu.index] && this.#canRun(cpu))) {
      clock.nextWindow();
      return true;
    }
    const deadline = Math.min(...this.cpus.map((cpu) => this.#nextDeadline(cpu)));
    if (deadline === Infinity) return false;
    clock.nextWindow(deadline);
    return true;
  }

  /** When something happens to a CPU by itself: a timer, or an event while it sleeps in WFE. */
  #nextDeadline(cpu: Cpu): number {
    const timers = this.board.nextDeadline(cpu.index);
    const isWaiting = cpu.state.get(SLEEP) === 2 && this.powered[cpu.index];
    return isWaiting ? Math.min(timers, nextStreamEvent(cpu)) : timers;
  }

  #canRun(cpu: Cpu): boolean {
    return cpu.state.get(SLEEP) === 0 || shouldWake(cpu);
  }

  /** Runs one CPU through its part of the window. False when it was stopped before the end. */
  #runTurn(cpu: Cpu, target: number): boolean {
    const { clock, board } = this;
    const { index } = cpu;
    const end = clock.windowEnd;
    clock.time[index] = Math.max(clock.time[index], clock.windowStart);
    for (;;) {
      const now = clock.time[index];
      if (board.nextDeadline(index) <= now) board.update(index, now);
      const deadline = this.#nextDeadline(cpu);
      if (!this.powered[index] || cpu.state.get(SLEEP) !== 0) {
        if (!this.#tryWake(cpu)) {
          if (deadline >= end) {
            clock.time[index] = end;
            return true;
          }
          clock.time[index] = Math.max(now, deadline);
          board.update(index, clock.time[index]);
          continue;
        }
        continue;
      }
      if (nextOverflow(cpu) <= now) syncPmu(cpu);
      const raisedAt = clock.raisedAt[index];
      takeDue(cpu, raisedAt <= now);
      if (this.#stop) return false;
      if (now >= end) return true;
      let limit = Math.min(end, deadline, nextOverflow(cpu));
      if (raisedAt > now) limit = Math.min(limit, raisedAt);
      const budget = Math.min(limit - now, target - clock.instructions);
      const stepping = stepState(cpu) === StepState.activeNotPending;
      const isWatched = index === this.watchedCpu;
      const isAnywhere = this.#guestDebug.isAnywhere(cpu);
      if (isAnywhere) this.#guestDebug.takeAnywhere(cpu);
      if (isWatched) this.hooks.onInstruction?.(cpu);
      const isSingle = stepping || isWatched || isAnywhere || index === this.steppedCpu;
      this.#execute(cpu, isSingle ? Math.min(budget, 1) : budget);
      if (stepping && clock.time[index] > now) finishStep(cpu);
      if (index === this.steppedCpu && clock.time[index] > now) this.#stop ??= 'stopped';
      if (this.#stop || clock.instructions >= target) return false;
    }
  }

  #tryWake(cpu: Cpu): boolean {
    if (!this.powered[cpu.index] || !shouldWake(cpu)) return false;
    const { clock } = this;
    clock.time[cpu.index] = Math.max(clock.time[cpu.index], Math.min(clock.raisedAt[cpu.index], clock.windowEnd));
    wake(cpu);
    return true;
  }

  #execute(cpu: Cpu, budget: number): void {
    const { clock } = this;
    this.#executing = cpu.index;
    this.#granted = budget;
    cpu.state.set(BUDGET, budget);
    this.interpreter.run(cpu);
    const executed = this.#granted - cpu.state.i32[BUDGET >>> 2];
    this.#executing = -1;
    clock.time[cpu.index] += executed;
    clock.instructions += executed;
  }

  /** Store-exclusives of other CPUs may come between now and this CPU's next turn: its monitor opens, which is an event for WFE. */
  #endTurn(): void {
    const { state } = this.cpus[this.clock.turn++];
    if (state.get(EXCLUSIVE_SIZE) === 0) return;
    state.set(EXCLUSIVE_SIZE, 0);
    state.set(EVENT, 1);
  }

  /** Ends the executing CPU's grant after the current instruction; time stays exact. */
  #cutBudget(): void {
    if (this.#executing < 0) return;
    const { state } = this.cpus[this.#executing];
    this.#granted -= state.i32[BUDGET >>> 2];
    state.set(BUDGET, 0);
  }

  #setLines(index: number, lines: number): void {
    const { state } = this.cpus[index];
    const raised = lines & ~state.get(LINES);
    state.set(LINES, lines);
    if (!raised) return;
    if (index === this.#executing) this.#cutBudget();
    this.clock.raisedAt[index] = this.#executing < 0 ? this.clock.time[index] : this.now(this.#executing);
  }

  #deadlineChanged(index: number): void {
    if (index === this.#executing) this.#cutBudget();
  }

  /** Finds or makes the records of the page that PC is in, and remembers them in the fetch TLB. */
  #fetch(cpu: Cpu): number {
    const { state } = cpu;
    const lo = state.get(PC);
    if (state.get(IL) !== 0) return this.#taken(exceptions.illegalState(cpu));
    if (lo & 3) return this.#taken(exceptions.pcAlignment(cpu));
    const page = this.mmu.fetch(cpu);
    if (page === 0) return 0;
    this.hooks.onFetch?.(cpu, page);
    this.#guestDebug.fetched(cpu, page);
    const records = this.#recordsOf(page);
    const entry = (state.get(FETCH_TLB) + fetchOffset(lo)) >>> 2;
    const words = this.mmu.core.words;
    words[entry] = lo & ~0xfff;
    words[entry + 1] = state.u32[(PC >>> 2) + 1];
    words[entry + 2] = records;
    return records;
  }

  #taken(_status: Status): 0 {
    return 0;
  }

  #recordsOf(page: number): number {
    const { pool } = this.interpreter;
    const known = pool.find(page);
    if (known) return known;
    if (pool.isFull) this.dropCode();
    return pool.allocate(page);
  }

  #markCode(page: number): void {
    const flags = PAGE_FLAGS + pageIndex(page);
    this.#codeStores[pageIndex(page)] = 0;
    if (this.bytes[flags] & PageFlag.hasCode) return;
    this.bytes[flags] |= PageFlag.hasCode;
    this.mmu.removeWriteTags(page);
  }

  #atBreakpoint(cpu: Cpu, linear: number): boolean {
    if (!this.hooks.onBreakpoint?.(cpu, linear)) return false;
    this.#stop = 'stopped';
    return true;
  }

  #makeCpu(index: number, host: CpuHost): Cpu {
    const state = new CpuState(this.memory.buffer, index);
    return { index, state, memory: this.memory.buffer, mmu: this.mmu, sys: systemRegisters, exceptions, host };
  }

  #makeHost(): CpuHost {
    const psci = this.#makePsci();
    return {
      cpus: [],
      timers: this.board.timers,
      now: (cpu) => this.now(cpu.index),
      firmware: (cpu) => firmwareCall(cpu, psci),
      busRead: (cpu, pa, width) => this.board.bus.read(cpu.index, pa, width),
      busWrite: (cpu, pa, width, value) => this.board.bus.write(cpu.index, pa, width, value),
      trace: (cpu, kind, low, high) => this.#trace(cpu, kind, low, high),
      pmuChanged: (cpu, interrupt) => {
        this.board.setPmuInterrupt(cpu.index, interrupt);
        this.#deadlineChanged(cpu.index);
      },
      debugChanged: (cpu) => this.#guestDebug.changed(cpu),
      codeWritten: (linear) => this.#codeWritten(linear),
      unmodelled: (cpu, what) => this.#noteUnmodelled(cpu.index, what),
    };
  }

  /** Into the ring; the hook sees what the CPUs themselves do. */
  #trace(cpu: Cpu, kind: number, low: number, high: number): void {
    this.traceRing.write(cpu, kind, this.now(cpu.index), this.instructions, low, high);
    const { onTrace } = this.hooks;
    if (onTrace && kind <= LAST_HOOKED_KIND) onTrace(cpu, kind, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
  }

  /** Writes an event that is not a CPU's own into the trace: a stop, a probe, a switch that awareness saw. */
  note(cpu: number, kind: TraceKind, low: number, high: number): void {
    this.traceRing.write(this.cpus[cpu], kind, this.now(cpu), this.instructions, low, high);
  }

  #makePsci(): PsciHost {
    return {
      isCpuOn: (index) => this.powered[index],
      startCpu: (index, entry, contextId) => this.#powerUp(index, entry, contextId),
      stopCpu: (index) => {
        this.powered[index] = false;
        this.#cutBudget();
      },
      systemOff: () => this.requestStop('off'),
      systemReset: () => this.requestStop('reset'),
    };
  }

  /** A CPU comes up at the time of the one that called. */
  #powerUp(index: number, entry: bigint, x0: bigint): void {
    const { state } = this.cpus[index];
    const lines = state.get(LINES);
    resetCpuState(state, entry, x0);
    state.set(LINES, lines);
    pmuChanged(this.cpus[index]);
    this.mmu.reset([this.cpus[index]]);
    this.#guestDebug.changed(this.cpus[index]);
    this.powered[index] = true;
    this.clock.time[index] = Math.max(this.clock.time[index], this.now(Math.max(0, this.#executing)));
  }

  /**
   * A store to a code page. Only the instructions near it are decoded anew, and the page stays code, because patching comes in runs among execution;
   * after many stores with nothing decoded in between it is data.
   */
  #codeWritten(linear: number): void {
    const page = (linear & ~0xfff) >>> 0;
    const index = pageIndex(page);
    const { pool } = this.interpreter;
    if (++this.#codeStores[index] < DATA_AFTER) {
      const word = (linear & 0xfc0) >>> 2;
      this.translator.invalidate(page, word, word + 32);
      pool.forgetWords(page, word, Math.min(word + 32, RECORDS_PER_PAGE));
      return;
    }
    this.bytes[PAGE_FLAGS + index] &= ~PageFlag.hasCode;
    this.translator.invalidate(page, 0, RECORDS_PER_PAGE);
    pool.invalidate(page);
  }

  #noteUnmodelled(index: number, what: string, address?: number, width?: Width): void {
    const { state } = this.cpus[index];
    const vmid = (state.get(Reg.VTTBR_EL2 + 4) >>> 16) & 0xff;
    this.unmodelled.note({ what, address, width, pc: state.pc, el: state.get(EL), vmid });
  }
}
