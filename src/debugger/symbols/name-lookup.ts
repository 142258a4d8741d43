/** Types, variables and enumerators by name. */
import * as dw from '../../formats/dwarf/constants.ts';
import { children, type Die } from '../../formats/dwarf/die.ts';
import { STT_OBJECT, type Sym } from '../../formats/elf/symbol-table.ts';
import { offsetOfEntry, type NameKind } from './name-index.ts';
import type { SymbolContext } from './symbol-context.ts';
import type { TypeSummary } from './type-reader.ts';
import { findMember, strip, type MemberPlace, type Type, type TypeRef } from './types.ts';

/** A global or file-scope static variable. */
export interface GlobalVariable {
  readonly name: string;
  readonly address: bigint | undefined;
  readonly size: bigint;
  readonly type: Type | undefined;
}

/** A member path such as `arch.p2m.vmid` has no more parts. */
const MAX_PATH = 64;

/** Finds what names stand for. */
export class NameLookup {
  constructor(private readonly context: SymbolContext) {}

  /** The type called `name`: `struct domain`, `enum x`, a typedef or a base type. */
  async typeByName(name: string): Promise<Type | undefined> {
    const [kind, tag] = splitTypeName(name);
    const offset = (await this.context.definitions(kind, tag)).at(0);
    return offset === undefined ? undefined : this.resolve(offset);
  }

  /** The type at `ref` (the target of a pointer); a mere declaration is replaced by the definition when there is one. */
  async resolve(ref: TypeRef): Promise<Type> {
    const type = await this.context.run(() => this.context.types.type(ref));
    const isIncomplete =
      (type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum') && type.isDeclaration;
    if (!isIncomplete || type.tag === undefined) return type;
    return (await this.typeByName(`${type.kind} ${type.tag}`)) ?? type;
  }

  /** What the type at `ref` is, without reading it whole or looking for its definition. */
  summary(ref: TypeRef): Promise<TypeSummary> {
    return this.context.run(() => this.context.types.summary(ref));
  }

  /** Place of a member, which may be a path through nested structures: `offsetOf('struct domain', 'arch.p2m.vmid')`. */
  async offsetOf(typeName: string, path: string): Promise<MemberPlace | undefined> {
    const type = await this.typeByName(typeName);
    return type && memberAt(type, path);
  }

  /** The global or static variable called `name`; `near` prefers the one of the unit at that address. */
  async globalVariable(name: string, near?: bigint): Promise<GlobalVariable | undefined> {
    const local = near === undefined ? undefined : await this.#staticOfUnit(name, near);
    if (local) return local;
    const symbol =
      this.context.symbols.named(name).find((it) => it.type === STT_OBJECT) ?? this.context.symbols.named(name).at(0);
    const neighbour = symbol && this.context.symbols.functionInSameFile(symbol);
    const sibling = neighbour === undefined ? undefined : await this.#staticOfUnit(name, neighbour);
    if (sibling) return sibling;
    return this.#globalByScan(name, symbol);
  }

  /** The static variable called `name` of the unit at `near`. */
  async staticVariable(name: string, near: bigint | undefined): Promise<GlobalVariable | undefined> {
    return near === undefined ? undefined : this.#staticOfUnit(name, near);
  }

  /** The enumerator called `name` in the unit at `near`, with its enumeration. */
  async enumerator(name: string, near: bigint): Promise<{ type: Type; value: bigint } | undefined> {
    const index = await this.context.units();
    return this.context.run(() => {
      const unit = this.context.unitAt(index, near);
      const die = unit && findEnumeration(unit.root, name);
      const type = die && this.context.types.type(die.offset);
      const found = type?.kind === 'enum' ? type.enumerators.find((it) => it.name === name) : undefined;
      return type && found && { type, value: found.value };
    });
  }

  async #staticOfUnit(name: string, near: bigint): Promise<GlobalVariable | undefined> {
    const index = await this.context.units();
    return this.context.run(() => {
      const offset = index.unitAt(near);
      if (offset === undefined) return undefined;
      this.context.names.scan(offset);
      const unit = this.context.info.unit(offset);
      const inUnit = (it: number): boolean => it >= offset && it < offset + unit.header.length;
      const found = this.context.names.definitions('variable', name).find(inUnit);
      return found === undefined ? undefined : this.#describeVariable(found, undefined);
    });
  }

  async #globalByScan(name: string, symbol: Sym | undefined): Promise<GlobalVariable | undefined> {
    const offset = await this.#variableEntry(name, symbol !== undefined);
    if (offset !== undefined) return this.context.run(() => this.#describeVariable(offset, symbol));
    return symbol && { name, address: symbol.value, size: symbol.size, type: undefined };
  }

  /** A definition, or when there is a symbol the first declaration; what was optimised away entirely still has a type. */
  async #variableEntry(name: string, hasSymbol: boolean): Promise<number | undefined> {
    const { index, names } = this.context;
    if (index) {
      const entry =
        (await index.definitions('variable', name)).at(0) ?? (await index.declarations('variable', name)).at(0);
      return entry === undefined ? undefined : offsetOfEntry(entry);
    }
    const find = (): number | undefined =>
      names.definitions('variable', name).at(0) ?? (hasSymbol ? names.declaration('variable', name) : undefined);
    while (find() === undefined && !names.isComplete) await this.context.run(() => names.scanNext());
    return find() ?? names.declaration('variable', name);
  }

  #describeVariable(offset: number, symbol: Sym | undefined): GlobalVariable | undefined {
    const die = this.context.info.die(offset);
    const variable = this.context.scopes.variable(die, 0n, true);
    if (!variable) return undefined;
    const { location } = variable;
    const isAddress = location.kind === 'expression' && location.expression[0] === dw.DW_OP_addr;
    const address = isAddress && location.expression.length === 9 ? readAddress(location.expression) : symbol?.value;
    return { name: variable.name, address, size: BigInt(variable.type.byteSize), type: variable.type };
  }
}

function findEnumeration(root: Die, name: string): Die | undefined {
  for (const die of children(root)) {
    if (die.tag !== dw.DW_TAG_enumeration_type) continue;
    for (const child of children(die)) if (child.string(dw.DW_AT_name) === name) return die;
  }
  return undefined;
}

/** Splits `struct domain` into the kind and the tag; anything without a keyword is a typedef or base type. */
function splitTypeName(name: string): [NameKind, string] {
  const words = name.trim().split(/\s+/);
  const [first] = words;
  if (words.length === 2 && (first === 'struct' || first === 'union' || first === 'enum')) return [first, words[1]];
  return ['typedef', words.join(' ')];
}

function memberAt(type: Type, path: string): MemberPlace | undefined {
  let place: MemberPlace = { type, offset: 0, bitOffset: 0, bitSize: 0 };
  for (const part of path.split('.').slice(0, MAX_PATH)) {
    const struct = strip(place.type);
    const found = struct.kind === 'struct' || struct.kind === 'union' ? findMember(struct, part) : undefined;
    if (!found) return undefined;
    const offset = place.offset + found.offset;
    place = { ...found, offset, bitOffset: place.offset * 8 + found.bitOffset };
  }
  return place;
}

function readAddress(expression: Uint8Array): bigint {
  return new DataView(expression.buffer, expression.byteOffset).getBigUint64(1, true);
}
