/**
 * What the MMU remembers of translations, in a snapshot. A guest may change a table without TLBI and go on with what the TLB holds: a machine that is
 * restored must find there what the one that was saved would have found. No part of the state's hash: no program can tell but by such races.
 */
import { StateError, type Plain } from '../devices/device.ts';
import { list, number, numbers, record } from '../devices/plain.ts';
import { DRAM_BASE, DRAM_SIZE, OCM_BASE, OCM_SIZE, TLB_ENTRIES } from '../memory-layout.ts';
import type { SavedSet } from './contexts.ts';
import type { MmuCore } from './core.ts';
import { SAVED_CODE_WORDS } from './instruction-tlb.ts';
import { SAVED_WORDS as STAGE2_WORDS, type SavedStage2 } from './stage2-cache.ts';
import { SAVED_WORDS, type SavedContext, USABLE_CONTEXTS } from './tlb.ts';

const REGISTER_WORDS = 24;

/** Everything, as plain data. */
export function saveTranslations(core: MmuCore): Plain {
  return JSON.parse(JSON.stringify({ sets: core.sets.map((set) => set.save()), stage2: core.cache.save() })) as Plain;
}

/** Takes what `saveTranslations` gave, into caches that are empty. Throws `StateError` before anything is changed. */
export function restoreTranslations(core: MmuCore, state: Plain): void {
  const fields = record(state);
  const sets = list(fields.sets, core.sets.length, readSet);
  const stage2 = readStage2(fields.stage2);
  core.cache.restore(stage2);
  sets.forEach((set, cpu) => core.sets[cpu].restore(set));
}

function integer(state: Plain | undefined, limit: number): number {
  const value = number(state);
  if (!Number.isInteger(value) || value < 0 || value >= limit) throw new StateError('a number is out of range');
  return value;
}

/** The number of a context in use, or -1 where `none` is allowed. */
function contextNumber(state: Plain | undefined, indices: readonly number[], none: boolean): number {
  const value = number(state);
  if (!(none && value === -1) && !indices.includes(value)) throw new StateError('a context is missing');
  return value;
}

function readSet(state: Plain): SavedSet {
  const fields = record(state);
  if (!Array.isArray(fields.contexts)) throw new StateError('contexts are expected');
  const contexts = fields.contexts.map(readContext);
  const indices = contexts.map(({ index }) => index);
  return {
    clock: number(fields.clock),
    current: contextNumber(fields.current, indices, false),
    user: contextNumber(fields.user, indices, true),
    contexts,
  };
}

function readContext(state: Plain): SavedContext & { index: number } {
  const fields = record(state);
  return {
    index: integer(fields.index, USABLE_CONTEXTS),
    el: integer(fields.el, 3),
    lastUse: number(fields.lastUse),
    blockSizes: number(fields.blockSizes),
    registers: numbers(fields.registers, REGISTER_WORDS),
    entries: readEntries(fields.entries),
    code: readCode(fields.code ?? []),
  };
}

/** Every entry must name its own slot and a page of RAM: inline accesses go where it points. */
function readEntries(state: Plain | undefined): number[] {
  const entries = numbers(state);
  if (entries.length % SAVED_WORDS !== 0) throw new StateError('an entry is incomplete');
  for (let i = 0; i < entries.length; i += SAVED_WORDS) {
    const [slot, tagLo, , page] = entries.slice(i, i + SAVED_WORDS);
    if (((tagLo >>> 12) & (TLB_ENTRIES - 1)) !== slot || !isRamPage(page)) throw new StateError('an entry is wrong');
  }
  return entries;
}

/** States from before there was a TLB for instructions have none of it. */
function readCode(state: Plain): number[] {
  const entries = numbers(state);
  if (entries.length % SAVED_CODE_WORDS !== 0) throw new StateError('an entry of code is incomplete');
  for (let i = 0; i < entries.length; i += SAVED_CODE_WORDS) {
    const [tagLo, , page] = entries.slice(i, i + SAVED_CODE_WORDS);
    if (tagLo % 4096 !== 0 || !isRamPage(page)) throw new StateError('an entry of code is wrong');
  }
  return entries;
}

function isRamPage(linear: number): boolean {
  const isDram = linear >= DRAM_BASE && linear < DRAM_BASE + DRAM_SIZE;
  const isOcm = linear >= OCM_BASE && linear < OCM_BASE + OCM_SIZE;
  return linear % 4096 === 0 && (isDram || isOcm);
}

function readStage2(state: Plain | undefined): SavedStage2 {
  const fields = record(state ?? null);
  const entries = numbers(fields.entries);
  if (entries.length % STAGE2_WORDS !== 0 || !Array.isArray(fields.owners)) throw new StateError('stage 2 is wrong');
  const owners = fields.owners.map((owner) => {
    if (!Array.isArray(owner) || typeof owner[0] !== 'string') throw new StateError('a stage-2 tree is expected');
    return [owner[0], number(owner[1])] as const;
  });
  return { owners, nextOwner: number(fields.nextOwner), entries };
}
