/** Which sizes an Advanced SIMD row has; the rest is UNALLOCATED. */
import type { Fields } from './encoding.ts';

type Where = (fields: Fields) => boolean;

/** All but a vector of one doubleword (size 3, Q 0). */
export const notOneDouble: Where = (f) => f.size !== 3 || f.Q === 1;
export const belowDouble: Where = (f) => f.size !== 3;
export const bytesOnly: Where = (f) => f.size === 0;
export const doubleOnly: Where = (f) => f.size === 3;
export const halfOrWord: Where = (f) => f.size === 1 || f.size === 2;
/** Floating point: no vector of one double. */
export const floatVector: Where = (f) => f.sz === 0 || f.Q === 1;
/** Across lanes: at least 4 elements. */
export const acrossLanes: Where = (f) => f.size < 2 || (f.size === 2 && f.Q === 1);

/** Three or two registers of one arrangement, in assembler syntax. */
export const VECTOR_3 = '{Vd.T}, {Vn.T}, {Vm.T}';
export const VECTOR_2 = '{Vd.T}, {Vn.T}';
export const SCALAR_3 = '{Sd}, {Sn}, {Sm}';
export const SCALAR_2 = '{Sd}, {Sn}';
