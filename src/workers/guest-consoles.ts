/** The consoles of a running machine: what each domain prints, and typing to them, logged with the instruction count. */
import { ConsoleInput, type ConsoleInputState } from '../awareness/console-input.ts';
import { ConsoleTap, type ConsoleId, type TappedCpu } from '../awareness/consoles.ts';
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { EL, SLOT_SP } from '../emulator/cpu/state.ts';
import { Reg } from '../emulator/cpu/system-registers/offsets.ts';
import type { Plain } from '../emulator/devices/device.ts';
import type { Machine, RunResult } from '../emulator/machine.ts';
import { ramOffset } from '../emulator/memory-layout.ts';
import { captureRegisters } from '../emulator/mmu/contexts.ts';
import { regimeRegisters } from '../emulator/mmu/regime.ts';
import { translate } from '../emulator/mmu/translate.ts';
import { TraceKind } from '../emulator/trace-events.ts';

/** Serial port that is Xen's console. */
const CONSOLE_PORT = 0;
const PAGE = 4096;
/** Bytes of each console that are kept, for whoever looks at it later. */
const RECENT = 16_384;

/** Bytes that were put on the physical line, and when. */
export interface InputLogEntry {
  /** Instructions that all CPUs together had retired. */
  readonly instructions: number;
  readonly bytes: readonly number[];
}

export class GuestConsoles {
  /** Everything that ever went into the machine: with the same log the same machine does the same. */
  readonly inputLog: InputLogEntry[] = [];
  private readonly cpus: readonly MachineCpu[];
  private readonly tap: ConsoleTap;
  private readonly input: ConsoleInput;
  private hasMoved = false;
  /** The last bytes of each console, as characters 0 to 255. */
  private readonly recent = new Map<ConsoleId, string>();

  /**
   * Takes its place among the machine's hooks. `onOutput` gets what each console prints, in the midst of the machine's run. `domidOf` tells whose VMID it
   * is; Xen numbers them in the order in which it creates domains at boot.
   */
  constructor(
    private readonly machine: Machine,
    private readonly onOutput: (console: ConsoleId, bytes: Uint8Array) => void,
    domidOf: (vmid: number) => number | undefined = (vmid) => (vmid > 0 ? vmid - 1 : undefined),
  ) {
    this.cpus = machine.cpus.map((cpu) => new MachineCpu(cpu));
    this.tap = new ConsoleTap(domidOf, (console, bytes) => this.printed(console, bytes));
    this.input = new ConsoleInput((bytes) => this.send(bytes));
    this.hook();
  }

  /** Types into a console; switches Xen's input there first when needed. Between runs only. */
  type(console: ConsoleId, text: string): void {
    this.input.type(console, new TextEncoder().encode(text));
    this.input.pump();
  }

  /** Whether all that was typed has been put on the line. */
  get isIdle(): boolean {
    return !this.input.isPending;
  }

  /**
   * `Machine.run` for a machine that people type to: input that waited for Xen's console switch goes on at the exact instruction. Comes back early with
   * 'stopped' when somebody else asked the machine to stop.
   */
  run(count: number): RunResult {
    const { machine } = this;
    const target = machine.instructions + count;
    for (;;) {
      this.hasMoved = false;
      const result = machine.run(target - machine.instructions);
      if (result !== 'stopped' || !this.hasMoved) return result;
      this.input.pump();
      if (this.isStopWanted) return result;
      if (machine.instructions >= target) return 'done';
    }
  }

  /** Set by others that ask for a stop while an output is delivered; `run` then comes back. */
  isStopWanted = false;

  /** What the consoles printed last, also before the snapshot that was loaded. */
  recentOutput(): { readonly console: ConsoleId; readonly bytes: Uint8Array }[] {
    const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
    return [...this.recent].map(([console, text]) => ({ console, bytes: bytesOf(text) }));
  }

  /** The machine was reset: nothing is known of the consoles. */
  reset(): void {
    this.tap.reset();
    this.inputLog.length = 0;
    this.recent.clear();
    this.input.restore({ focus: null, isSwitching: false, line: '', waiting: [] });
  }

  /** What must be in a snapshot beside the machine. */
  save(): Plain {
    const { inputLog } = this;
    return JSON.parse(JSON.stringify({ input: this.input.save(), inputLog, recent: [...this.recent] })) as Plain;
  }

  /** Takes what `save` gave; anything else leaves the consoles as after a reset. */
  restore(state: Plain): void {
    this.reset();
    if (!isSaved(state)) return;
    this.input.restore(state.input);
    this.inputLog.push(...state.inputLog);
    for (const [console, text] of state.recent ?? []) this.recent.set(console, text);
  }

  /** The input log in what `save` gave; empty when it is something else. */
  static inputLogOf(state: Plain): readonly InputLogEntry[] {
    return isSaved(state) ? state.inputLog : [];
  }

  /** Puts bytes on the line as they are. Between runs only. */
  send(bytes: Uint8Array): void {
    this.inputLog.push({ instructions: this.machine.instructions, bytes: [...bytes] });
    this.machine.board.uarts[CONSOLE_PORT].receive(bytes);
  }

  private printed(console: ConsoleId, bytes: Uint8Array): void {
    if (console === 'xen' && this.input.xenPrinted(bytes) && this.input.isPending) {
      // The line takes input only between instructions.
      this.hasMoved = true;
      this.machine.requestStop();
    }
    const text = String.fromCharCode(...bytes.subarray(-RECENT));
    this.recent.set(console, ((this.recent.get(console) ?? '') + text).slice(-RECENT));
    this.onOutput(console, bytes);
  }

  private hook(): void {
    const { hooks } = this.machine;
    const { onTrace, onSerial } = hooks;
    hooks.onTrace = (cpu, kind, argument) => {
      onTrace?.(cpu, kind, argument);
      this.traced(this.cpus[cpu.index], kind, argument);
    };
    hooks.onSerial = (port, byte) => {
      onSerial?.(port, byte);
      if (port === CONSOLE_PORT) this.tap.serialByte(this.cpus[this.machine.executing], byte);
    };
  }

  private traced(cpu: TappedCpu, kind: number, argument: bigint): void {
    if (kind === TraceKind.exceptionEntry) {
      this.tap.exceptionEntry(cpu, Number(argument & 0xffff_ffffn), Number((argument >> 32n) & 3n));
    } else if (kind === TraceKind.interruptEntry) {
      this.tap.interruptEntry(cpu, Number((argument >> 32n) & 3n));
    } else if (kind === TraceKind.exceptionReturn) {
      this.tap.exceptionReturn(cpu, Number((argument >> 56n) & 3n));
    }
  }
}

interface Saved {
  readonly input: ConsoleInputState;
  readonly inputLog: readonly InputLogEntry[];
  /** Absent in states of older versions. */
  readonly recent?: readonly (readonly [ConsoleId, string])[];
}

function isSaved(state: unknown): state is Saved {
  return typeof state === 'object' && state !== null && 'input' in state && 'inputLog' in state;
}

/** A CPU of the machine as the tap sees it. */
class MachineCpu implements TappedCpu {
  private readonly registers = regimeRegisters({});

  constructor(private readonly cpu: Cpu) {}

  get index(): number {
    return this.cpu.index;
  }
  get el(): number {
    return this.cpu.state.get(EL);
  }
  get pc(): bigint {
    return this.cpu.state.pc;
  }
  get sp(): bigint {
    return this.cpu.state.x(SLOT_SP);
  }
  get spEl2(): bigint {
    return this.cpu.state.get64(Reg.SP_EL2);
  }
  get vmid(): number {
    return (this.cpu.state.get(Reg.VTTBR_EL2 + 4) >>> 16) & 0xff;
  }
  get faultIpa(): bigint {
    const page = this.cpu.state.get64(Reg.HPFAR_EL2) >> 4n;
    return (page << 12n) | (this.cpu.state.get64(Reg.FAR_EL2) & 0xfffn);
  }
  x(n: number): bigint {
    return this.cpu.state.x(n);
  }

  readGuest(va: bigint, length: number): Uint8Array {
    captureRegisters(this.cpu.state, 1, this.registers);
    const out = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const at = va + BigInt(done);
      const offset = Number(at & BigInt(PAGE - 1));
      const count = Math.min(PAGE - offset, length - done);
      const from = this.linear(at);
      if (from === 0) return out.subarray(0, done);
      out.set(new Uint8Array(this.cpu.memory, from, count), done);
      done += count;
    }
    return out;
  }

  /** Where a guest's virtual address lies in the machine's memory; 0 when it is not mapped to RAM. */
  private linear(va: bigint): number {
    const found = translate(this.cpu.memory, { registers: this.registers, el: 1 }, va);
    return found.ok ? ramOffset(found.value.pa) : 0;
  }
}
