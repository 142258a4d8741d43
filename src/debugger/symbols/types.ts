/** C types as the debugger works with them. Sizes and offsets are in bytes unless a name says bits. */

/** Names another type by the offset of its entry: pointers are not followed until somebody asks. 0 is `void`. */
export type TypeRef = number;

interface Common {
  /** As C writes it: `struct domain *`, `unsigned int [4]`. */
  readonly name: string;
  /** 0 when unknown or without a size. */
  readonly byteSize: number;
  /** Its entry. */
  readonly ref: TypeRef;
}

/** `encoding` is a DW_ATE constant. */
export interface BaseType extends Common {
  readonly kind: 'base';
  readonly encoding: number;
}

export interface VoidType extends Common {
  readonly kind: 'void';
}

export interface PointerType extends Common {
  readonly kind: 'pointer';
  readonly target: TypeRef;
  /** The target itself, for pointers that an expression made (`&x`, a cast) and no file describes. */
  readonly targetType?: Type;
}

/** A member of a structure or union. `bitSize` is 0 unless it is a bit-field; `bitOffset` counts from the start of the structure. */
export interface Member {
  /** Undefined for anonymous structures and unions, whose members are named as if they were this structure's own. */
  readonly name: string | undefined;
  readonly type: Type;
  readonly offset: number;
  readonly bitOffset: number;
  readonly bitSize: number;
}

export interface StructType extends Common {
  readonly kind: 'struct' | 'union';
  /** The tag without `struct`. */
  readonly tag: string | undefined;
  readonly members: readonly Member[];
  /** Only declared here: the definition is elsewhere. */
  readonly isDeclaration: boolean;
}

export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}

export interface EnumType extends Common {
  readonly kind: 'enum';
  readonly tag: string | undefined;
  readonly enumerators: readonly Enumerator[];
  readonly isSigned: boolean;
  readonly isDeclaration: boolean;
}

/** `count` is undefined for `[]`. */
export interface ArrayType extends Common {
  readonly kind: 'array';
  readonly element: Type;
  readonly count: number | undefined;
}

export interface TypedefType extends Common {
  readonly kind: 'typedef';
  readonly target: Type;
}

export interface QualifiedType extends Common {
  readonly kind: 'qualified';
  readonly qualifier: 'const' | 'volatile' | 'restrict' | '_Atomic';
  readonly target: Type;
}

export interface FunctionType extends Common {
  readonly kind: 'function';
  readonly returns: TypeRef;
}

export type Type =
  | BaseType
  | VoidType
  | PointerType
  | StructType
  | EnumType
  | ArrayType
  | TypedefType
  | QualifiedType
  | FunctionType;

/** `void`, which has no entry of its own. */
export const VOID: VoidType = { kind: 'void', name: 'void', byteSize: 0, ref: 0 };

/** `type` without typedefs and qualifiers. */
export function strip(type: Type): Exclude<Type, TypedefType | QualifiedType> {
  let at = type;
  while (at.kind === 'typedef' || at.kind === 'qualified') at = at.target;
  return at;
}

/** A member and its place from the start of the outermost structure. */
export interface MemberPlace {
  readonly type: Type;
  readonly offset: number;
  readonly bitOffset: number;
  readonly bitSize: number;
}

/** Member `name` of `struct`, also within its anonymous members. */
export function findMember(struct: StructType, name: string): MemberPlace | undefined {
  for (const member of struct.members) {
    if (member.name === name) return member;
    const inner = member.name === undefined ? strip(member.type) : undefined;
    if (inner?.kind !== 'struct' && inner?.kind !== 'union') continue;
    const found = findMember(inner, name);
    if (found) {
      return { ...found, offset: member.offset + found.offset, bitOffset: member.offset * 8 + found.bitOffset };
    }
  }
  return undefined;
}
