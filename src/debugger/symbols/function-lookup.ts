/** Functions by name and by address. */
import * as dw from '../../formats/dwarf/constants.ts';
import { rangesOf, type Range } from '../../formats/dwarf/debug-rnglists.ts';
import type { Die } from '../../formats/dwarf/die.ts';
import type { Unit } from '../../formats/dwarf/unit.ts';
import { STT_FUNC, STT_NOTYPE, type Sym } from '../../formats/elf/symbol-table.ts';
import type { AddressIndex } from './address-index.ts';
import type { SymbolContext } from './symbol-context.ts';
import { entryOf } from './function-entry.ts';
import { entryPc, functionsOf, inlinedBelow } from './unit-functions.ts';
import { placeOf } from './unit-lines.ts';

/** A function with code of its own. */
export interface FunctionInfo {
  readonly name: string;
  readonly lowPc: bigint;
  /** First address after its (first) range. */
  readonly highPc: bigint;
  /** Where a breakpoint on the function goes: after the prologue where variables would not be readable before. */
  readonly entry: bigint;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** Where a function was inlined. */
export interface InlinedInstance {
  readonly address: bigint;
  readonly container: string;
}

/** Most bytes of NOPs to patch at the start of a function (BTI and two NOPs in Linux). */
export const PATCHABLE = 16n;

/** Finds functions. */
export class FunctionLookup {
  constructor(private readonly context: SymbolContext) {}

  /** Functions called `name` that have code, clones (`name.constprop.0`) included. */
  async named(name: string): Promise<FunctionInfo[]> {
    const symbols = [...this.context.symbols.named(name), ...this.context.symbols.namedWithSuffix(name)].filter(
      (it) => (it.type === STT_FUNC || it.type === STT_NOTYPE) && !it.name.includes('.cold'),
    );
    const places = new Map(symbols.map((it) => [it.value, it]));
    const found = await Promise.all([...places.values()].map((symbol) => this.#functionOfSymbol(symbol)));
    return found.length > 0 ? found : this.#functionsByName(name);
  }

  /** The function that covers `address`. */
  async at(address: bigint): Promise<FunctionInfo | undefined> {
    const index = await this.context.units();
    return this.context.run(() => {
      const fn = this.context.functionDie(index, address);
      const ranges = fn ? rangesOf(fn) : [];
      return fn && ranges.length > 0 ? this.#describeFunction(fn, ranges) : undefined;
    });
  }

  /** All ranges of the function that covers `address`; its entry is where the first begins. */
  async ranges(address: bigint): Promise<Range[]> {
    const index = await this.context.units();
    return this.context.run(() => {
      const fn = this.context.functionDie(index, address);
      return fn ? rangesOf(fn) : [];
    });
  }

  /** Places where `name` was inlined. Reads every unit the first time: ask only when `lookupFunction` found too little. */
  async inlinedInstances(name: string): Promise<InlinedInstance[]> {
    const { index } = this.context;
    if (index) return index.inlined(name);
    await this.context.scanAll();
    const origins = new Set(this.context.names.definitions('function', name));
    const found: InlinedInstance[] = [];
    for (const offset of new Set(await this.#unitsOf([...origins]))) {
      found.push(...(await this.context.run(() => this.#inlinedIn(this.context.info.unit(offset), origins))));
    }
    return found;
  }

  async #functionOfSymbol(symbol: Sym): Promise<FunctionInfo> {
    const index = await this.context.units();
    return this.context.run(() => {
      const fn = this.context.functionDie(index, symbol.value) ?? patchableFunction(this.context, index, symbol);
      const ranges = fn ? rangesOf(fn) : [];
      const own = ranges.find((range) => range.start - symbol.value >= 0n && range.start - symbol.value <= PATCHABLE);
      if (fn && own) {
        const described = this.#describeFunction(fn, [own, ...ranges.filter((range) => range !== own)]);
        return { ...described, name: symbol.name, lowPc: symbol.value };
      }
      const unit = this.context.unitAt(index, symbol.value);
      const place = unit && placeOf(unit, symbol.value);
      const end = symbol.value + symbol.size;
      return {
        name: symbol.name,
        lowPc: symbol.value,
        highPc: end,
        entry: symbol.value,
        file: place?.file,
        line: place?.line,
      };
    });
  }

  async #functionsByName(name: string): Promise<FunctionInfo[]> {
    const found: FunctionInfo[] = [];
    for (const offset of await this.context.functionsWithCode(name)) {
      const described = await this.context.run(() => {
        const die = this.context.info.die(offset);
        const ranges = rangesOf(die);
        return ranges.length > 0 ? this.#describeFunction(die, ranges) : undefined;
      });
      if (described) found.push(described);
    }
    return found;
  }

  #describeFunction(fn: Die, ranges: readonly Range[]): FunctionInfo {
    const place = placeOf(fn.unit, ranges[0].start);
    return {
      name: this.context.info.nameOf(fn) ?? '',
      lowPc: ranges[0].start,
      highPc: ranges[0].end,
      entry: entryOf(fn, ranges),
      file: place?.file,
      line: place?.line,
    };
  }

  async #unitsOf(offsets: readonly number[]): Promise<number[]> {
    const units: number[] = [];
    for (const offset of offsets)
      units.push(await this.context.run(() => this.context.info.unitContaining(offset).offset));
    return units;
  }

  #inlinedIn(unit: Unit, origins: ReadonlySet<number>): InlinedInstance[] {
    const found: InlinedInstance[] = [];
    for (const fn of functionsOf(unit)) {
      const die = unit.dieAtPosition(fn.at)!;
      for (const inlined of inlinedBelow(die, 0)) {
        const ranges = rangesOf(inlined);
        const isWanted = origins.has(inlined.reference(dw.DW_AT_abstract_origin) ?? -1);
        if (isWanted && ranges.length > 0 && !found.some((it) => it.address === entryPc(inlined, ranges))) {
          found.push({ address: entryPc(inlined, ranges), container: this.context.info.nameOf(die) ?? '' });
        }
      }
    }
    return found;
  }
}

/** With -fpatchable-function-entry, GCC lets the function's entry begin after the NOPs to patch, but the symbol before them. */
export function patchableFunction(
  context: SymbolContext,
  index: AddressIndex,
  symbol: Sym | undefined,
): Die | undefined {
  for (let skip = 4n; symbol && skip <= PATCHABLE && skip < symbol.size; skip += 4n) {
    const fn = context.functionDie(index, symbol.value + skip);
    if (fn) return rangesOf(fn).some((range) => range.start === symbol.value + skip) ? fn : undefined;
  }
  return undefined;
}
