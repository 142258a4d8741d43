/**
 * The controls of a translation regime, decoded once: what TCR, TTBR, SCTLR, VTCR and HCR say, as plain numbers a walk can use.
 * The source is a `RegimeRegisters`, filled from the running CPU or from any saved register values (a vCPU that does not run).
 */

/** Registers that decide a translation; the value is their place in `RegimeRegisters` (two 32-bit words each, low first). */
export const RegimeRegister = {
  SCTLR_EL1: 0,
  TCR_EL1: 1,
  TTBR0_EL1: 2,
  TTBR1_EL1: 3,
  MAIR_EL1: 4,
  HCR_EL2: 5,
  VTCR_EL2: 6,
  VTTBR_EL2: 7,
  SCTLR_EL2: 8,
  TCR_EL2: 9,
  TTBR0_EL2: 10,
  MAIR_EL2: 11,
} as const;
export type RegimeRegisterName = keyof typeof RegimeRegister;

const REGISTER_COUNT = 12;

/** Values of the registers above: word `2n` is the low half of register `n`, word `2n + 1` the high half. */
export type RegimeRegisters = Uint32Array;

/** Makes register words from named values; absent registers are 0. */
export function regimeRegisters(values: Partial<Record<RegimeRegisterName, bigint>>): RegimeRegisters {
  const words = new Uint32Array(2 * REGISTER_COUNT);
  for (const name of Object.keys(values) as RegimeRegisterName[]) {
    const value = values[name] ?? 0n;
    words[2 * RegimeRegister[name]] = Number(value & 0xffff_ffffn);
    words[2 * RegimeRegister[name] + 1] = Number((value >> 32n) & 0xffff_ffffn);
  }
  return words;
}

/** Physical address bits of the Cortex-A53 (ID_AA64MMFR0_EL1.PARange). */
export const PA_BITS = 40;

/** Bits of HCR_EL2 that take part in translation. */
export const Hcr = { VM: 1, PTW: 4, DC: 1 << 12, TGE: 1 << 27, CD_HI: 1, ID_HI: 2 } as const;
/** Bits of SCTLR_ELx that take part in translation. */
export const Sctlr = { M: 1, A: 2, C: 4, I: 1 << 12, WXN: 1 << 19, EE: 1 << 25 } as const;

/** One of the table trees a regime can walk: stage 1 through TTBR0 or TTBR1, or stage 2. */
export class TableControl {
  /** False: a walk is a translation fault at level 0 (EPD, or a size field that is out of range). */
  enabled = false;
  /** Input address bits. */
  inputSize = 0;
  /** 2^inputSize. */
  inputLimit = 1;
  /** log2 of the granule in bytes: 12 or 16. */
  granuleShift = 12;
  startLevel = 0;
  /** Output addresses with a bit at or above this are address size faults. */
  outputSize = PA_BITS;
  /** Physical (or intermediate) address of the first table. */
  base = 0;
  /** The base register itself has bits above the output size: an address size fault at level 0. */
  baseTooLarge = false;
  /** Top byte ignored. */
  tbi = false;
  bigEndian = false;
}

/** EL1&0 (with its stage 2) or EL2. */
export type RegimeKind = 1 | 2;

/** A decoded regime. `decode` may be called again with other registers: nothing is allocated. */
export class Regime {
  kind: RegimeKind = 1;
  /** Stage 1 translates (SCTLR.M and nothing that overrides it). */
  stage1 = false;
  readonly table0 = new TableControl();
  /** Upper range; only the EL1&0 regime has it. */
  readonly table1 = new TableControl();
  mairLo = 0;
  mairHi = 0;
  /** SCTLR.A. */
  alignmentCheck = false;
  writeImpliesNoExecute = false;
  dataCacheable = false;
  instructionCacheable = false;
  /** HCR_EL2.DC: stage 1 off means Normal write-back instead of Device. */
  defaultCacheable = false;
  /** Stage 2 translates. */
  stage2 = false;
  readonly table2 = new TableControl();
  /** HCR_EL2.PTW: a stage-1 walk may not read memory that stage 2 makes Device. */
  protectedTableWalk = false;
  /** HCR_EL2.CD and ID: stage 2 makes data, or instruction, accesses Non-cacheable. */
  stage2DataNonCacheable = false;
  stage2InstructionNonCacheable = false;

  decode(words: RegimeRegisters, kind: RegimeKind): void {
    this.kind = kind;
    if (kind === 2) decodeEl2(this, words);
    else decodeEl10(this, words);
  }
}

function decodeEl2(regime: Regime, words: RegimeRegisters): void {
  const sctlr = words[2 * RegimeRegister.SCTLR_EL2];
  const tcr = words[2 * RegimeRegister.TCR_EL2];
  decodeSctlr(regime, sctlr);
  regime.defaultCacheable = false;
  regime.stage2 = false;
  regime.mairLo = words[2 * RegimeRegister.MAIR_EL2];
  regime.mairHi = words[2 * RegimeRegister.MAIR_EL2 + 1];
  const table = regime.table0;
  table.bigEndian = (sctlr & Sctlr.EE) !== 0;
  table.tbi = (tcr & (1 << 20)) !== 0;
  table.granuleShift = lowerGranule((tcr >>> 14) & 3);
  table.outputSize = outputSize((tcr >>> 16) & 7);
  decodeStage1Size(table, tcr & 63);
  decodeBase(table, words, RegimeRegister.TTBR0_EL2);
}

function decodeEl10(regime: Regime, words: RegimeRegisters): void {
  const hcr = words[2 * RegimeRegister.HCR_EL2];
  const sctlr = words[2 * RegimeRegister.SCTLR_EL1];
  decodeSctlr(regime, sctlr);
  regime.defaultCacheable = (hcr & Hcr.DC) !== 0;
  if ((hcr & (Hcr.DC | Hcr.TGE)) !== 0) regime.stage1 = false;
  regime.mairLo = words[2 * RegimeRegister.MAIR_EL1];
  regime.mairHi = words[2 * RegimeRegister.MAIR_EL1 + 1];
  decodeLowerRange(regime.table0, words, sctlr);
  decodeUpperRange(regime.table1, words, sctlr);
  decodeStage2(regime, words, hcr);
}

function decodeSctlr(regime: Regime, sctlr: number): void {
  regime.stage1 = (sctlr & Sctlr.M) !== 0;
  regime.alignmentCheck = (sctlr & Sctlr.A) !== 0;
  regime.writeImpliesNoExecute = (sctlr & Sctlr.WXN) !== 0;
  regime.dataCacheable = (sctlr & Sctlr.C) !== 0;
  regime.instructionCacheable = (sctlr & Sctlr.I) !== 0;
}

function decodeLowerRange(table: TableControl, words: RegimeRegisters, sctlr: number): void {
  const tcr = words[2 * RegimeRegister.TCR_EL1];
  const tcrHi = words[2 * RegimeRegister.TCR_EL1 + 1];
  table.bigEndian = (sctlr & Sctlr.EE) !== 0;
  table.tbi = (tcrHi & (1 << 5)) !== 0;
  table.granuleShift = lowerGranule((tcr >>> 14) & 3);
  table.outputSize = outputSize(tcrHi & 7);
  decodeStage1Size(table, tcr & 63);
  if ((tcr & (1 << 7)) !== 0) table.enabled = false;
  decodeBase(table, words, RegimeRegister.TTBR0_EL1);
}

function decodeUpperRange(table: TableControl, words: RegimeRegisters, sctlr: number): void {
  const tcr = words[2 * RegimeRegister.TCR_EL1];
  const tcrHi = words[2 * RegimeRegister.TCR_EL1 + 1];
  table.bigEndian = (sctlr & Sctlr.EE) !== 0;
  table.tbi = (tcrHi & (1 << 6)) !== 0;
  table.granuleShift = tcr >>> 30 === 3 ? 16 : 12;
  table.outputSize = outputSize(tcrHi & 7);
  decodeStage1Size(table, (tcr >>> 16) & 63);
  if ((tcr & (1 << 23)) !== 0) table.enabled = false;
  decodeBase(table, words, RegimeRegister.TTBR1_EL1);
}

/** TG0: 16 KB is not implemented; that and the reserved value select 4 KB. */
function lowerGranule(tg0: number): number {
  return tg0 === 1 ? 16 : 12;
}

/** IPS, PS: output address bits, never more than are implemented. */
function outputSize(ps: number): number {
  const sizes = [32, 36, 40, 42, 44, 48, 48, 48];
  return Math.min(sizes[ps], PA_BITS);
}

/** Table size from TnSZ. A value outside 16..39 is taken as a fault at level 0, one of the permitted choices. */
function decodeStage1Size(table: TableControl, tsz: number): void {
  const bitsPerLevel = table.granuleShift - 3;
  table.enabled = tsz >= 16 && tsz <= 39;
  table.inputSize = 64 - tsz;
  table.startLevel = 4 - Math.floor((table.inputSize - 4) / bitsPerLevel);
}

/** Table address from TTBRn or VTTBR: the low bits that the first table's size leaves no room for are ignored. */
function decodeBase(table: TableControl, words: RegimeRegisters, register: number): void {
  const high = words[2 * register + 1] & 0xffff;
  const firstIndexBits = table.inputSize - levelShift(table, table.startLevel);
  const alignment = 2 ** Math.max(firstIndexBits + 3, 4);
  table.inputLimit = 2 ** table.inputSize;
  const address = high * 2 ** 32 + words[2 * register];
  table.base = address - (address % alignment);
  table.baseTooLarge = high >>> (table.outputSize - 32) !== 0;
}

/** log2 of what one entry of a table at `level` covers. */
export function levelShift(table: TableControl, level: number): number {
  return table.granuleShift + (3 - level) * (table.granuleShift - 3);
}

function decodeStage2(regime: Regime, words: RegimeRegisters, hcr: number): void {
  const hcrHi = words[2 * RegimeRegister.HCR_EL2 + 1];
  const vtcr = words[2 * RegimeRegister.VTCR_EL2];
  regime.stage2 = (hcr & (Hcr.VM | Hcr.DC)) !== 0;
  regime.protectedTableWalk = (hcr & Hcr.PTW) !== 0;
  regime.stage2DataNonCacheable = (hcrHi & Hcr.CD_HI) !== 0;
  regime.stage2InstructionNonCacheable = (hcrHi & Hcr.ID_HI) !== 0;
  const table = regime.table2;
  table.bigEndian = (words[2 * RegimeRegister.SCTLR_EL2] & Sctlr.EE) !== 0;
  table.granuleShift = lowerGranule((vtcr >>> 14) & 3);
  table.outputSize = outputSize((vtcr >>> 16) & 7);
  decodeStage2Size(table, vtcr & 63, (vtcr >>> 6) & 3);
  decodeBase(table, words, RegimeRegister.VTTBR_EL2);
}

/**
 * Stage-2 size and start level (VTCR_EL2.T0SZ, SL0). Inconsistent settings are level 0 translation faults:
 * the first lookup may span 1 to 16 concatenated tables, and levels that 40 physical bits cannot need do not exist.
 */
function decodeStage2Size(table: TableControl, tsz: number, sl0: number): void {
  table.inputSize = 64 - tsz;
  table.startLevel = table.granuleShift === 12 ? 2 - sl0 : 3 - sl0;
  const firstLookupBits = table.inputSize - levelShift(table, table.startLevel);
  const bitsPerLevel = table.granuleShift - 3;
  table.enabled =
    tsz >= 16 &&
    tsz <= 39 &&
    sl0 !== 3 &&
    table.startLevel >= (table.granuleShift === 12 ? 1 : 2) &&
    firstLookupBits >= 1 &&
    firstLookupBits <= bitsPerLevel + 4 &&
    table.inputSize <= table.outputSize;
}

/** ASID that a TTBR carries, in the size TCR_EL1.AS selects, from the register TCR_EL1.A1 names. */
export function currentAsid(words: RegimeRegisters): number {
  const tcr = words[2 * RegimeRegister.TCR_EL1];
  const a1 = (tcr & (1 << 22)) !== 0;
  const high = words[2 * (a1 ? RegimeRegister.TTBR1_EL1 : RegimeRegister.TTBR0_EL1) + 1];
  const sixteen = (words[2 * RegimeRegister.TCR_EL1 + 1] & (1 << 4)) !== 0;
  return (high >>> 16) & (sixteen ? 0xffff : 0xff);
}

/** VTTBR_EL2.VMID (8 bits). */
export function currentVmid(words: RegimeRegisters): number {
  return (words[2 * RegimeRegister.VTTBR_EL2 + 1] >>> 16) & 0xff;
}
