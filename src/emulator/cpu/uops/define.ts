/** The registry of uop definitions: one for each row of the encoding table. */
import type { Fields } from '../../../arch/a64/encoding.ts';
import { SLOT_SINK, SLOT_SP, SLOT_ZERO, V, X } from '../state.ts';
import type { Operands, UopContext } from './context.ts';

export interface UopDefinition {
  /** Names the definition; rows that share it share its variants. */
  readonly name: string;
  /** What selects a variant: code is generated once for each distinct result. Small numbers only. */
  readonly statics: (f: Fields) => Fields;
  /** Operand values from an instruction's fields. */
  readonly operands: (f: Fields) => Operands;
  /** Generates the variant. */
  readonly emit: (c: UopContext, s: Fields) => void;
  /** Variants that are cases of the interpreter's main loop; the others are functions, made when first met. */
  readonly hot?: readonly Fields[];
  /** Uses SIMD&FP registers: access is checked first. */
  readonly fp?: boolean;
  /** May go elsewhere than to the next instruction: ends a translated block. */
  readonly ends?: boolean;
}

const definitions = new Map<string, UopDefinition>();

/** Defines what rows mean. `rows` are names of the encoding table; all of them share the definition. */
export function define(
  rows: string | readonly string[],
  definition: Omit<UopDefinition, 'name'> & { readonly name?: string },
): void {
  const names = typeof rows === 'string' ? [rows] : rows;
  const complete: UopDefinition = { ...definition, name: definition.name ?? names[0] };
  for (const row of names) {
    if (definitions.has(row)) throw new Error(`${row} is defined twice`);
    definitions.set(row, complete);
  }
}

/** The definition of a row, if there is one. */
export function definitionOf(row: string): UopDefinition | undefined {
  return definitions.get(row);
}

export function allDefinitions(): Iterable<UopDefinition> {
  return new Set(definitions.values());
}

/** Key of a variant. */
export function variantKey(definition: UopDefinition, statics: Fields): string {
  let key = definition.name;
  for (const name of Object.keys(statics)) key += `,${name}=${statics[name]}`;
  return key;
}

/** General register as a source: 31 is zero. */
export const xz = (number: number): number => X + 8 * (number === 31 ? SLOT_ZERO : number);
/** General register as a destination: 31 is discarded. */
export const xd = (number: number): number => X + 8 * (number === 31 ? SLOT_SINK : number);
/** General register where 31 is SP. */
export const xsp = (number: number): number => X + 8 * (number === 31 ? SLOT_SP : number);
/** SIMD&FP register. */
export const vreg = (number: number): number => V + 16 * number;

/** All combinations of the given values of each field: for `hot` lists. */
export function combinations(fields: Record<string, readonly number[]>): Fields[] {
  return Object.entries(fields).reduce<Fields[]>(
    (list, [name, values]) => list.flatMap((f) => values.map((value) => ({ ...f, [name]: value }))),
    [{}],
  );
}
