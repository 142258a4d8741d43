/**
 * Zones: loops of a region whose registers and flags stay in wasm locals from the way in to the way out. Here it is decided which loops, which
 * registers, and how each of their blocks finds the flags.
 */
import type { EffectsFinder } from './effects-finder.ts';
import type { Decoding } from './interpreter.ts';
import { FlagSource } from './lazy-flags.ts';
import { findLoops, type Loop } from './loops.ts';
import { type Block, transfers } from './region.ts';
import { SLOT_SINK, SLOT_ZERO } from './state.ts';
import { type Effects, slotOf } from './translator-context.ts';
import type { RegisterOperand } from './uops/context.ts';

export interface Zone {
  readonly loop: Loop;
  /** Slots of general registers that its instructions name, and those that they write. */
  readonly registers: ReadonlySet<number>;
  readonly written: ReadonlySet<number>;
  /** Ways in which the flags are set in it; none when it leaves them alone. */
  readonly flagWrites: ReadonlySet<FlagSource>;
  readonly usesFlags: boolean;
  /** What set the flags, for each block at its begin. */
  readonly flagsAt: ReadonlyMap<number, FlagSource>;
}

/** The zones of a region that begins at word `start`, by the number of the block at their head. */
export function findZones(blocks: readonly Block[], start: number, effects: EffectsFinder): Map<number, Zone> {
  const zones = new Map<number, Zone>();
  const numbers = new Map(blocks.map((block, i) => [block.start, i]));
  const flow = blocks.map(({ start: word, instructions }) => {
    const last = word + instructions.length - 1;
    return transfers(last, instructions[instructions.length - 1]).flatMap((to) => {
      const number = numbers.get(to);
      return number === undefined ? [] : [number];
    });
  });
  if (!flow.some((list, from) => list.some((to) => to <= from))) return zones;
  const isFit = (block: number) => blocks[block].instructions.every((instruction) => staysInZone(instruction, effects));
  const choose = (loop: Loop): void => {
    if (loop.blocks.every(isFit)) zones.set(loop.header, makeZone(loop, blocks, flow, effects));
    else loop.inner.forEach(choose);
  };
  findLoops(flow, numbers.get(start) ?? 0).forEach(choose);
  return zones;
}

/** Whether an instruction does nothing that needs exact registers in the state block, unless it is given to the interpreter. */
function staysInZone(instruction: Decoding, finder: EffectsFinder): boolean {
  const effects = finder.of(instruction);
  if (effects.leaves || effects.helpers.size > 0) return false;
  return slotsOf(instruction, effects.addresses).length === 0;
}

function slotsOf({ operands }: Decoding, names: ReadonlySet<RegisterOperand>): number[] {
  return [...names].map((name) => slotOf(operands[name] ?? 0)).filter((slot) => slot >= 0 && slot !== SLOT_ZERO && slot !== SLOT_SINK); // prettier-ignore
}

function makeZone(
  loop: Loop,
  blocks: readonly Block[],
  flow: readonly (readonly number[])[],
  finder: EffectsFinder,
): Zone {
  const registers = new Set<number>();
  const written = new Set<number>();
  const flagWrites = new Set<FlagSource>();
  let readsFlags = false;
  for (const instruction of loop.blocks.flatMap((block) => blocks[block].instructions)) {
    const effects = finder.of(instruction);
    for (const slot of slotsOf(instruction, effects.reads)) registers.add(slot);
    for (const slot of slotsOf(instruction, effects.writes)) written.add(slot);
    if (effects.writesFlags !== 0) flagWrites.add(effects.flagSource ?? FlagSource.parts);
    readsFlags ||= effects.readsFlags;
  }
  for (const slot of written) registers.add(slot);
  const usesFlags = readsFlags || flagWrites.size > 0;
  const perBlock = new Map(loop.blocks.map((b) => [b, blocks[b].instructions.map((one) => finder.of(one))]));
  return { loop, registers, written, flagWrites, usesFlags, flagsAt: flowOfFlags(loop, flow, perBlock) };
}

/** Where ways meet on which the flags were set differently they are made, if anybody there tests them; else a local remembers the difference. */
function flowOfFlags(
  loop: Loop,
  flow: readonly (readonly number[])[],
  effects: ReadonlyMap<number, readonly Effects[]>,
): Map<number, FlagSource> {
  const live = liveFlags(loop, flow, effects);
  const at = new Map<number, FlagSource>([[loop.header, live.has(loop.header) ? FlagSource.parts : FlagSource.varies]]);
  for (let changed = true; changed;) {
    changed = false;
    for (const block of loop.blocks) {
      const source = at.get(block);
      if (source === undefined) continue;
      const out = (effects.get(block) as readonly Effects[]).reduce(sourceAfter, source);
      for (const next of flow[block]) {
        if (!effects.has(next)) continue;
        const known = at.get(next);
        const met = known === undefined || known === out ? out : live.has(next) ? FlagSource.parts : FlagSource.varies;
        if (known === met || known === FlagSource.parts || known === FlagSource.varies) continue;
        at.set(next, met);
        changed = true;
      }
    }
  }
  return at;
}

function sourceAfter(source: FlagSource, effects: Effects): FlagSource {
  return effects.writesFlags === 0 ? source : (effects.flagSource ?? FlagSource.parts);
}

/** Blocks at whose begin the flags may still be tested within the loop. */
function liveFlags(
  loop: Loop,
  flow: readonly (readonly number[])[],
  effects: ReadonlyMap<number, readonly Effects[]>,
): Set<number> {
  const live = new Set<number>();
  for (let changed = true; changed;) {
    changed = false;
    for (const block of loop.blocks.toReversed()) {
      if (live.has(block)) continue;
      const first = (effects.get(block) as readonly Effects[]).find((one) => one.readsFlags || one.writesFlags !== 0);
      const isLive = first ? first.readsFlags : flow[block].some((next) => live.has(next));
      if (!isLive) continue;
      live.add(block);
      changed = true;
    }
  }
  return live;
}
