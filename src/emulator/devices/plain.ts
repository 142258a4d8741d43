/** Reading back what a device saved: every wrong shape is a `StateError`. */
import { StateError, type Plain } from './device.ts';

/** The fields of a saved object. */
export function record(state: Plain): { readonly [key: string]: Plain } {
  if (typeof state !== 'object' || state === null || Array.isArray(state))
    throw new StateError('an object is expected');
  return state as { readonly [key: string]: Plain };
}

/** An array of numbers, of the given length when one is given. */
export function numbers(state: Plain | undefined, length?: number): number[] {
  if (!Array.isArray(state)) throw new StateError('a list of numbers is expected');
  if (length !== undefined && state.length !== length) throw new StateError(`a list of ${length} numbers is expected`);
  return state.map(number);
}

/** One number. */
export function number(state: Plain | undefined): number {
  if (typeof state !== 'number' || !Number.isFinite(state)) throw new StateError('a number is expected');
  return state;
}

/** A saved list whose elements are read by `read`. */
export function list<T>(state: Plain | undefined, length: number, read: (element: Plain) => T): T[] {
  if (!Array.isArray(state) || state.length !== length) throw new StateError(`a list of ${length} is expected`);
  return state.map(read);
}

/** 64-bit values are saved as decimal strings. */
export function bigint(state: Plain | undefined): bigint {
  if (typeof state !== 'string' || !/^\d{1,20}$/.test(state)) throw new StateError('a 64-bit number is expected');
  return BigInt.asUintN(64, BigInt(state));
}
