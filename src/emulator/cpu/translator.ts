/**
 * The translator: hot regions of a page become wasm functions made from the same uop definitions as the interpreter.
 *
 * A region is `(cpu, page VA, budget, block) -> Exit`. Its code depends on nothing but the words it was made from, so it is kept by physical page
 * and serves every virtual alias, VMID and exception level. A region that is left returns to the main loop, which finds the next one through
 * the fetch TLB.
 */
import type { Expr } from '../../wasm/expr.ts';
import type { Label, Local } from '../../wasm/function.ts';
import type { FunctionRef } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/ops.ts';
import { type Decoding, emitVariant, Exit, type Interpreter, REGION_SIGNATURE } from './interpreter.ts';
import type { HelperRefs } from './interpreter-context.ts';
import { type ModuleParts, REGION_TABLE_SIZE } from './linker.ts';
import { OP_TRANSLATED } from './records.ts';
import { type Block, findRegion, neverFallsThrough } from './region.ts';
import { BUDGET, PC } from './state.ts';
import { ALL_FLAGS, Effects, RegionContext, type RegionExits, TrackingBuilder } from './translator-context.ts';
import { variantKey } from './uops/define.ts';

/**
 * Samples of a record (one in about 24 executions) that make it worth translating. The host's compilers cost milliseconds a region, most of them for the optimised
 * code: what runs less than some ten thousand times is cheaper interpreted.
 */
const HOT = 60;
/** Records that became hot are translated together, because a module has a price whatever is in it. */
const BATCH = 12;
/** Share of the threshold that makes a record warm enough to be translated with others that are hot. */
const WARM = 0.5;
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
  readonly #counts = new Map<number, number>();
  /** Hot records that wait for others. */
  readonly #waiting = new Set<number>();
  readonly #byPage = new Map<number, Region[]>();
  readonly #effects = new Map<string, Effects>();
  /** What code that nobody runs is generated against. */
  #dry: { readonly ram: FunctionRef; readonly helpers: HelperRefs } | undefined;
  readonly #freeIndices: number[] = [];
  #nextIndex = 1;
  #codeBytes = 0;

  constructor(
    private readonly interpreter: Interpreter,
    private readonly host: TranslatorHost,
  ) {}

  /** A record that is about to be interpreted, taken now and then. */
  sample(record: number): void {
    const count = (this.#counts.get(record) ?? 0) + 1;
    this.#counts.set(record, count);
    if (count < this.threshold) return;
    this.#counts.delete(record);
    if (this.interpreter.pool.op(record) === OP_TRANSLATED) return;
    this.#waiting.add(record);
    if (this.#waiting.size >= (this.threshold > 1 ? BATCH : 1)) this.#translateWaiting();
  }

  /** Bytes of wasm made since everything was dropped last: at most so many are in use. */
  get codeBytes(): number {
    return this.#codeBytes;
  }

  /** Translates what became hot, and what nearly is. */
  #translateWaiting(): void {
    const warm = this.threshold * WARM;
    for (const [record, count] of this.#counts) {
      if (this.#waiting.size >= 4 * BATCH) break;
      if (count >= warm) this.#waiting.add(record);
    }
    if (this.#codeBytes > MAX_CODE || this.#nextIndex + this.#waiting.size > REGION_TABLE_SIZE) this.reset();
    const plans: Plan[] = [];
    for (const record of this.#waiting) {
      const plan = this.#plan(record);
      if (plan) plans.push(plan);
      this.#counts.delete(record);
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
    this.#counts.clear();
    this.#waiting.clear();
    this.#codeBytes = 0;
  }

  #drop(region: Region): void {
    const { pool, linker } = this.interpreter;
    for (const record of region.records) {
      pool.unenter(record);
      this.#counts.delete(record);
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
    return { region, blocks };
  }

  #make(plans: readonly Plan[]): void {
    const { linker } = this.interpreter;
    const runs = linker.instantiateAll({ helpers: this.#helpersOf(plans.flatMap(({ blocks }) => blocks)) }, (parts) => {
      const ram = defineRam(parts);
      const go = defineExit(parts);
      return plans.map(({ blocks }) => this.#build(parts, blocks, ram, go));
    });
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

  #build(parts: ModuleParts, blocks: readonly Block[], ram: FunctionRef, go: FunctionRef): FunctionRef {
    const f = new TrackingBuilder(REGION_SIGNATURE);
    this.#emitRegion(f, parts, blocks, ram, go);
    this.made.regions++;
    this.made.bytes += f.size;
    this.#codeBytes += f.size;
    return parts.module.add(f);
  }

  #emitRegion(
    f: TrackingBuilder,
    parts: ModuleParts,
    blocks: readonly Block[],
    ram: FunctionRef,
    go: FunctionRef,
  ): void {
    const [cpu, pageVa, budget, selected] = f.params;
    const labels: Label[] = [];
    const numbers = new Map(blocks.map(({ start }, i) => [start, i]));
    let current = 0;
    f.loop((dispatch) => {
      const jump = (va: Expr) => f.returnCall(go.call(cpu.get, va, budget.get));
      const goto = (word: number) => {
        const block = numbers.get(word);
        if (block === undefined) return jump(i64.add(pageVa.get, BigInt(word * 4)));
        if (block > current) return f.br(labels[block]);
        f.set(selected, block);
        f.br(dispatch);
      };
      const exits: RegionExits = { cpu, pageVa, budget, goto, jump, ram, helpers: parts.helpers };
      const context = new RegionContext(f, exits);
      emitBlocks(f, selected, blocks.length, labels, (i) => {
        current = i;
        this.#emitBlock(context, blocks[i], exits);
      });
    });
    f.unreachable();
  }

  #emitBlock(c: RegionContext, { start, instructions }: Block, { cpu, pageVa, budget, goto }: RegionExits): void {
    const { f } = c;
    f.forget();
    f.set(budget, i32.sub(budget.get, instructions.length));
    f.if(i32.lt_s(budget.get, 0), () => {
      f.do(i64.store(cpu.get, i64.add(pageVa.get, BigInt(start * 4)), PC));
      f.do(i32.store(cpu.get, i32.add(budget.get, instructions.length), BUDGET));
      f.return(Exit.budget);
    });
    const effects = instructions.map((instruction) => this.#effectsOf(instruction));
    instructions.forEach(({ definition, statics, operands }, i) => {
      c.bind(start + i, operands, instructions.length - 1 - i, flagsAreSeen(effects, i));
      f.scope(() => emitVariant(c, definition, statics));
    });
    if (!neverFallsThrough(instructions[instructions.length - 1])) goto(start + instructions.length);
  }

  #helpersOf(blocks: readonly Block[]): Set<string> {
    const names = new Set(['ram']);
    for (const { instructions } of blocks)
      for (const instruction of instructions) for (const name of this.#effectsOf(instruction).helpers) names.add(name);
    return names;
  }

  #dryParts(): { readonly ram: FunctionRef; readonly helpers: HelperRefs } {
    const parts = this.interpreter.linker.dryParts();
    return { ram: defineRam(parts), helpers: parts.helpers };
  }

  /** What a variant does, found by generating it for nobody. */
  #effectsOf({ definition, statics, operands }: Block['instructions'][number]): Effects {
    const key = variantKey(definition, statics);
    const known = this.#effects.get(key);
    if (known) return known;
    const f = new TrackingBuilder(REGION_SIGNATURE);
    const [cpu, pageVa, budget] = f.params;
    const nowhere = () => {};
    const { ram, helpers } = (this.#dry ??= this.#dryParts());
    const context = new RegionContext(f, { cpu, pageVa, budget, goto: nowhere, jump: nowhere, ram, helpers });
    context.bind(0, operands, 0, true);
    emitVariant(context, definition, statics);
    this.#effects.set(key, context.effects);
    return context.effects;
  }
}

/** False when the flags that instruction `i` sets are all set again before the block can be left. */
function flagsAreSeen(effects: readonly Effects[], i: number): boolean {
  for (let j = i + 1; j < effects.length; j++) {
    if (effects[j].exits) return true;
    if (effects[j].writesFlags === ALL_FLAGS) return false;
  }
  return true;
}

/** Blocks one after another; forward branches go straight to them, the selector reaches any. */
function emitBlocks(
  f: TrackingBuilder,
  selector: Local,
  count: number,
  labels: Label[],
  emit: (block: number) => void,
): void {
  const nest = (depth: number): void => {
    if (depth < 0) return f.brTable(selector.get, labels.slice(0, -1), labels[count - 1]);
    f.block((end) => {
      labels[depth] = end;
      nest(depth - 1);
    });
    emit(depth);
  };
  nest(count - 1);
}

/** A slow access of translated code. PC and BUDGET are made exact for doing the instruction again when RAM alone does not serve. */
function defineRam({ module, helpers }: ModuleParts): FunctionRef {
  const ram = helpers.get('ram') as FunctionRef;
  return module.define({ params: ['i32', 'i64', 'i32', 'i64', 'i32'], result: 'i32' }, (f) => {
    const [cpu, va, info, pc, budget] = f.params;
    const address = f.let(ram.call(cpu.get, va.get, info.get));
    f.if(i32.eq(address, 1), () => {
      f.do(i64.store(cpu.get, pc.get, PC));
      f.do(i32.store(cpu.get, i32.add(budget.get, 1), BUDGET));
    });
    f.return(address);
    f.unreachable();
  });
}

/** Ends a region: the main loop goes on at an address. */
function defineExit({ module }: ModuleParts): FunctionRef {
  return module.define({ params: ['i32', 'i64', 'i32'], result: 'i32' }, (f) => {
    const [cpu, va, budget] = f.params;
    f.do(i64.store(cpu.get, va.get, PC));
    f.do(i32.store(cpu.get, budget.get, BUDGET));
    f.return(Exit.resync);
    f.unreachable();
  });
}
