/**
 * The one definition of address translation (Arm ARM, "The AArch64 Virtual Memory System Architecture", VMSAv8-64 of Armv8.0).
 * The running CPUs, the AT instructions and the debugger all use it, on whatever register values they hold.
 *
 * Results are left in the walker's fields: translation happens on every soft-TLB miss and must not allocate. Virtual addresses are
 * 32-bit halves, physical and intermediate ones numbers.
 */
import { ramOffset } from '../memory-layout.ts';
import { Fsc, NO_FAULT } from './fault.ts';
import * as memory from './memory-attributes.ts';
import { levelShift, PA_BITS } from './regime.ts';
import type { Regime, TableControl } from './regime.ts';
import { stage1Permissions } from './stage1.ts';
import { packStage2 } from './stage2.ts';
import type { Stage2Cache } from './stage2-cache.ts';

/** What an access wants, and what a translation allows: the same three bits. */
export const Permission = { read: 1, write: 2, execute: 4 } as const;

/** How to translate: `Permission` bits that are required (none: no permission check), and these. */
export const Want = {
  read: 1,
  write: 2,
  execute: 4,
  /** Translate with EL0's permissions. */
  el0: 8,
  /** A data access that is not aligned to its size: faults on Device memory. */
  unaligned: 16,
  /** Stop at the IPA (AT S1E1R and the like); stage-1 descriptors still go through stage 2. */
  stage1Only: 32,
} as const;

/** One descriptor that a walk has read, for people. */
export interface WalkStep {
  readonly stage: 1 | 2;
  readonly level: number;
  /** Where the descriptor is: a physical address, and the IPA it was found through (stage 1 with stage 2 on). */
  readonly pa: number;
  readonly ipa: number | undefined;
  readonly value: bigint;
}

/** Weight of a high half. */
const HIGH = 0x1_0000_0000;

export class Walker {
  /** Fault status code or `NO_FAULT`. */
  fsc = NO_FAULT;
  faultStage2 = false;
  faultS1ptw = false;
  /** After stage 1: its output address; after a stage-2 fault: the address for HPFAR_EL2. */
  ipa = 0;
  /** Final physical address. */
  pa = 0;
  /** MAIR-encoded memory type and shareability of both stages together. */
  attributes = 0;
  shareability = 0;
  /** `Permission` bits of both stages together. */
  permissions = 0;
  /** Stage-1 lookup level of the entry used, and log2 of the bytes it maps. */
  level = 0;
  blockShift = 12;
  /** nG of the stage-1 entry. */
  notGlobal = false;
  /** When set, every descriptor read is recorded. */
  steps: WalkStep[] | undefined;

  private descriptorLo = 0;
  private descriptorHi = 0;
  private outputPage = 0;
  private hierarchical = 0;
  private stage2Pa = 0;
  private stage2Details = 0;
  private owner = -1;

  /** `words` is the whole linear memory; without `cache` stage 2 is walked every time. */
  constructor(
    private readonly words: Uint32Array,
    private readonly cache: Stage2Cache | undefined,
  ) {}

  /** Translates; false when it faults. `owner` is the stage-2 cache's number for the regime's stage 2. */
  translate(regime: Regime, vaLo: number, vaHi: number, want: number, owner: number): boolean {
    this.owner = owner;
    this.fsc = NO_FAULT;
    this.faultStage2 = false;
    this.faultS1ptw = false;
    this.level = 0;
    this.blockShift = 12;
    this.notGlobal = false;
    const ok = regime.stage1 ? this.stage1(regime, vaLo, vaHi, want) : this.stage1Off(regime, vaLo, vaHi, want);
    if (!ok || !this.checkStage1(want)) return false;
    if (!regime.stage2 || (want & Want.stage1Only) !== 0) {
      this.pa = this.ipa;
      return true;
    }
    return this.bothStages(regime, want);
  }

  /** Translates an intermediate physical address through stage 2 alone. */
  translateIpa(regime: Regime, ipa: number, want: number): boolean {
    this.fsc = NO_FAULT;
    this.faultStage2 = false;
    this.faultS1ptw = false;
    this.ipa = ipa;
    this.attributes = memory.NORMAL_WRITE_BACK;
    this.shareability = memory.Shareability.non;
    this.permissions = Permission.read | Permission.write | Permission.execute;
    return this.bothStages(regime, want);
  }

  private fault(fsc: number, stage2 = false): false {
    this.fsc = fsc;
    this.faultStage2 = stage2;
    return false;
  }

  private stage1Off(regime: Regime, vaLo: number, vaHi: number, want: number): boolean {
    const table = regime.kind === 1 && (vaHi & 0x0080_0000) !== 0 ? regime.table1 : regime.table0;
    const high = table.tbi ? vaHi & 0x00ff_ffff : vaHi;
    if (high >>> (PA_BITS - 32) !== 0) return this.fault(Fsc.addressSize);
    this.ipa = high * HIGH + (vaLo >>> 0);
    this.permissions = Permission.read | Permission.write | Permission.execute;
    this.shareability = memory.Shareability.outer;
    this.attributes = memory.DEVICE_nGnRnE;
    if (regime.defaultCacheable) {
      this.attributes = memory.NORMAL_WRITE_BACK;
      this.shareability = memory.Shareability.non;
    } else if ((want & Want.execute) !== 0) {
      this.attributes = regime.instructionCacheable ? memory.NORMAL_WRITE_THROUGH : memory.NORMAL_NON_CACHEABLE;
    }
    return true;
  }

  private stage1(regime: Regime, vaLo: number, vaHi: number, want: number): boolean {
    const upper = regime.kind === 1 && (vaHi & 0x0080_0000) !== 0;
    const table = upper ? regime.table1 : regime.table0;
    const high = table.tbi ? (vaHi << 8) >> 8 : vaHi | 0;
    // Above the input size all bits must equal the range's: ones in the upper, zeros in the lower.
    if (!table.enabled || extraBits(vaLo, high, table.inputSize) !== (upper ? -1 : 0)) {
      return this.fault(Fsc.translation);
    }
    this.hierarchical = 0;
    if (!this.walkTables(regime, table, vaLo, vaHi, false)) return false;
    this.ipa = this.outputPage + (vaLo & ((1 << this.blockShift) - 1));
    this.decodeStage1Leaf(regime, want);
    return (this.descriptorLo & (1 << 10)) !== 0 || this.fault(Fsc.accessFlag + this.level);
  }

  private decodeStage1Leaf(regime: Regime, want: number): void {
    const lo = this.descriptorLo;
    this.permissions = stage1Permissions(regime, lo, this.descriptorHi, this.hierarchical, (want & Want.el0) !== 0);
    this.attributes = memory.mairField(regime.mairLo, regime.mairHi, (lo >>> 2) & 7);
    if (!regime.dataCacheable && (want & Want.execute) === 0 && !memory.isDevice(this.attributes)) {
      this.attributes = memory.NORMAL_NON_CACHEABLE;
    }
    this.shareability = (lo >>> 8) & 3;
    this.notGlobal = regime.kind === 1 && (lo & (1 << 11)) !== 0;
  }

  /** Alignment on Device memory, then permissions, as AArch64.FirstStageTranslate orders them. */
  private checkStage1(want: number): boolean {
    if ((want & Want.unaligned) !== 0 && memory.isDevice(this.attributes)) return this.fault(Fsc.alignment);
    if ((want & 7 & ~this.permissions) !== 0) return this.fault(Fsc.permission + this.level);
    return true;
  }

  private bothStages(regime: Regime, want: number): boolean {
    if (!this.stage2(regime, this.ipa)) return false;
    const details = this.stage2Details;
    const attributes = this.stage2Attributes(regime, details, want);
    if ((want & Want.unaligned) !== 0 && memory.isDevice(attributes)) return this.fault(Fsc.alignment, true);
    if ((want & 7 & ~details) !== 0) return this.fault(Fsc.permission + ((details >>> 4) & 3), true);
    this.pa = this.stage2Pa;
    this.permissions &= details;
    this.attributes = memory.combineAttributes(this.attributes, attributes);
    this.shareability = memory.combineShareability(this.shareability, (details >>> 6) & 3);
    return true;
  }

  private stage2Attributes(regime: Regime, details: number, want: number): number {
    const attributes = (details >>> 8) & 0xff;
    const off = (want & Want.execute) !== 0 ? regime.stage2InstructionNonCacheable : regime.stage2DataNonCacheable;
    return off && !memory.isDevice(attributes) ? memory.NORMAL_NON_CACHEABLE : attributes;
  }

  /** Stage 2 of one address into `stage2Pa` and `stage2Details`; permissions are the caller's business. */
  private stage2(regime: Regime, ipa: number): boolean {
    const cache = this.steps === undefined ? this.cache : undefined;
    const page = Math.floor(ipa / 4096);
    const known = cache === undefined ? -1 : cache.find(this.owner, page);
    if (known >= 0 && cache !== undefined) {
      this.stage2Pa = cache.pages[known] * 4096 + (ipa & 0xfff);
      this.stage2Details = cache.details[known];
      return true;
    }
    if (!this.walkStage2(regime, ipa)) return false;
    cache?.insert(this.owner, page, Math.floor(this.stage2Pa / 4096), this.stage2Details);
    return true;
  }

  private walkStage2(regime: Regime, ipa: number): boolean {
    const table = regime.table2;
    this.ipa = ipa;
    if (!table.enabled || ipa >= table.inputLimit) return this.fault(Fsc.translation, true);
    const level = this.level;
    const blockShift = this.blockShift;
    const hierarchical = this.hierarchical;
    const ok = this.walkTables(regime, table, ipa >>> 0, Math.floor(ipa / HIGH), true);
    if (ok) {
      this.stage2Pa = this.outputPage + (ipa & ((1 << this.blockShift) - 1));
      this.stage2Details = packStage2(this.descriptorLo, this.descriptorHi, this.level);
    }
    const flagFault = ok && (this.descriptorLo & (1 << 10)) === 0 ? Fsc.accessFlag + this.level : NO_FAULT;
    this.level = level;
    this.blockShift = blockShift;
    this.hierarchical = hierarchical;
    return flagFault === NO_FAULT ? ok : this.fault(flagFault, true);
  }

  /** Walks one tree down to a valid block or page: leaves the descriptor, its level and size, and the output address of its first byte. */
  private walkTables(regime: Regime, table: TableControl, lo: number, hi: number, stage2: boolean): boolean {
    if (table.baseTooLarge) return this.fault(Fsc.addressSize, stage2);
    let base = table.base;
    let indexBits = table.inputSize - levelShift(table, table.startLevel);
    for (let level = table.startLevel; ; level++) {
      const shift = levelShift(table, level);
      const index = field(lo, hi, shift) & ((1 << indexBits) - 1);
      if (!this.readDescriptor(regime, table, base + index * 8, level, stage2)) return false;
      const kind = this.descriptorLo & 3;
      if (isInvalid(kind, level, table.granuleShift)) return this.fault(Fsc.translation + level, stage2);
      const high = this.descriptorHi & 0xffff;
      if (high >>> (table.outputSize - 32) !== 0) return this.fault(Fsc.addressSize + level, stage2);
      if (level === 3 || kind === 1) {
        this.level = level;
        this.blockShift = shift;
        this.outputPage = high * HIGH + alignDown(this.descriptorLo, shift);
        return true;
      }
      this.hierarchical |= this.descriptorHi;
      base = high * HIGH + alignDown(this.descriptorLo, table.granuleShift);
      indexBits = table.granuleShift - 3;
    }
  }

  /** Reads one descriptor; those of stage 1 are themselves translated by stage 2 when it is on. */
  private readDescriptor(
    regime: Regime,
    table: TableControl,
    address: number,
    level: number,
    stage2: boolean,
  ): boolean {
    let pa = address;
    if (!stage2 && regime.stage2) {
      if (!this.descriptorStage2(regime, address)) return false;
      pa = this.stage2Pa;
    }
    const offset = ramOffset(pa);
    if (offset === 0) return this.fault(Fsc.externalOnWalk + level, stage2);
    this.descriptorLo = this.words[offset >>> 2];
    this.descriptorHi = this.words[(offset >>> 2) + 1];
    if (table.bigEndian) this.swapDescriptor();
    if (this.steps !== undefined)
      this.recordStep(this.steps, stage2, level, pa, !stage2 && regime.stage2 ? address : undefined);
    return true;
  }

  private descriptorStage2(regime: Regime, address: number): boolean {
    this.faultS1ptw = true;
    if (!this.stage2(regime, address)) return false;
    const details = this.stage2Details;
    const forbidden = regime.protectedTableWalk && memory.isDevice((details >>> 8) & 0xff);
    if (forbidden || (details & Permission.read) === 0) {
      this.ipa = address;
      return this.fault(Fsc.permission + ((details >>> 4) & 3), true);
    }
    this.faultS1ptw = false;
    return true;
  }

  private swapDescriptor(): void {
    const lo = this.descriptorLo;
    this.descriptorLo = swap32(this.descriptorHi);
    this.descriptorHi = swap32(lo);
  }

  private recordStep(steps: WalkStep[], stage2: boolean, level: number, pa: number, ipa: number | undefined): void {
    const value = (BigInt(this.descriptorHi) << 32n) | BigInt(this.descriptorLo);
    steps.push({ stage: stage2 ? 2 : 1, level, pa, ipa, value });
  }
}

/** Low half of an address with the bits below `shift` (12 to 30) cleared. */
function alignDown(lo: number, shift: number): number {
  return (lo & -(1 << shift)) >>> 0;
}

/** 32 bits of hi:lo from bit `shift` (12 to 47) on. */
function field(lo: number, hi: number, shift: number): number {
  return shift >= 32 ? hi >>> (shift - 32) : (lo >>> shift) | (hi << (32 - shift));
}

/** Bits 63:inputSize as a signed number: 0 or -1 in a canonical address, anything else otherwise. */
function extraBits(lo: number, hi: number, inputSize: number): number {
  if (inputSize >= 32) return hi >> (inputSize - 32);
  return hi === lo >> inputSize ? hi : 1;
}

/** Invalid descriptors, and valid bits where the granule has no block at that level. */
function isInvalid(kind: number, level: number, granuleShift: number): boolean {
  if ((kind & 1) === 0) return true;
  if (level === 3) return kind !== 3;
  return kind === 1 && level < (granuleShift === 12 ? 1 : 2);
}

function swap32(value: number): number {
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
