/** What the machine is doing, sampled at the pace of a display. */
import type { TerminalId } from './pack.ts';

/** Exception level. */
export type ExceptionLevel = 0 | 1 | 2 | 3;

/** What took a pCPU from one exception level to another. */
export type TransitionKind = 'SVC' | 'HVC' | 'SMC' | 'IRQ' | 'FIQ' | 'ABORT' | 'WFI' | 'MSR' | 'TRAP' | 'ERET';

/** One change of exception level. */
export interface Transition {
  readonly kind: TransitionKind;
  readonly from: ExceptionLevel;
  readonly to: ExceptionLevel;
  /** Domain whose context it happened in; null when no domain is loaded. */
  readonly domain: number | null;
  /** How many of this kind in this direction since the last sample. */
  readonly count: number;
}

/** One pCPU at the moment of a sample. */
export interface CpuStatus {
  readonly cpu: number;
  readonly state: 'running' | 'sleeping' | 'off';
  readonly el: ExceptionLevel;
  readonly pc: bigint;
  readonly vmid: number;
  readonly asid: number;
  /** Domain whose stage 2 is loaded, also while Xen works on its behalf at EL2; null for none (idle, early boot). */
  readonly domain: number | null;
  readonly vcpu: number | null;
  /** The guest's current task, when its kernel's symbols are known. */
  readonly task: { readonly pid: number; readonly comm: string } | null;
  /** `do_xen_version+0x14`, when symbols are known. */
  readonly symbol: string | null;
  /** Most recent last. */
  readonly transitions: readonly Transition[];
}

/** A sample of the whole machine. */
export interface MachineStatus {
  readonly running: boolean;
  /** Retired instructions, all CPUs together. */
  readonly instructions: number;
  /** Virtual time in nanoseconds since reset. */
  readonly virtualTime: number;
  /** Million instructions per second of real time, over the last second; 0 while paused. */
  readonly mips: number;
  readonly cpus: readonly CpuStatus[];
}

/** A long-running operation, for the progress bar. */
export interface Progress {
  /** What is being done: `Loading the boot snapshot`. */
  readonly title: string;
  /** Where it has got to: `Dom0 reached its prompt`. */
  readonly detail: string;
  /** 0 to 1; null when the end is not known. */
  readonly fraction: number | null;
}

/** An access outside the model, counted. */
export interface Unmodelled {
  /** `read 4 at PA:0xff180308`. */
  readonly what: string;
  readonly count: number;
  /** The first one: where it was and who did it. */
  readonly pc: bigint;
  readonly cpu: number;
  readonly domain: number | null;
}

/** Bytes that a console printed. */
export interface ConsoleOutput {
  readonly terminal: TerminalId;
  readonly bytes: Uint8Array;
}
