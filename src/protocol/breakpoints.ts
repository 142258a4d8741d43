/** Breakpoints of every kind. The person's list lives in the client; the session binds it and reports each one's state. */
import type { AddressSpace, Location } from './address.ts';
import type { Scope } from './target.ts';

/** Exceptions that can be stopped at. */
export const EXCEPTION_KINDS = [
  'SVC',
  'HVC',
  'SMC',
  'IRQ',
  'FIQ',
  'SError',
  'ERET',
  'dataAbort',
  'instructionAbort',
  'undefined',
  'any',
] as const;
export type ExceptionKind = (typeof EXCEPTION_KINDS)[number];

/** Where a breakpoint stops. */
export type BreakpointPlace =
  | { readonly kind: 'address'; readonly location: Location }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'line'; readonly path: string; readonly line: number }
  | {
      readonly kind: 'data';
      /** Address space watched; who may trigger it is the breakpoint's scope, a separate question. */
      readonly location: Location;
      /** Bytes. */
      readonly size: number;
      readonly access: 'read' | 'write' | 'readWrite' | 'change';
    }
  | {
      readonly kind: 'exception';
      readonly exception: ExceptionKind;
      /** Immediate of SVC, HVC or SMC, or hypercall number (X16) when Xen's own immediate 0xEA1 is meant. */
      readonly immediate?: number;
    };

/** A breakpoint as the person wants it. */
export interface BreakpointSpec {
  /** Chosen by the client, stable over restarts. */
  readonly id: string;
  readonly enabled: boolean;
  readonly place: BreakpointPlace;
  readonly scope: Scope;
  /** C expression that must be non-zero. */
  readonly condition?: string;
  /** Stops at the n-th hit and after. */
  readonly hitCount?: number;
  /** Prints instead of stopping; expressions in braces. */
  readonly logMessage?: string;
}

/** What became of it. */
export interface BreakpointState {
  readonly id: string;
  readonly state: 'applied' | 'pending' | 'failed' | 'disabled';
  /** Why it is pending or failed; where it moved to, when it did. */
  readonly message?: string;
  readonly hits: number;
  /** Addresses it is bound to. */
  readonly locations: readonly Location[];
  /** Line it is bound to, when no line or another one was asked for. */
  readonly line?: number;
  /** File that it is bound to, as line tables name it; the person may have typed only its end. */
  readonly path?: string;
}

/** A message of a logpoint or of the machine, for the output view. */
export interface OutputMessage {
  readonly category: 'logpoint' | 'machine' | 'debugger';
  readonly severity: 'info' | 'warning' | 'error';
  readonly text: string;
  /** Instruction count at which it was made. */
  readonly instructions: number;
}

/** Spaces a data breakpoint or the memory view can be about. */
export type WatchableSpace = Exclude<AddressSpace, { kind: 'cpu' }>;
