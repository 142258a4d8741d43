/** All rows of the A64 encoding table, Armv8.0-A. */
import { branchesAndSystem } from './branches.ts';
import { dataProcessingImmediate } from './data-processing-immediate.ts';
import { dataProcessingRegister } from './data-processing-register.ts';
import type { Encoding } from './encoding.ts';
import { scalarFloat } from './float.ts';
import { structureLoadsStores } from './loads-stores-structure.ts';
import { loadsStores } from './loads-stores.ts';
import { simdElement } from './simd-element.ts';
import { simdMove } from './simd-move.ts';
import { simdShift } from './simd-shift.ts';
import { simdThreeRegisters } from './simd-three-registers.ts';
import { simdTwoRegisters } from './simd-two-registers.ts';

/** Every row; no word matches two. */
export const ENCODINGS: readonly Encoding[] = [
  ...dataProcessingImmediate,
  ...branchesAndSystem,
  ...dataProcessingRegister,
  ...loadsStores,
  ...structureLoadsStores,
  ...scalarFloat,
  ...simdThreeRegisters,
  ...simdTwoRegisters,
  ...simdShift,
  ...simdElement,
  ...simdMove,
];

const byName = new Map(ENCODINGS.map((row) => [row.name, row]));

/** The row of that name; throws when there is none. */
export function encodingNamed(name: string): Encoding {
  const row = byName.get(name);
  if (row === undefined) throw new Error(`no encoding row ${name}`);
  return row;
}

/** Whether there is a row of that name. */
export function encodingExists(name: string): boolean {
  return byName.has(name);
}
