/** Writes types as C does, declarators and all. */
import * as dw from '../../formats/dwarf/constants.ts';
import type { DebugInfo } from '../../formats/dwarf/debug-info.ts';
import { children, type Die } from '../../formats/dwarf/die.ts';
import { arrayCounts } from './type-arrays.ts';

const MAX_DEPTH = 32;

const PREFIX: ReadonlyMap<number, string> = new Map([
  [dw.DW_TAG_structure_type, 'struct'],
  [dw.DW_TAG_class_type, 'struct'],
  [dw.DW_TAG_union_type, 'union'],
  [dw.DW_TAG_enumeration_type, 'enum'],
]);

const QUALIFIER: ReadonlyMap<number, string> = new Map([
  [dw.DW_TAG_const_type, 'const'],
  [dw.DW_TAG_volatile_type, 'volatile'],
  [dw.DW_TAG_restrict_type, 'restrict'],
  [dw.DW_TAG_atomic_type, '_Atomic'],
]);

/** The name of the type at `die` (undefined is `void`). May throw `Missing`. */
export function typeName(info: DebugInfo, die: Die | undefined): string {
  return declare(info, die, '', 0);
}

function join(name: string, declarator: string): string {
  return declarator === '' ? name : `${name} ${declarator}`;
}

function declare(info: DebugInfo, die: Die | undefined, declarator: string, depth: number): string {
  if (!die) return join('void', declarator);
  if (depth > MAX_DEPTH) return join('...', declarator);
  const target = (inner: string): string => declare(info, info.follow(die, dw.DW_AT_type), inner, depth + 1);
  const qualifier = QUALIFIER.get(die.tag);
  if (qualifier) return qualify(info, die, qualifier, declarator, target);
  switch (die.tag) {
    case dw.DW_TAG_pointer_type:
      return target(pointerDeclarator(info, die, declarator));
    case dw.DW_TAG_array_type:
      return target(
        declarator +
          arrayCounts(die)
            .map((count) => `[${count ?? ''}]`)
            .join(''),
      );
    case dw.DW_TAG_subroutine_type:
    case dw.DW_TAG_subprogram:
      return target(`${declarator}(${parameters(info, die, depth)})`);
    default:
      return join(named(info, die), declarator);
  }
}

function named(info: DebugInfo, die: Die): string {
  const prefix = PREFIX.get(die.tag);
  const name = info.nameOf(die);
  if (!prefix) return name ?? '?';
  return `${prefix} ${name ?? '{...}'}`;
}

function pointerDeclarator(info: DebugInfo, die: Die, declarator: string): string {
  const target = info.follow(die, dw.DW_AT_type);
  const needsParentheses = target?.tag === dw.DW_TAG_array_type || target?.tag === dw.DW_TAG_subroutine_type;
  return needsParentheses ? `(*${declarator})` : `*${declarator}`;
}

/** A qualifier stands before a plain type, but after the asterisk of a pointer. */
function qualify(
  info: DebugInfo,
  die: Die,
  qualifier: string,
  declarator: string,
  target: (inner: string) => string,
): string {
  const of = info.follow(die, dw.DW_AT_type);
  if (of?.tag === dw.DW_TAG_pointer_type)
    return target(declarator === '' ? ` ${qualifier}` : ` ${qualifier} ${declarator}`);
  return `${qualifier} ${target(declarator)}`;
}

function parameters(info: DebugInfo, die: Die, depth: number): string {
  const list: string[] = [];
  for (const child of children(die)) {
    if (child.tag === dw.DW_TAG_unspecified_parameters) list.push('...');
    if (child.tag === dw.DW_TAG_formal_parameter) {
      list.push(declare(info, info.follow(child, dw.DW_AT_type), '', depth + 1));
    }
    if (list.length > 64) break;
  }
  return list.length > 0 ? list.join(', ') : 'void';
}
