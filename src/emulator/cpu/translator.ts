/**
 * The translator: hot regions of a page become wasm functions made from the same uop definitions as the interpreter.
 *
 * A region is `(cpu, page VA, budget, block) -> Exit`. Its code depends on nothing but the words it was made from, so it is kept by physical page
 * and serves every virtual alias, VMID and exception level. A region that is left returns to the main loop, which finds the next one through
 * the fetch TLB.
 */
import type { FunctionRef } from '../../wasm/module.ts';
import { type Decoding, type Interpreter, REGION_SIGNATURE } from './interpreter.ts';
import { type ModuleParts, REGION_TABLE_SIZE } from './linker.ts';
import { OP_TRANSLATED } from './records.ts';
import { EffectsFinder } from './effects-finder.ts';
import { type Block, findRegion } from './region.ts';
import { RegionEmitter } from './region-emitter.ts';
import { TrackingBuilder } from './translator-context.ts';

/**
 * Samples of a record (one in about 24 executions) that make it worth translating. The host's compilers cost milliseconds a region, most of them for the optimised
 * code: what runs less than some ten thousand times is cheaper interpreted.
 */
const HOT = 60;
/** Records that became hot are translated together, because a module has a price whatever is in it. */
const BATCH = 12;
/** Most that are translated at once: nobody is answered meanwhile. */
const MOST = 2 * BATCH;
/** Samples that make a record warm enough to be translated with others that are hot. */
const WARM = HOT / 2;
/** Translated bytes (of wasm) after which everything is dropped and made anew as needed. */
const MAX_CODE = 48 << 20;

/** A translation in use. */
interface Region {
  readonly index: number;
  readonly page: number;
  /** First word and one past the last of its code. */
  readonly from: number;
  readonly to: number;
  readonly records: readonly number[];
}

/** A region whose code is to be made. */
interface Plan {
  readonly region: Region;
  readonly blocks: readonly Block[];
  /** Word at which the region was found. */
  readonly start: number;
}

/** What the machine knows of a page that concerns translation. */
export interface TranslatorHost {
  hasBreakpoint(page: number, word: number): boolean;
}

export class Translator {
  /** Samples that make a record hot: Infinity to translate nothing more, 1 to translate at once. */
  threshold = HOT;
  /** Regions made since the start, and their bytes of wasm. */
  readonly made = { regions: 0, bytes: 0 };
  readonly #warm = new Set<number>();
  /** Hot records that wait for others. */
  readonly #waiting = new Set<number>();
  readonly #byPage = new Map<number, Region[]>();
  readonly #effects: EffectsFinder;
  readonly #freeIndices: number[] = [];
  #nextIndex = 1;
  #codeBytes = 0;

  constructor(
    private readonly interpreter: Interpreter,
    private readonly host: TranslatorHost,
  ) {
    this.#effects = new EffectsFinder(() => interpreter.linker.dryParts());
  }

  /** A record that is about to be interpreted, taken now and then. */
  sample(record: number): void {
    const { pool } = this.interpreter;
    const count = pool.countSample(record);
    if (count === WARM) this.#warm.add(record);
    if (count < this.threshold) return;
    pool.forgetSamples(record);
    if (pool.op(record) === OP_TRANSLATED) return;
    this.#waiting.add(record);
    if (this.#waiting.size >= (this.threshold > 1 ? BATCH : 1)) this.#translateWaiting();
  }

  /** Bytes of wasm made since everything was dropped last: at most so many are in use. */
  get codeBytes(): number {
    return this.#codeBytes;
  }

  /** Translates what became hot, and what nearly is. */
  #translateWaiting(): void {
    for (const record of this.#warm) {
      if (this.#waiting.size >= MOST) break;
      this.#waiting.add(record);
    }
    if (this.#codeBytes > MAX_CODE || this.#nextIndex + this.#waiting.size > REGION_TABLE_SIZE) this.reset();
    const plans: Plan[] = [];
    for (const record of this.#waiting) {
      const plan = this.#plan(record);
      if (plan) plans.push(plan);
      this.interpreter.pool.forgetSamples(record);
      this.#warm.delete(record);
    }
    this.#waiting.clear();
    if (plans.length > 0) this.#make(plans);
  }

  /** Words `from` up to `to` of a page change: translations made from them go. */
  invalidate(page: number, from: number, to: number): void {
    const regions = this.#byPage.get(page);
    if (!regions) return;
    const kept = regions.filter((region) => region.to <= from || region.from >= to);
    if (kept.length === regions.length) return;
    for (const region of regions) if (!kept.includes(region)) this.#drop(region);
    this.#byPage.set(page, kept);
  }

  /** Forgets everything. The records must be reset as well, or keep their ops (`unenter`). */
  reset(): void {
    for (const regions of this.#byPage.values()) for (const region of regions) this.#drop(region);
    this.#byPage.clear();
    this.#warm.clear();
    this.#waiting.clear();
    this.#codeBytes = 0;
  }

  #drop(region: Region): void {
    const { pool, linker } = this.interpreter;
    for (const record of region.records) {
      pool.unenter(record);
      pool.forgetSamples(record);
    }
    linker.regions.set(region.index, null);
    this.#freeIndices.push(region.index);
  }

  /** Finds the region that begins at a record, and makes its records enter it; the code itself comes with `#make`. */
  #plan(record: number): Plan | undefined {
    const { pool } = this.interpreter;
    if (pool.op(record) === OP_TRANSLATED) return undefined;
    const { page, word: start } = pool.locate(record);
    const decode = (word: number): Decoding => this.interpreter.decode(page, word);
    const blocks = findRegion({ decode, isBarrier: (word) => this.#isBarrier(page, word) }, start);
    if (blocks.length === 0) return undefined;
    const index = this.#freeIndices.pop() ?? this.#nextIndex++;
    const records = blocks.map(({ start: word }, block) => {
      const entrance = pool.record(page, word);
      this.interpreter.decodeRecord(entrance);
      pool.enter(entrance, index, block);
      return entrance;
    });
    const last = blocks[blocks.length - 1];
    const region = { index, page, from: blocks[0].start, to: last.start + last.instructions.length, records };
    return { region, blocks, start };
  }

  #make(plans: readonly Plan[]): void {
    const { linker } = this.interpreter;
    const runs = linker.instantiateAll(
      { chain: true, helpers: this.#helpersOf(plans.flatMap(({ blocks }) => blocks)) },
      (parts) => {
        return plans.map(({ blocks, start }) => this.#build(parts, blocks, start));
      },
    );
    plans.forEach(({ region }, i) => {
      linker.regions.set(region.index, runs[i]);
      const regions = this.#byPage.get(region.page);
      if (regions) regions.push(region);
      else this.#byPage.set(region.page, [region]);
    });
  }

  #isBarrier(page: number, word: number): boolean {
    if (this.host.hasBreakpoint(page, word)) return true;
    return this.interpreter.pool.op(this.interpreter.pool.record(page, word)) === OP_TRANSLATED;
  }

  #build(parts: ModuleParts, blocks: readonly Block[], start: number): FunctionRef {
    const f = new TrackingBuilder(REGION_SIGNATURE);
    new RegionEmitter(f, parts.helpers, parts.chain as FunctionRef, blocks, this.#effects).emit(start);
    this.made.regions++;
    this.made.bytes += f.size;
    this.#codeBytes += f.size;
    return parts.module.add(f);
  }

  #helpersOf(blocks: readonly Block[]): Set<string> {
    const names = new Set<string>();
    for (const { instructions } of blocks)
      for (const instruction of instructions) for (const name of this.#effects.of(instruction).helpers) names.add(name);
    return names;
  }
}
