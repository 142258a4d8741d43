/** Where names are defined in the source. */
import * as dw from '../../formats/dwarf/constants.ts';
import { STT_FUNC, type Sym } from '../../formats/elf/symbol-table.ts';
import { offsetOfEntry, type NameKind } from './name-index.ts';
import { patchableFunction } from './function-lookup.ts';
import type { SymbolContext } from './symbol-context.ts';
import { fileOf, linesOf } from './unit-lines.ts';

/** A line of a source file. */
export interface DeclarationPlace {
  readonly file: string;
  readonly line: number;
}

const KINDS: readonly NameKind[] = ['function', 'variable', 'typedef', 'struct', 'union', 'enum'];
const TYPE_KINDS: readonly NameKind[] = ['typedef', 'struct', 'union', 'enum'];

/** Finds where names are defined. */
export class DeclarationLookup {
  constructor(private readonly context: SymbolContext) {}

  /** The definition of `name`: that of the unit at `near` before those of others. */
  async find(name: string, near?: bigint): Promise<DeclarationPlace | undefined> {
    const own = near === undefined ? undefined : await this.#inUnitAt(name, near);
    if (own) return own;
    const symbols = this.context.symbols.named(name);
    const symbol = symbols.find(({ isGlobal }) => isGlobal) ?? symbols.at(0);
    return (symbol && (await this.#ofSymbol(symbol))) ?? this.#ofType(name);
  }

  async #inUnitAt(name: string, near: bigint): Promise<DeclarationPlace | undefined> {
    const index = await this.context.units();
    return this.context.run(() => {
      const start = index.unitAt(near);
      if (start === undefined) return undefined;
      this.context.names.scan(start);
      const end = start + this.context.info.unit(start).header.length;
      const offset = KINDS.flatMap((kind) => this.context.names.definitions(kind, name)).find(
        (it) => it >= start && it < end,
      );
      return offset === undefined ? undefined : this.#placeOf(offset);
    });
  }

  async #ofSymbol(symbol: Sym): Promise<DeclarationPlace | undefined> {
    if (symbol.type === STT_FUNC) return this.#ofFunction(symbol);
    const neighbour = this.context.symbols.functionInSameFile(symbol);
    const sibling = neighbour === undefined ? undefined : await this.#inUnitAt(symbol.name, neighbour);
    return sibling ?? this.#ofVariable(symbol.name);
  }

  async #ofFunction(symbol: Sym): Promise<DeclarationPlace | undefined> {
    const index = await this.context.units();
    return this.context.run(() => {
      const die = this.context.functionDie(index, symbol.value) ?? patchableFunction(this.context, index, symbol);
      return die && this.#placeOf(die.offset);
    });
  }

  async #ofVariable(name: string): Promise<DeclarationPlace | undefined> {
    const offset = (await this.context.definitions('variable', name)).at(0);
    return offset === undefined ? undefined : this.context.run(() => this.#placeOf(offset));
  }

  /** Without an index, among the types that some question has met: looking for all would cost seconds for every word that is no name. */
  async #ofType(name: string): Promise<DeclarationPlace | undefined> {
    const { index, names } = this.context;
    for (const kind of TYPE_KINDS) {
      const [entry] = index ? await index.definitions(kind, name) : names.entries(kind, name);
      if (entry !== undefined) return this.context.run(() => this.#placeOf(offsetOfEntry(entry)));
    }
    return undefined;
  }

  #placeOf(offset: number): DeclarationPlace | undefined {
    for (const die of this.context.info.origins(this.context.info.die(offset))) {
      const line = die.unsigned(dw.DW_AT_decl_line);
      const file = die.unsigned(dw.DW_AT_decl_file);
      const table = linesOf(die.unit);
      if (line === undefined || file === undefined || !table) continue;
      const path = fileOf(die.unit, table.header, file);
      if (path !== '') return { file: path, line };
    }
    return undefined;
  }
}
