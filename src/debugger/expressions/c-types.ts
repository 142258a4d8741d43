/** Types that expressions bring along, whatever the program declares (AAPCS64, section 10.1). */
import {
  DW_ATE_boolean,
  DW_ATE_float,
  DW_ATE_signed,
  DW_ATE_signed_char,
  DW_ATE_unsigned,
  DW_ATE_unsigned_char,
} from '../../formats/dwarf/constants.ts';
import { strip, VOID, type ArrayType, type BaseType, type PointerType, type Type } from '../symbols/types.ts';

function base(name: string, byteSize: number, encoding: number): BaseType {
  return { kind: 'base', name, byteSize, encoding, ref: 0 };
}

export const CHAR = base('char', 1, DW_ATE_unsigned_char);
export const INT = base('int', 4, DW_ATE_signed);
export const UNSIGNED_INT = base('unsigned int', 4, DW_ATE_unsigned);
export const LONG = base('long', 8, DW_ATE_signed);
export const UNSIGNED_LONG = base('unsigned long', 8, DW_ATE_unsigned);
export const DOUBLE = base('double', 8, DW_ATE_float);

const BUILT_IN: readonly BaseType[] = [
  CHAR,
  INT,
  UNSIGNED_INT,
  LONG,
  UNSIGNED_LONG,
  DOUBLE,
  base('signed char', 1, DW_ATE_signed_char),
  base('unsigned char', 1, DW_ATE_unsigned_char),
  base('short', 2, DW_ATE_signed),
  base('unsigned short', 2, DW_ATE_unsigned),
  base('float', 4, DW_ATE_float),
  base('_Bool', 1, DW_ATE_boolean),
];

/** The base type that `words` name in any order (`long unsigned int`); undefined when they name none. */
export function builtInType(words: string): Type | undefined {
  if (words === 'void') return VOID;
  const set = words.split(' ');
  const count = (word: string): number => set.filter((it) => it === word).length;
  const sign = count('unsigned') > 0 ? 'unsigned ' : '';
  const known = new Set(['int', 'long', 'short', 'char', 'signed', 'unsigned', 'float', 'double', '_Bool', 'bool']);
  if (!set.every((word) => known.has(word))) return undefined;
  return BUILT_IN.find((type) => type.name === canonicalName(count, sign));
}

function canonicalName(count: (word: string) => number, sign: string): string {
  if (count('bool') + count('_Bool') > 0) return '_Bool';
  if (count('double') > 0) return 'double';
  if (count('float') > 0) return 'float';
  if (count('char') > 0) return sign === '' && count('signed') > 0 ? 'signed char' : `${sign}char`;
  if (count('short') > 0) return `${sign}short`;
  return count('long') > 0 ? `${sign}long` : `${sign}int`;
}

/** A pointer to `target`. */
export function pointerTo(target: Type): PointerType {
  const isPointer = target.name.endsWith('*');
  const isFunction = target.kind === 'function' && / \(/.test(target.name);
  const plain = isFunction ? target.name.replace(' (', ' (*)(') : `${target.name}${isPointer ? '' : ' '}*`;
  const name = target.kind === 'array' ? arrayPointerName(target) : plain;
  return { kind: 'pointer', name, byteSize: 8, ref: 0, target: target.ref, targetType: target };
}

function arrayPointerName(target: ArrayType): string {
  return target.name.replace(/ ?\[/, ' (*)[');
}

/** An array of `count` elements. */
export function arrayOf(element: Type, count: number): ArrayType {
  const name = element.kind === 'array' ? element.name.replace('[', `[${count}][`) : `${element.name} [${count}]`;
  return { kind: 'array', name, byteSize: element.byteSize * count, ref: 0, element, count };
}

/** True for types that integers are stored in. */
export function isIntegral(type: Type): boolean {
  const bare = strip(type);
  return bare.kind === 'enum' || (bare.kind === 'base' && bare.encoding !== DW_ATE_float);
}

export function isFloating(type: Type): boolean {
  const bare = strip(type);
  return bare.kind === 'base' && bare.encoding === DW_ATE_float;
}

export function isSigned(type: Type): boolean {
  const bare = strip(type);
  if (bare.kind === 'enum') return bare.isSigned;
  return bare.kind === 'base' && (bare.encoding === DW_ATE_signed || bare.encoding === DW_ATE_signed_char);
}
