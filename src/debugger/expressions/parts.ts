/** What a value consists of, for trees that unfold; and linked lists. */
import { findMember, strip, type Type } from '../symbols/types.ts';
import { constantValue, elementValue, memberValue, toInteger, type Value } from './value.ts';
import { objectAt, targetOf } from './evaluator.ts';
import { pointerTo } from './c-types.ts';
import type { ExpressionScope } from './scope.ts';

/** A part of a value. `access` continues the expression that names the whole: `.name`, `[3]`, or `*` in front. */
export interface Part {
  readonly name: string;
  readonly access: string;
  readonly value: Value;
}

const MAX_PARTS = 1000;
/** A list that is longer is taken to be damaged or to have no end. */
const MAX_LIST = 100_000;

/** Members, elements, or what a pointer points to. Anonymous members' own members stand in their place. */
export async function partsOf(value: Value, scope: ExpressionScope): Promise<Part[]> {
  const bare = strip(value.type);
  if (bare.kind === 'struct' || bare.kind === 'union') {
    return bare.members.flatMap((member) => {
      const part = memberValue(value, member);
      return member.name === undefined
        ? anonymousParts(part)
        : [{ name: member.name, access: `.${member.name}`, value: part }];
    });
  }
  if (bare.kind === 'array') {
    const total = bare.count ?? Math.floor((value.bytes?.length ?? 0) / Math.max(bare.element.byteSize, 1));
    return Array.from({ length: Math.min(total, MAX_PARTS) }, (_, i) => {
      return { name: `[${i}]`, access: `[${i}]`, value: elementValue(value, bare.element, i) };
    });
  }
  return bare.kind === 'pointer' ? pointee(value, scope) : [];
}

function anonymousParts(value: Value): Part[] {
  const bare = strip(value.type);
  if (bare.kind !== 'struct' && bare.kind !== 'union') return [];
  return bare.members.flatMap((member) => {
    const part = memberValue(value, member);
    return member.name === undefined
      ? anonymousParts(part)
      : [{ name: member.name, access: `.${member.name}`, value: part }];
  });
}

/** A pointer to a structure unfolds into its members, any other into its target. */
async function pointee(pointer: Value, scope: ExpressionScope): Promise<Part[]> {
  const bare = strip(pointer.type);
  const address = toInteger(pointer);
  if (bare.kind !== 'pointer' || !address) return [];
  const target = await targetOf(bare, scope);
  const kind = strip(target).kind;
  if (kind === 'void' || kind === 'function') return [];
  const object = await objectAt(target, address, scope);
  if (kind !== 'struct' && kind !== 'union') return [{ name: '*', access: '*', value: object }];
  const parts = await partsOf(object, scope);
  return parts.map((part) => ({ ...part, access: `->${part.name}` }));
}

/**
 * Entries of the `list_head` at `head`: pointers to `entryType`, whose member `path` links them. A list that is damaged ends where it leads back to
 * itself or out of memory.
 */
export async function listEntries(
  head: bigint,
  entryType: Type,
  path: string,
  scope: ExpressionScope,
): Promise<Value[]> {
  const offset = offsetOfPath(entryType, path);
  if (offset === undefined) return [];
  const entries: Value[] = [];
  const seen = new Set<bigint>([head]);
  for (let at = await readPointer(head, scope); at !== undefined && at !== 0n && !seen.has(at);) {
    seen.add(at);
    entries.push(constantValue(pointerTo(entryType), at - BigInt(offset)));
    if (entries.length >= MAX_LIST) break;
    at = await readPointer(at, scope);
  }
  return entries;
}

/** Structures linked by a plain pointer, as Xen's domains by `next_in_list`, from the one at `first` on. */
export async function chainEntries(first: bigint, type: Type, path: string, scope: ExpressionScope): Promise<Value[]> {
  const offset = offsetOfPath(type, path);
  if (offset === undefined) return [];
  const entries: Value[] = [];
  const seen = new Set<bigint>();
  for (let at: bigint | undefined = first; at !== undefined && at !== 0n && !seen.has(at);) {
    seen.add(at);
    entries.push(constantValue(pointerTo(type), at));
    if (entries.length >= MAX_LIST) break;
    at = await readPointer(at + BigInt(offset), scope);
  }
  return entries;
}

function offsetOfPath(type: Type, path: string): number | undefined {
  let at: Type = type;
  let offset = 0;
  for (const name of path.split('.')) {
    const struct = strip(at);
    const member = struct.kind === 'struct' || struct.kind === 'union' ? findMember(struct, name) : undefined;
    if (!member) return undefined;
    offset += member.offset;
    at = member.type;
  }
  return offset;
}

async function readPointer(address: bigint, scope: ExpressionScope): Promise<bigint | undefined> {
  const bytes = await scope.readMemory(address, 8).catch(() => undefined);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}
