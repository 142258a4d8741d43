/** Writes the code of a region: its blocks, reached by a selector or by branches, and its loops. */
import type { Expr } from '../../wasm/expr.ts';
import type { Label, Local } from '../../wasm/function.ts';
import type { FunctionRef } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/ops.ts';
import type { EffectsFinder } from './effects-finder.ts';
import { emitVariant, Exit } from './interpreter.ts';
import type { HelperRefs } from './interpreter-context.ts';
import { FlagSource } from './lazy-flags.ts';
import type { Loop } from './loops.ts';
import { type Block, neverFallsThrough } from './region.ts';
import { BUDGET, PC, TLB } from './state.ts';
import {
  ALL_FLAGS,
  type Effects,
  emitColdExit,
  RegionContext,
  type RegionExits,
  type TrackingBuilder,
  ZoneExit,
  type ZoneScope,
} from './translator-context.ts';
import { findZones, type Zone } from './zone.ts';

/** The loop that is being written. */
interface ActiveZone {
  readonly zone: Zone;
  /** Where its blocks are reached from inside. */
  readonly labels: Map<number, Label>;
}

export class RegionEmitter {
  readonly #c: RegionContext;
  readonly #numbers: ReadonlyMap<number, number>;
  readonly #labels: Label[] = [];
  #dispatch: Label | undefined;
  #cold: Label | undefined;
  #current = 0;
  #active: ActiveZone | undefined;

  constructor(
    private readonly f: TrackingBuilder,
    helpers: HelperRefs,
    private readonly chain: FunctionRef,
    private readonly blocks: readonly Block[],
    private readonly effects: EffectsFinder,
  ) {
    const [cpu, pageVa, budget] = f.params;
    this.#numbers = new Map(blocks.map(({ start }, i) => [start, i]));
    const exits: RegionExits = {
      cpu,
      pageVa,
      budget,
      goto: (word) => this.#goto(word),
      jump: (va) => this.#jump(va),
      resume: () => f.returnCall(chain.call(cpu.get, i64.load(cpu.get, PC), i32.load(cpu.get, BUDGET))),
      cold: () => f.br(this.#cold as Label),
      at: f.persistent('i32'),
      helpers,
    };
    this.#c = new RegionContext(f, exits);
  }

  get #selected(): Local {
    return this.f.params[3];
  }

  /** Writes the whole region, which was found at word `start`. */
  emit(start: number): void {
    const { f, blocks } = this;
    const zones = findZones(blocks, start, this.effects);
    f.block((cold) => {
      this.#cold = cold;
      f.loop((dispatch) => {
        this.#dispatch = dispatch;
        emitBlocks(f, this.#selected, blocks.length, this.#labels, (i) => {
          this.#current = i;
          const zone = zones.get(i);
          if (zone) this.#emitZone(zone);
          else this.#emitBlock(blocks[i]);
        });
      });
      f.unreachable();
    });
    emitColdExit(f, this.#c.exits.at);
    f.unreachable();
  }

  #goto(word: number): void {
    const block = this.#numbers.get(word);
    if (block === undefined) return this.#jump(i64.add(this.#c.exits.pageVa.get, BigInt(word * 4)));
    if (this.#active) return this.#gotoFromZone(this.#active, block);
    if (block > this.#current) return this.f.br(this.#labels[block]);
    this.f.set(this.#selected, block);
    this.f.br(this.#dispatch as Label);
  }

  #jump(va: Expr): void {
    const { cpu, budget } = this.#c.exits;
    const { zone } = this.#c;
    if (!zone) return this.f.returnCall(this.chain.call(cpu.get, va, budget.get));
    this.f.do(i64.store(cpu.get, va, PC));
    this.#c.leaveZone(zone, ZoneExit.jump);
  }

  #gotoFromZone({ zone, labels }: ActiveZone, block: number): void {
    const { f } = this;
    const label = labels.get(block);
    if (label) {
      this.#agreeOnFlags(zone.flagsAt.get(block) as FlagSource);
      return f.br(label);
    }
    f.set(this.#selected, block);
    this.#c.leaveZone(this.#c.zone as ZoneScope, ZoneExit.block);
  }

  /** Brings the flags into the form in which a block expects them. */
  #agreeOnFlags(wanted: FlagSource): void {
    const { flagSource } = this.#c;
    if (wanted === flagSource) return;
    if (wanted === FlagSource.parts) this.#c.makeFlags();
    else if (wanted === FlagSource.varies && this.#c.zone) this.f.set(this.#c.zone.source, flagSource);
  }

  /** The way in, the loop, and the way out. */
  #emitZone(zone: Zone): void {
    const { f } = this;
    const c = this.#c;
    const [tlb, source, exit] = [f.persistent('i32'), f.persistent('i32'), f.persistent('i32')];
    f.block((end) => {
      const leave = (how: ZoneExit) => {
        f.set(exit, how);
        f.br(end);
      };
      c.enterZone(zone.registers, zone.usesFlags);
      f.set(tlb, i32.load(c.cpu, TLB));
      f.set(source, FlagSource.parts);
      c.zone = { leave, tlb, source };
      this.#active = { zone, labels: new Map() };
      this.#emitLoop(zone.loop, this.#active);
    });
    c.zone = undefined;
    this.#active = undefined;
    c.flagSource = FlagSource.parts;
    c.spill(zone.written);
    this.#spillFlags(zone, source);
    f.brIf(this.#dispatch as Label, i32.eqz(exit.get));
    f.brIf(this.#cold as Label, i32.eq(exit.get, ZoneExit.cold));
    f.returnCall(this.chain.call(c.cpu, i64.load(c.cpu, PC), c.exits.budget.get));
  }

  #spillFlags({ flagWrites }: Zone, source: Local): void {
    if (flagWrites.size === 0) return;
    for (const one of new Set([...flagWrites, FlagSource.parts]))
      this.f.if(i32.eq(source.get, one), () => this.#c.spillFlags(one));
  }

  #emitLoop(loop: Loop, active: ActiveZone): void {
    const inner = new Map(loop.inner.map((one) => [one.header, one]));
    const covered = new Set(loop.inner.flatMap(({ blocks }) => blocks));
    const items = loop.blocks.filter((block) => !covered.has(block) || inner.has(block));
    this.f.loop((again) => {
      const emitItem = (block: number): void => {
        const nested = inner.get(block);
        if (nested) return this.#emitLoop(nested, active);
        this.#c.flagSource = active.zone.flagsAt.get(block) as FlagSource;
        this.#emitBlock(this.blocks[block]);
      };
      const nest = (last: number): void => {
        if (last === 0) {
          active.labels.set(loop.header, again);
          return emitItem(loop.header);
        }
        this.f.block((end) => {
          active.labels.set(items[last], end);
          nest(last - 1);
        });
        active.labels.delete(items[last]);
        emitItem(items[last]);
      };
      nest(items.length - 1);
    });
    active.labels.delete(loop.header);
  }

  #emitBlock({ start, instructions }: Block): void {
    const { f } = this;
    const c = this.#c;
    const { budget } = c.exits;
    f.forget();
    if (!this.#active) c.flagSource = FlagSource.parts;
    f.set(budget, i32.sub(budget.get, instructions.length));
    f.if(i32.lt_s(budget.get, 0), () => c.quit(start, instructions.length, Exit.budget));
    const effects = instructions.map((instruction) => this.effects.of(instruction));
    instructions.forEach(({ definition, statics, operands }, i) => {
      c.bind(start + i, operands, instructions.length - 1 - i, flagsAreSeen(effects, i), effects[i]);
      f.scope(() => emitVariant(c, definition, statics));
    });
    if (!neverFallsThrough(instructions[instructions.length - 1])) this.#goto(start + instructions.length);
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
