/** What is in scope at an address: functions, inlined functions and blocks, and their variables. */
import * as dw from '../../formats/dwarf/constants.ts';
import type { DebugInfo } from '../../formats/dwarf/debug-info.ts';
import { expressionAt, locationOf } from '../../formats/dwarf/debug-loclists.ts';
import { rangesOf, type Range } from '../../formats/dwarf/debug-rnglists.ts';
import { children, type Die } from '../../formats/dwarf/die.ts';
import type { TypeReader } from './type-reader.ts';
import type { Type } from './types.ts';
import { scopeChain } from './unit-functions.ts';
import { fileOf, linesOf } from './unit-lines.ts';

/** Where a variable's value comes from at the address asked about. */
export type VariableLocation =
  /** A DWARF expression; `addressSize` and the unit are what it is evaluated with. */
  | { readonly kind: 'expression'; readonly expression: Uint8Array }
  | { readonly kind: 'constant'; readonly value: bigint | Uint8Array }
  /** The compiler kept no trace of it at this address. */
  | { readonly kind: 'optimisedOut' };

/** A variable or parameter. */
export interface Variable {
  readonly name: string;
  readonly kind: 'parameter' | 'local' | 'static' | 'global';
  readonly type: Type;
  readonly location: VariableLocation;
  readonly line: number;
  /** The unit that its expression belongs to (indexed addresses, base types). */
  readonly unitOffset: number;
}

/** A function, an inlined function or a block. */
export interface Scope {
  readonly kind: 'function' | 'inlined' | 'block';
  /** Undefined for blocks. */
  readonly name: string | undefined;
  readonly dieOffset: number;
  readonly ranges: readonly Range[];
  readonly variables: readonly Variable[];
  /** Where an inlined function was called. */
  readonly call: { readonly file: string; readonly line: number; readonly column: number } | undefined;
}

/** One logical frame: a function or inlined function with its blocks, innermost block first. */
export interface FrameScopes {
  readonly function: string;
  readonly isInlined: boolean;
  readonly scopes: readonly Scope[];
  /** The whole function's DW_AT_frame_base expression at the address; inlined functions have their container's. */
  readonly frameBase: Uint8Array | undefined;
  readonly unitOffset: number;
}

/** Blocks in blocks: a damaged file may go on for ever. */
const MAX_BLOCK_DEPTH = 64;

/** Builds scopes. Every method may throw `Missing`. */
export class ScopeReader {
  constructor(
    private readonly info: DebugInfo,
    private readonly types: TypeReader,
  ) {}

  /** Logical frames of `address` within function `fn`, innermost first. */
  frames(fn: Die, address: bigint): FrameScopes[] {
    const base = locationOf(fn, dw.DW_AT_frame_base);
    const frameBase = base && expressionAt(base, address)?.slice();
    const frames: { function: string; isInlined: boolean; scopes: Scope[] }[] = [];
    for (const die of scopeChain(fn, address)) {
      const scope = this.#scope(die, address);
      if (scope.kind === 'block') frames[0].scopes.unshift(scope);
      else frames.unshift({ function: scope.name ?? '', isInlined: scope.kind === 'inlined', scopes: [scope] });
    }
    return frames.map((frame) => ({ ...frame, frameBase, unitOffset: fn.unit.offset }));
  }

  /** The variable at `die`, as seen at `address`. */
  variable(die: Die, address: bigint, isFileScope: boolean): Variable | undefined {
    const chain = this.info.origins(die);
    const name = chain.map((it) => it.string(dw.DW_AT_name)).find((it) => it !== undefined);
    const typed = chain.find((it) => it.has(dw.DW_AT_type));
    if (name === undefined || !typed) return undefined;
    const location = this.#location(chain, address);
    return {
      name,
      kind: kindOf(die, chain, location, isFileScope),
      type: this.#completeArray(chain),
      location,
      line: chain.map((it) => it.unsigned(dw.DW_AT_decl_line)).find((it) => it !== undefined) ?? 0,
      unitOffset: die.unit.offset,
    };
  }

  /** `extern int a[]` may be completed by its definition's own type: the first entry of the chain that has one decides. */
  #completeArray(chain: readonly Die[]): Type {
    return this.types.typeOf(chain.find((it) => it.has(dw.DW_AT_type))!);
  }

  #location(chain: readonly Die[], address: bigint): VariableLocation {
    for (const die of chain) {
      const location = locationOf(die, dw.DW_AT_location);
      if (location) {
        const expression = expressionAt(location, address);
        // An empty expression says the same as none (section 2.6.1.1.4).
        return expression?.length ? { kind: 'expression', expression: expression.slice() } : { kind: 'optimisedOut' };
      }
      const block = die.block(dw.DW_AT_const_value);
      if (block) return { kind: 'constant', value: block.slice() };
      const value = die.constant(dw.DW_AT_const_value, true);
      if (value !== undefined) return { kind: 'constant', value };
    }
    return { kind: 'optimisedOut' };
  }

  #scope(die: Die, address: bigint): Scope {
    const kind =
      die.tag === dw.DW_TAG_lexical_block ? 'block' : die.tag === dw.DW_TAG_inlined_subroutine ? 'inlined' : 'function';
    return {
      kind,
      name: kind === 'block' ? undefined : this.info.nameOf(die),
      dieOffset: die.offset,
      ranges: rangesOf(die),
      variables: this.#variables(die, address),
      call: kind === 'inlined' ? callPlace(die) : undefined,
    };
  }

  /** A concrete instance may leave out what was optimised away entirely; its origin still names it. */
  #variables(scope: Die, address: bigint): Variable[] {
    const own = variableDies(scope);
    const seen = new Set(instancesIn(scope).map((die) => die.reference(dw.DW_AT_abstract_origin)));
    const origin = this.info.follow(scope, dw.DW_AT_abstract_origin);
    const inherited = origin ? variableDies(origin).filter((die) => !seen.has(die.offset)) : [];
    const variables = [...own, ...inherited].map((die) => this.variable(die, address, false));
    return variables.filter((variable) => variable !== undefined);
  }
}

function variableDies(scope: Die): Die[] {
  const isVariable = (die: Die): boolean => die.tag === dw.DW_TAG_variable || die.tag === dw.DW_TAG_formal_parameter;
  return [...children(scope)].filter(isVariable);
}

/** Variables of a scope and of the blocks in it: an instance may have moved one into a block. */
function instancesIn(scope: Die, depth = 0): Die[] {
  const blocks = [...children(scope)].filter(({ tag }) => tag === dw.DW_TAG_lexical_block);
  const inner = depth < MAX_BLOCK_DEPTH ? blocks.flatMap((block) => instancesIn(block, depth + 1)) : [];
  return [...variableDies(scope), ...inner];
}

function kindOf(die: Die, chain: readonly Die[], location: VariableLocation, isFileScope: boolean): Variable['kind'] {
  if (die.tag === dw.DW_TAG_formal_parameter) return 'parameter';
  if (isFileScope) return chain.some((it) => it.flag(dw.DW_AT_external)) ? 'global' : 'static';
  const isStatic = location.kind === 'expression' && location.expression[0] === dw.DW_OP_addr;
  return isStatic ? 'static' : 'local';
}

/** Where `inlined` was called, from DW_AT_call_file, _line and _column. May throw `Missing`. */
export function callPlace(inlined: Die): { file: string; line: number; column: number } | undefined {
  const line = inlined.unsigned(dw.DW_AT_call_line);
  const file = inlined.unsigned(dw.DW_AT_call_file);
  if (line === undefined || file === undefined) return undefined;
  const table = linesOf(inlined.unit);
  const path = table ? fileOf(inlined.unit, table.header, file) : '';
  return { file: path, line, column: inlined.unsigned(dw.DW_AT_call_column) ?? 0 };
}
