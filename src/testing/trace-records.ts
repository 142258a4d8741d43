/** Makes records of the trace by hand, for tests. */
import { RECORD_WORDS, TraceKind } from '../base/trace-record.ts';

/** A record; what is left out is 0. Times and instructions in whole numbers. */
export interface RecordParts {
  readonly kind: TraceKind;
  readonly time: number;
  readonly cpu?: number;
  readonly el?: number;
  readonly vmid?: number;
  readonly asid?: number;
  readonly pc?: bigint;
  readonly low?: number;
  readonly high?: number;
  readonly instructions?: number;
}

function traceRecord(parts: RecordParts): Uint32Array {
  const { kind, time, cpu = 0, el = 0, vmid = 0, asid = 0, pc = 0n, low = 0, high = 0, instructions = time } = parts;
  const words = new Uint32Array(RECORD_WORDS);
  words[0] = time;
  words[1] = (time / 2 ** 32) | (asid << 16);
  words[2] = instructions;
  words[3] = (instructions / 2 ** 32) | (kind << 14) | (cpu << 20) | (el << 22) | (vmid << 24);
  words[4] = Number(pc & 0xffff_ffffn);
  words[5] = Number((pc >> 32n) & 0xffff_ffffn);
  words[6] = low;
  words[7] = high;
  return words;
}

/** Several records in one piece. */
export function traceRecords(list: readonly RecordParts[]): Uint32Array {
  const words = new Uint32Array(list.length * RECORD_WORDS);
  for (const [index, parts] of list.entries()) words.set(traceRecord(parts), index * RECORD_WORDS);
  return words;
}

/** ESR of a hypercall, and of SVC #0. */
export const ESR_HYPERCALL = 0x5a00_0ea1;
export const ESR_SVC = 0x5600_0000;

/** A synchronous exception and its detail. */
export function exception(
  where: Pick<RecordParts, 'time' | 'cpu' | 'el' | 'vmid'>,
  target: number,
  esr: number,
  low = 0,
  high = 0,
): RecordParts[] {
  return [
    { ...where, kind: TraceKind.exceptionEntry, low: esr, high: target },
    { ...where, kind: TraceKind.exceptionDetail, low, high },
  ];
}

/** ERET from `el` to `target`. */
export function exceptionReturn(where: Pick<RecordParts, 'time' | 'cpu' | 'el' | 'vmid'>, target: number): RecordParts {
  return { ...where, kind: TraceKind.exceptionReturn, high: target << 24 };
}
