/** WebAssembly value types and the byte codes of the binary format (WebAssembly Core Specification 2.0, chapter 5). */

export type ValType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** Binary codes of value types (5.3). */
export const valTypeCode: Record<ValType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A function's signature. At most one result: all that the core needs. */
export interface Signature {
  readonly params: readonly ValType[];
  readonly result?: ValType;
}
