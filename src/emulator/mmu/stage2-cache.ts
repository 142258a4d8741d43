/**
 * Remembers stage-2 translations of single pages, so that a stage-1 walk costs one lookup a level instead of another walk.
 * Only translations that succeeded are kept, as in a TLB; the CPUs share it, which can only make it fresher than private ones.
 */
import type { TableControl } from './regime.ts';

const ENTRIES = 8192;
/** Owners get numbers below this; when they run out everything is forgotten. */
const OWNER_LIMIT = 8000;
/** IPA page numbers are below 2^36, so owner and page fit a double exactly. */
const OWNER_SCALE = 2 ** 36;

/** Numbers of a saved entry: index, tag, page, details. */
export const SAVED_WORDS = 4;

/** The cache as plain data. */
export interface SavedStage2 {
  /** Keys of stage-2 trees and their numbers. */
  readonly owners: readonly (readonly [key: string, owner: number])[];
  readonly nextOwner: number;
  /** `SAVED_WORDS` for each entry. */
  readonly entries: readonly number[];
}

export class Stage2Cache {
  /** owner * 2^36 + IPA page; -1: empty. */
  private readonly tags = new Float64Array(ENTRIES).fill(-1);
  /** Physical page number. */
  readonly pages = new Int32Array(ENTRIES);
  /** Permissions, level, attributes and shareability as `Walker` packs them. */
  readonly details = new Int32Array(ENTRIES);
  private owners = new Map<string, number>();
  private nextOwner = 0;
  /** Changes whenever owners that were handed out may no longer be used. */
  epoch = 0;

  /** Number of the stage-2 tree `table` under `vmid`; valid until `epoch` changes. */
  owner(table: TableControl, vmid: number): number {
    const key = `${vmid}:${table.base}:${table.inputSize}:${table.startLevel}:${table.granuleShift}:${table.outputSize}:${table.bigEndian}`;
    const known = this.owners.get(key);
    if (known !== undefined) return known;
    if (this.nextOwner >= OWNER_LIMIT) this.clear();
    const owner = this.nextOwner++;
    this.owners.set(key, owner);
    return owner;
  }

  /** Index of the entry for an IPA page, or -1. */
  find(owner: number, ipaPage: number): number {
    const index = slot(owner, ipaPage);
    return this.tags[index] === owner * OWNER_SCALE + ipaPage ? index : -1;
  }

  insert(owner: number, ipaPage: number, page: number, details: number): void {
    const index = slot(owner, ipaPage);
    this.tags[index] = owner * OWNER_SCALE + ipaPage;
    this.pages[index] = page;
    this.details[index] = details;
  }

  /** Forgets every translation of a VMID: its trees get new owner numbers. */
  invalidateVmid(vmid: number): void {
    for (const key of this.owners.keys()) if (key.startsWith(`${vmid}:`)) this.owners.delete(key);
    this.epoch++;
  }

  save(): SavedStage2 {
    const entries: number[] = [];
    this.tags.forEach((tag, index) => {
      if (tag >= 0) entries.push(index, tag, this.pages[index], this.details[index]);
    });
    return { owners: [...this.owners], nextOwner: this.nextOwner, entries };
  }

  /** Takes what `save` gave. */
  restore({ owners, nextOwner, entries }: SavedStage2): void {
    this.clear();
    this.owners = new Map(owners);
    this.nextOwner = nextOwner;
    for (let i = 0; i < entries.length; i += SAVED_WORDS) {
      const index = entries[i] & (ENTRIES - 1);
      this.tags[index] = entries[i + 1];
      this.pages[index] = entries[i + 2];
      this.details[index] = entries[i + 3];
    }
  }

  clear(): void {
    this.tags.fill(-1);
    this.owners.clear();
    this.nextOwner = 0;
    this.epoch++;
  }
}

function slot(owner: number, ipaPage: number): number {
  return ((ipaPage >>> 0) ^ (owner * 0x9e5)) & (ENTRIES - 1);
}
