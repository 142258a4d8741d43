/** Makes `Type`s of DWARF entries. */
import * as dw from '../../formats/dwarf/constants.ts';
import type { DebugInfo } from '../../formats/dwarf/debug-info.ts';
import { children, type Die } from '../../formats/dwarf/die.ts';
import { DwarfError } from '../../formats/dwarf/dwarf-error.ts';
import { arrayCounts } from './type-arrays.ts';
import { typeName } from './type-names.ts';
import { strip, VOID, type Enumerator, type Member, type QualifiedType, type Type, type TypeRef } from './types.ts';

const MAX_DEPTH = 64;
const MAX_MEMBERS = 20_000;
const MAX_CACHED = 50_000;

const QUALIFIERS: ReadonlyMap<number, QualifiedType['qualifier']> = new Map([
  [dw.DW_TAG_const_type, 'const'],
  [dw.DW_TAG_volatile_type, 'volatile'],
  [dw.DW_TAG_restrict_type, 'restrict'],
  [dw.DW_TAG_atomic_type, '_Atomic'],
]);

/** Types that stand for another. */
const TRANSPARENT: ReadonlySet<number> = new Set([dw.DW_TAG_typedef, ...QUALIFIERS.keys()]);

/** As much of a pointer's target as decides how the pointer is shown. */
export type TypeSummary = 'character' | 'function' | 'other';

/** Types by the offset of their entries. Every method may throw `Missing`. */
export class TypeReader {
  readonly #types = new Map<TypeRef, Type>();

  constructor(private readonly info: DebugInfo) {}

  /** The type at `ref`. Everything it contains is resolved; what it points to is not. */
  type(ref: TypeRef): Type {
    return ref === 0 ? VOID : this.#read(this.info.die(ref), 0);
  }

  /** What kind of thing the type at `ref` is, without reading its members. */
  summary(ref: TypeRef): TypeSummary {
    let die = ref === 0 ? undefined : this.info.die(ref);
    for (let depth = 0; die && TRANSPARENT.has(die.tag) && depth < MAX_DEPTH; depth++) {
      die = this.info.follow(die, dw.DW_AT_type);
    }
    if (die?.tag === dw.DW_TAG_subroutine_type) return 'function';
    const encoding = die?.tag === dw.DW_TAG_base_type ? die.unsigned(dw.DW_AT_encoding) : undefined;
    const isCharacter = encoding === dw.DW_ATE_signed_char || encoding === dw.DW_ATE_unsigned_char;
    return isCharacter && die?.unsigned(dw.DW_AT_byte_size) === 1 ? 'character' : 'other';
  }

  /** The type that DW_AT_type of `die` names. */
  typeOf(die: Die): Type {
    return this.#target(die, 0);
  }

  #target(die: Die, depth: number): Type {
    const target = this.info.follow(die, dw.DW_AT_type);
    return target ? this.#read(target, depth) : VOID;
  }

  #read(die: Die, depth: number): Type {
    const known = this.#types.get(die.offset);
    if (known) return known;
    if (depth > MAX_DEPTH) throw new DwarfError('malformed', `type 0x${die.offset.toString(16)} contains itself`);
    const type = this.#make(die, depth + 1);
    if (this.#types.size >= MAX_CACHED) this.#types.clear();
    this.#types.set(die.offset, type);
    return type;
  }

  #make(die: Die, depth: number): Type {
    const name = typeName(this.info, die);
    const common = { name, ref: die.offset, byteSize: die.unsigned(dw.DW_AT_byte_size) ?? 0 };
    const qualifier = QUALIFIERS.get(die.tag);
    if (qualifier) return this.#qualified(die, name, qualifier, depth);
    switch (die.tag) {
      case dw.DW_TAG_base_type:
        return { ...common, kind: 'base', encoding: die.unsigned(dw.DW_AT_encoding) ?? 0 };
      case dw.DW_TAG_pointer_type:
      case dw.DW_TAG_reference_type:
      case dw.DW_TAG_rvalue_reference_type:
        return { ...common, kind: 'pointer', byteSize: common.byteSize || 8, target: this.#targetRef(die) };
      case dw.DW_TAG_structure_type:
      case dw.DW_TAG_class_type:
      case dw.DW_TAG_union_type:
        return this.#struct(die, common, depth);
      case dw.DW_TAG_enumeration_type:
        return this.#enum(die, common, depth);
      case dw.DW_TAG_array_type:
        return this.#array(die, name, depth);
      case dw.DW_TAG_typedef:
        return this.#typedef(die, name, depth);
      case dw.DW_TAG_subroutine_type:
      case dw.DW_TAG_subprogram:
        // One, as GNU C has it for arithmetic with pointers to functions.
        return { ...common, byteSize: 1, kind: 'function', returns: this.#targetRef(die) };
      case dw.DW_TAG_unspecified_type:
        return { ...common, kind: 'void' };
      default:
        throw new DwarfError('unsupported', `type 0x${die.offset.toString(16)} has tag 0x${die.tag.toString(16)}`);
    }
  }

  #targetRef(die: Die): TypeRef {
    return this.info.follow(die, dw.DW_AT_type)?.offset ?? 0;
  }

  #qualified(die: Die, name: string, qualifier: QualifiedType['qualifier'], depth: number): Type {
    const target = this.#target(die, depth);
    return { kind: 'qualified', name, ref: die.offset, byteSize: target.byteSize, qualifier, target };
  }

  #typedef(die: Die, name: string, depth: number): Type {
    const target = this.#target(die, depth);
    return { kind: 'typedef', name, ref: die.offset, byteSize: target.byteSize, target };
  }

  /** `int a[2][3]` is one entry with two subranges; here it is an array of arrays. */
  #array(die: Die, name: string, depth: number): Type {
    const counts = arrayCounts(die);
    const base = typeName(this.info, this.info.follow(die, dw.DW_AT_type));
    let type = this.#target(die, depth);
    for (let i = counts.length - 1; i >= 0; i--) {
      const count = counts[i];
      const dimensions = counts.slice(i).map((it) => `[${it ?? ''}]`);
      const ownName = i === 0 ? name : `${base} ${dimensions.join('')}`;
      type = {
        kind: 'array',
        name: ownName,
        ref: die.offset,
        byteSize: type.byteSize * (count ?? 0),
        element: type,
        count,
      };
    }
    return type;
  }

  #enum(die: Die, common: { name: string; ref: TypeRef; byteSize: number }, depth: number): Type {
    const base = die.has(dw.DW_AT_type) ? strip(this.#target(die, depth)) : undefined;
    const enumerators: Enumerator[] = [];
    for (const child of children(die)) {
      if (child.tag !== dw.DW_TAG_enumerator) continue;
      const value = child.constant(dw.DW_AT_const_value, true) ?? 0n;
      enumerators.push({ name: child.string(dw.DW_AT_name) ?? '', value });
      if (enumerators.length >= MAX_MEMBERS) break;
    }
    const isSigned =
      base?.kind === 'base' && (base.encoding === dw.DW_ATE_signed || base.encoding === dw.DW_ATE_signed_char);
    const fixed = enumerators.map((it) => ({
      ...it,
      value: isSigned ? it.value : toUnsigned(it.value, common.byteSize),
    }));
    const tag = die.string(dw.DW_AT_name);
    return {
      ...common,
      kind: 'enum',
      tag,
      enumerators: fixed,
      isSigned,
      isDeclaration: die.flag(dw.DW_AT_declaration),
    };
  }

  #struct(die: Die, common: { name: string; ref: TypeRef; byteSize: number }, depth: number): Type {
    const members: Member[] = [];
    for (const child of children(die)) {
      if (child.tag !== dw.DW_TAG_member && child.tag !== dw.DW_TAG_inheritance) continue;
      if (child.flag(dw.DW_AT_external)) continue;
      members.push(this.#member(child, depth));
      if (members.length >= MAX_MEMBERS) throw new DwarfError('limit', `${common.name} has too many members`);
    }
    const kind = die.tag === dw.DW_TAG_union_type ? 'union' : 'struct';
    const isDeclaration = die.flag(dw.DW_AT_declaration);
    return { ...common, kind, tag: die.string(dw.DW_AT_name), members, isDeclaration };
  }

  #member(die: Die, depth: number): Member {
    const type = this.#target(die, depth);
    const start = this.#memberOffset(die);
    const bitSize = die.unsigned(dw.DW_AT_bit_size) ?? 0;
    const bitOffset = bitSize === 0 ? start * 8 : bitFieldOffset(die, start, bitSize, type.byteSize);
    const offset = bitSize === 0 ? start : Math.floor(bitOffset / 8);
    return { name: die.string(dw.DW_AT_name), type, offset, bitOffset, bitSize };
  }

  /** A constant, or (before version 4) an expression that adds one. */
  #memberOffset(die: Die): number {
    const constant = die.unsigned(dw.DW_AT_data_member_location);
    if (constant !== undefined) return constant;
    const expression = die.block(dw.DW_AT_data_member_location);
    if (!expression || expression[0] !== dw.DW_OP_plus_uconst) return 0;
    return expression.slice(1).reduceRight((sum, byte) => sum * 128 + (byte & 0x7f), 0);
  }
}

/** DW_AT_bit_offset, before version 5, counts from the most significant bit of a storage unit (DWARF 4, section 5.5.6). */
function bitFieldOffset(die: Die, start: number, bitSize: number, typeSize: number): number {
  const direct = die.unsigned(dw.DW_AT_data_bit_offset);
  if (direct !== undefined) return direct;
  const fromTop = die.unsigned(dw.DW_AT_bit_offset);
  if (fromTop === undefined) return start * 8;
  const storage = (die.unsigned(dw.DW_AT_byte_size) ?? typeSize) * 8;
  return start * 8 + storage - fromTop - bitSize;
}

function toUnsigned(value: bigint, byteSize: number): bigint {
  return byteSize > 0 && byteSize <= 8 ? BigInt.asUintN(byteSize * 8, value) : value;
}
