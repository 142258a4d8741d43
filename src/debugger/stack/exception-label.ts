/** What a boundary between exception levels is called. */
import { ExceptionClass, exceptionClassName } from '../../arch/esr.ts';
import type { EntryPlace } from './entry-code.ts';

/** Vectors of each group of a table, by bits 8:7 of the offset (Arm ARM table D1-7). */
const VECTORS = [undefined, 'IRQ', 'FIQ', 'SError'] as const;

/** The exception by the entry code's symbol (or the place in a vector table) and, for synchronous ones, by its syndrome. */
export function exceptionLabel(
  { symbol, offset }: Pick<EntryPlace, 'symbol' | 'offset'>,
  esr: bigint | undefined,
): string {
  if (/irq/i.test(symbol)) return 'IRQ';
  if (/fiq/i.test(symbol)) return 'FIQ';
  if (/serror|_error/i.test(symbol)) return 'SError';
  const vector = /vector/.test(symbol) ? VECTORS[(offset >> 7) & 3] : undefined;
  if (vector !== undefined) return vector;
  return esr === undefined ? 'exception' : syndromeLabel(Number(esr & 0xffff_ffffn));
}

/** `HVC #0xEA1`, `SVC #0`, or the name of the class. */
export function syndromeLabel(esr: number): string {
  const exceptionClass = esr >>> 26;
  const names: Readonly<Record<number, string>> = {
    [ExceptionClass.svc]: 'SVC',
    [ExceptionClass.hvc]: 'HVC',
    [ExceptionClass.smc]: 'SMC',
  };
  const name = names[exceptionClass];
  if (name === undefined) return exceptionClassName(exceptionClass);
  const immediate = esr & 0xffff;
  return `${name} #${immediate === 0 ? '0' : `0x${immediate.toString(16).toUpperCase()}`}`;
}
