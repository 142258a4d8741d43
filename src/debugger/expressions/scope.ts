/** What an expression can see. */
import type { TypeSummary } from '../symbols/type-reader.ts';
import type { Type, TypeRef } from '../symbols/types.ts';
import type { Value } from './value.ts';

/** A register as a value: `fields` are by name (`EC` of `ESR_EL2`). */
export interface RegisterValue {
  readonly name: string;
  readonly value: bigint;
  /** In bytes. */
  readonly size: number;
  readonly fields?: ReadonlyMap<string, { readonly low: number; readonly width: number }>;
}

/** Names, registers, types and memory of the place where an expression is evaluated. */
export interface ExpressionScope {
  /** A variable of the frame, a global, a function or a symbol; of `file` only when that is given. */
  variable(name: string, file?: string): Promise<Value | undefined>;
  /** A register by the name after `$`, in any case. */
  register(name: string): Promise<RegisterValue | undefined>;
  /** An enumerator, by any enumeration in sight. */
  enumerator(name: string): Promise<Value | undefined>;
  /** `struct domain`, `u64`. */
  type(name: string): Promise<Type | undefined>;
  /** The target of a pointer. */
  resolve(ref: TypeRef): Promise<Type>;
  /** What a pointer points to, as far as it decides how the pointer is shown. */
  summary(ref: TypeRef): Promise<TypeSummary>;
  /** The copy of per-CPU variable `name` that belongs to `cpu`. */
  perCpu(name: string, cpu: bigint): Promise<Value | undefined>;
  /** Rejects when the range cannot be read. */
  readMemory(address: bigint, length: number): Promise<Uint8Array>;
  writeMemory(address: bigint, bytes: Uint8Array): Promise<void>;
  /** Changes a register by its name. */
  writeRegister(name: string, value: bigint): Promise<void>;
  /** `function+offset` for a code address. */
  symbolize(address: bigint): Promise<string | undefined>;
}
