/** Catchpoints: stops at exceptions taken and returned from, filtered by where they come from. */
import { ExceptionClass } from '../../arch/esr.ts';
import type { Cpu } from '../cpu/cpu.ts';
import { EL } from '../cpu/state.ts';
import { TraceKind } from '../trace-events.ts';
import { type ContextFilter, fits } from './filter.ts';

/** What kind of exception; `any` is every entry. */
export type CatchKind =
  | 'SVC'
  | 'HVC'
  | 'SMC'
  | 'IRQ'
  | 'FIQ'
  | 'SError'
  | 'ERET'
  | 'dataAbort'
  | 'instructionAbort'
  | 'undefined'
  | 'synchronous'
  | 'any';

/** What to stop at. */
export interface CatchRequest {
  readonly kind: CatchKind;
  /** ESR EC, with kind `synchronous`. */
  readonly ec?: number;
  /** Immediate of SVC, HVC and SMC. */
  readonly immediate?: number;
  /** Level the exception goes or returns to. */
  readonly target?: number;
  /** Context the exception comes from. */
  readonly filter: ContextFilter;
}

/** An exception entry or return, as it is about to happen. */
export interface ExceptionEvent {
  readonly kind: 'synchronous' | 'interrupt' | 'return' | 'firmware';
  readonly cpu: number;
  /** Levels before and after. */
  readonly from: number;
  readonly target: number;
  /** ESR of a synchronous exception or SError, else 0. */
  readonly esr: number;
  /** Offset from VBAR: 0x400 is a synchronous one from a lower level. */
  readonly vector: number;
  /** Of an interrupt: a virtual one. */
  readonly isVirtual: boolean;
  /** PC before: the preferred return address of an exception. */
  readonly pc: bigint;
}

/** Vector groups repeat each 0x200; the kind is in these bits. */
const VECTOR_KIND = 0x180;
const VECTOR_NAMES: Readonly<Record<number, CatchKind>> = { 0x80: 'IRQ', 0x100: 'FIQ', 0x180: 'SError' };
const CLASS_NAMES: Readonly<Record<number, CatchKind>> = {
  [ExceptionClass.svc]: 'SVC',
  [ExceptionClass.hvc]: 'HVC',
  [ExceptionClass.smc]: 'SMC',
  [ExceptionClass.dataAbortLower]: 'dataAbort',
  [ExceptionClass.dataAbortSame]: 'dataAbort',
  [ExceptionClass.instructionAbortLower]: 'instructionAbort',
  [ExceptionClass.instructionAbortSame]: 'instructionAbort',
  [ExceptionClass.unknown]: 'undefined',
};

/** Reads a trace event; undefined when it is neither an exception entry nor a return. */
export function exceptionEvent(cpu: Cpu, kind: number, argument: bigint): ExceptionEvent | undefined {
  const common = { cpu: cpu.index, from: cpu.state.get(EL), pc: cpu.state.pc, esr: 0, vector: 0, isVirtual: false };
  switch (kind) {
    case TraceKind.exceptionEntry:
      return { ...common, ...entryFields(argument), kind: 'synchronous' };
    case TraceKind.interruptEntry:
      return {
        ...common,
        ...entryFields(argument),
        kind: 'interrupt',
        isVirtual: (argument >> 40n) & 1n ? true : false,
      };
    case TraceKind.exceptionReturn:
      return { ...common, kind: 'return', target: Number((argument >> 56n) & 3n) };
    case TraceKind.firmwareCall:
      return { ...common, kind: 'firmware', target: 3, esr: (ExceptionClass.smc << 26) >>> 0 };
    default:
      return undefined;
  }
}

function entryFields(argument: bigint): { esr: number; target: number; vector: number } {
  return {
    esr: Number(argument & 0xffff_ffffn),
    target: Number((argument >> 32n) & 3n),
    vector: Number((argument >> 48n) & 0xfffn),
  };
}

/** The name of an event's kind. */
function catchKindOf(event: ExceptionEvent): CatchKind {
  if (event.kind === 'return') return 'ERET';
  if (event.kind === 'interrupt') return VECTOR_NAMES[event.vector & VECTOR_KIND] ?? 'any';
  return CLASS_NAMES[event.esr >>> 26] ?? 'synchronous';
}

export class CatchpointTable {
  readonly #requests = new Map<number, CatchRequest>();

  get isEmpty(): boolean {
    return this.#requests.size === 0;
  }

  add(id: number, request: CatchRequest): void {
    this.#requests.set(id, request);
  }

  remove(id: number): boolean {
    return this.#requests.delete(id);
  }

  /** Catchpoints that an event hits. */
  hits(cpu: Cpu, event: ExceptionEvent): number[] {
    const hit: number[] = [];
    for (const [id, request] of this.#requests) if (matches(request, event) && fits(request.filter, cpu)) hit.push(id);
    return hit;
  }
}

function matches(request: CatchRequest, event: ExceptionEvent): boolean {
  if (request.target !== undefined && request.target !== event.target) return false;
  if (request.immediate !== undefined && request.immediate !== (event.esr & 0xffff)) return false;
  if (request.ec !== undefined && (event.kind !== 'synchronous' || request.ec !== event.esr >>> 26)) return false;
  if (request.kind === 'any') return event.kind !== 'return';
  if (request.kind === 'synchronous') return event.kind === 'synchronous';
  return request.kind === catchKindOf(event);
}
