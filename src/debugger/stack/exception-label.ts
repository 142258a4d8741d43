/** What a boundary between exception levels is called. */
import { ExceptionClass, exceptionClassName } from '../../arch/esr.ts';

/** The exception by the entry code's symbol and, for synchronous ones, by its syndrome. */
export function exceptionLabel(symbol: string, esr: bigint | undefined): string {
  if (/irq/i.test(symbol)) return 'IRQ';
  if (/fiq/i.test(symbol)) return 'FIQ';
  if (/serror|_error/i.test(symbol)) return 'SError';
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
