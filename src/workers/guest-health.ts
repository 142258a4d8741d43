/** Notices when a guest, or Xen itself, has died: it says so, or a CPU takes one and the same exception for ever. */
import { ExceptionClass } from '../arch/esr.ts';
import type { ConsoleId } from '../awareness/consoles.ts';
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { PC } from '../emulator/cpu/state.ts';
import { Reg } from '../emulator/cpu/system-registers/offsets.ts';
import type { Machine } from '../emulator/machine.ts';
import { TraceKind } from '../emulator/trace-events.ts';

/** What the dying say (Linux kernel/panic.c; Xen common/bug and arch/arm/traps.c). */
const LAST_WORDS: Readonly<Record<'xen' | 'domain', RegExp>> = {
  xen: /Panic on CPU \d+: .*|Xen BUG at .*|Assertion '.*' failed at .*/,
  domain: /Kernel panic - not syncing: .*/,
};
/** Xen gives the reason on the next line. */
const HALF_SAID = /Panic on CPU \d+:$/;
const MAX_LINE = 400;
/** So many times the same exception from the same place, with no other between, are no progress. */
const LOOP = 100_000;

/** Somebody's end. */
export interface Death {
  /** The console of the one that died. */
  readonly who: ConsoleId;
  /** What it said, or what is seen to happen. */
  readonly message: string;
}

/** The same exception, again and again. */
interface Repetition {
  pcLow: number;
  pcHigh: number;
  argument: bigint;
  count: number;
}

export class GuestHealth {
  private readonly byConsole = new Map<ConsoleId, Death>();
  private readonly lines = new Map<ConsoleId, string>();
  private readonly repetitions: readonly Repetition[];

  /** Takes its place among the machine's hooks. */
  constructor(
    machine: Machine,
    private readonly domidOf: (vmid: number) => number | undefined = (vmid) => (vmid > 0 ? vmid - 1 : undefined),
  ) {
    this.repetitions = machine.cpus.map(() => ({ pcLow: 0, pcHigh: 0, argument: -1n, count: 0 }));
    const { onTrace } = machine.hooks;
    machine.hooks.onTrace = (cpu, kind, argument) => {
      onTrace?.(cpu, kind, argument);
      if (kind === TraceKind.exceptionEntry) this.exception(cpu, argument);
    };
  }

  /** The end of whoever writes to `console`; Xen's end is everybody's. */
  deathOf(console: ConsoleId): Death | undefined {
    return this.byConsole.get(console) ?? this.byConsole.get('xen');
  }

  /** All that died, in the order in which they were noticed. */
  get deaths(): readonly Death[] {
    return [...this.byConsole.values()];
  }

  /** Looks at what a console prints. */
  printed(console: ConsoleId, bytes: Uint8Array): void {
    let line = this.lines.get(console) ?? '';
    for (const byte of bytes) {
      if (byte !== 10) {
        if (line.length < MAX_LINE) line += String.fromCharCode(byte);
        continue;
      }
      line = this.lookAt(console, line.trimEnd());
    }
    this.lines.set(console, line);
  }

  /** The machine was reset or another state loaded. */
  reset(): void {
    this.byConsole.clear();
    this.lines.clear();
    for (const repetition of this.repetitions) repetition.count = 0;
  }

  /** Looks at a line; what of it belongs with the next one. */
  private lookAt(console: ConsoleId, line: string): string {
    if (console === 'xen' && HALF_SAID.test(line)) return `${line} `;
    const found = (console === 'xen' ? LAST_WORDS.xen : LAST_WORDS.domain).exec(line);
    if (found) this.note({ who: console, message: found[0].replace(': (XEN) ', ': ') });
    return '';
  }

  private exception(cpu: Cpu, argument: bigint): void {
    const last = this.repetitions[cpu.index];
    const pc = PC >>> 2;
    const { u32 } = cpu.state;
    if (last.pcLow !== u32[pc] || last.pcHigh !== u32[pc + 1] || last.argument !== argument) {
      Object.assign(last, { pcLow: u32[pc], pcHigh: u32[pc + 1], argument, count: 0 });
      return;
    }
    if (++last.count === LOOP && isHopeless(cpu, argument)) this.noteLoop(cpu, argument);
  }

  private noteLoop(cpu: Cpu, argument: bigint): void {
    const domid = cpu.state.el === 2 ? undefined : this.domidOf((cpu.state.get(Reg.VTTBR_EL2 + 4) >>> 16) & 0xff);
    const syndrome = (argument & 0xffff_ffffn).toString(16);
    const message = `CPU ${cpu.index} takes the same exception for ever at 0x${cpu.state.pc.toString(16)} (ESR 0x${syndrome})`;
    this.note({ who: domid === undefined ? 'xen' : `d${domid}`, message });
  }

  private note(death: Death): void {
    if (!this.byConsole.has(death.who)) this.byConsole.set(death.who, death);
  }
}

/**
 * Taken to the level it comes from: a handler that faults in itself. Or code that stage 2 does not let be fetched, again and again: what Xen then has the
 * guest do is just as impossible. Other traps to a higher level, such as WFI or polling an emulated device, may well repeat.
 */
function isHopeless(cpu: Cpu, argument: bigint): boolean {
  const target = Number((argument >> 32n) & 3n);
  const exceptionClass = Number((argument >> 26n) & 0x3fn);
  return target === cpu.state.el || (target === 2 && exceptionClass === ExceptionClass.instructionAbortLower);
}
