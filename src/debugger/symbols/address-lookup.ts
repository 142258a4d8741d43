/** What is at an address. */
import * as dw from '../../formats/dwarf/constants.ts';
import { rangesOf } from '../../formats/dwarf/debug-rnglists.ts';
import type { Unit } from '../../formats/dwarf/unit.ts';
import type { Sym } from '../../formats/elf/symbol-table.ts';
import type { AddressIndex } from './address-index.ts';
import { PATCHABLE, patchableFunction } from './function-lookup.ts';
import { callPlace } from './scopes.ts';
import type { SymbolContext } from './symbol-context.ts';
import { functionAt, scopeChain } from './unit-functions.ts';
import { placeOf } from './unit-lines.ts';

/** One logical frame at an address. */
export interface SourceFrame {
  readonly function: string;
  /** Absolute when the directory of compilation was, else relative to it; empty when unknown. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The function was inlined into the next frame's. */
  readonly inlined: boolean;
}

/** What is known about an address. */
export interface AddressInfo {
  readonly symbol: string | undefined;
  /** Distance from the symbol's start in bytes. */
  readonly offset: bigint;
  /** Innermost first; empty when there is no debugging information. */
  readonly frames: readonly SourceFrame[];
}

/** Symbol, source place and inlined functions of `address`. May throw `Missing`. */
export function describeAddress(context: SymbolContext, index: AddressIndex, address: bigint): AddressInfo {
  const symbol = context.symbols.covering(address);
  const offset = symbol ? address - symbol.value : 0n;
  const unit = context.unitAt(index, address);
  const fn = unit && functionAt(unit, address);
  const patchable = !fn && offset < PATCHABLE ? patchableFunction(context, index, symbol) : undefined;
  if (patchable) {
    const start = rangesOf(patchable)[0].start;
    return { symbol: symbol?.name, offset, frames: sourceFrames(context, patchable.unit, start, symbol).slice(-1) };
  }
  return { symbol: symbol?.name, offset, frames: unit ? sourceFrames(context, unit, address, symbol) : [] };
}

function sourceFrames(context: SymbolContext, unit: Unit, address: bigint, symbol: Sym | undefined): SourceFrame[] {
  const unknown = { file: '', line: 0, column: 0 };
  const place = placeOf(unit, address);
  const fn = functionAt(unit, address);
  // Assembly has lines but no functions: the symbol names them.
  if (!fn) return place ? [{ function: symbol?.name ?? '', ...place, inlined: false }] : [];
  const inner = scopeChain(fn, address).filter((die) => die.tag === dw.DW_TAG_inlined_subroutine);
  const frames: SourceFrame[] = [];
  let at = place ?? unknown;
  for (const die of inner.toReversed()) {
    frames.push({ function: context.info.nameOf(die) ?? '', ...at, inlined: true });
    at = callPlace(die) ?? unknown;
  }
  frames.push({ function: context.info.nameOf(fn) ?? symbol?.name ?? '', ...at, inlined: false });
  return frames;
}
