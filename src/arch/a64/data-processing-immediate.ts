/** A64 data processing, immediate (Arm ARM C4.1, "Data Processing -- Immediate"). */
import { encoding, type Alias, type Encoding, type Fields } from './encoding.ts';
import { decodeBitMasks, isLogicalImmediate } from './operands.ts';

const moveFromSp = (f: Fields): boolean => f.imm12 === 0 && f.sh === 0 && (f.Rd === 31 || f.Rn === 31);
const toZero: (asm: string) => Alias = (asm) => ({ when: (f) => f.Rd === 31, asm });

const addSubImmediate: Encoding[] = [
  encoding('addsub_imm', 'ADD', 'sf 0 0 100010 sh imm12:12 Rn:5 Rd:5', 'add {Rd|sp}, {Rn|sp}, {imm12sh}', {
    aliases: [{ when: moveFromSp, asm: 'mov {Rd|sp}, {Rn|sp}' }],
  }),
  encoding('addsub_imm', 'ADDS', 'sf 0 1 100010 sh imm12:12 Rn:5 Rd:5', 'adds {Rd}, {Rn|sp}, {imm12sh}', {
    aliases: [toZero('cmn {Rn|sp}, {imm12sh}')],
  }),
  encoding('addsub_imm', 'SUB', 'sf 1 0 100010 sh imm12:12 Rn:5 Rd:5', 'sub {Rd|sp}, {Rn|sp}, {imm12sh}'),
  encoding('addsub_imm', 'SUBS', 'sf 1 1 100010 sh imm12:12 Rn:5 Rd:5', 'subs {Rd}, {Rn|sp}, {imm12sh}', {
    aliases: [toZero('cmp {Rn|sp}, {imm12sh}')],
  }),
];

/** Whether a value has no bits but in one of its 16-bit parts. */
const isOnePart = (value: bigint): boolean => [0n, 16n, 32n, 48n].some((at) => (value & ~(0xffffn << at)) === 0n);

/**
 * Whether MOVZ or MOVN could make the value: then `mov` stands for those. They cannot write SP. The pseudocode MoveWidePreferred misses some values that
 * MOVN makes; here, as to objdump, `mov` is what an assembler would make of it.
 */
function moveWidePreferred({ sf, N, imms, immr, Rd }: Fields): boolean {
  const width = sf ? 64 : 32;
  const value = decodeBitMasks(N, imms, immr, width);
  return Rd !== 31 && value !== undefined && (isOnePart(value) || isOnePart(BigInt.asUintN(width, ~value)));
}

const logicalWhere = (f: Fields): boolean => isLogicalImmediate(f.sf, f.N, f.imms);

const logicalImmediate: Encoding[] = [
  encoding('log_imm', 'AND', 'sf 00 100100 N immr:6 imms:6 Rn:5 Rd:5', 'and {Rd|sp}, {Rn}, {bitmask}', {
    where: logicalWhere,
  }),
  encoding('log_imm', 'ORR', 'sf 01 100100 N immr:6 imms:6 Rn:5 Rd:5', 'orr {Rd|sp}, {Rn}, {bitmask}', {
    where: logicalWhere,
    aliases: [{ when: (f) => f.Rn === 31 && !moveWidePreferred(f), asm: 'mov {Rd|sp}, {bitmask}' }],
  }),
  encoding('log_imm', 'EOR', 'sf 10 100100 N immr:6 imms:6 Rn:5 Rd:5', 'eor {Rd|sp}, {Rn}, {bitmask}', {
    where: logicalWhere,
  }),
  encoding('log_imm', 'ANDS', 'sf 11 100100 N immr:6 imms:6 Rn:5 Rd:5', 'ands {Rd}, {Rn}, {bitmask}', {
    where: logicalWhere,
    aliases: [toZero('tst {Rn}, {bitmask}')],
  }),
];

const wideWhere = (f: Fields): boolean => f.sf === 1 || f.hw < 2;
/** `mov` does not stand for a shifted zero, nor for an inverted 32-bit value that MOVZ could make. */
const moveZero = (f: Fields): boolean => f.imm16 !== 0 || f.hw === 0;
const moveNot = (f: Fields): boolean => moveZero(f) && (f.sf === 1 || f.imm16 !== 0xffff);

const moveWide: Encoding[] = [
  encoding('movewide', 'MOVN', 'sf 00 100101 hw:2 imm16:16 Rd:5', 'movn {Rd}, {imm16hw}', {
    where: wideWhere,
    aliases: [{ when: moveNot, asm: 'mov {Rd}, {wideNot}' }],
  }),
  encoding('movewide', 'MOVZ', 'sf 10 100101 hw:2 imm16:16 Rd:5', 'movz {Rd}, {imm16hw}', {
    where: wideWhere,
    aliases: [{ when: moveZero, asm: 'mov {Rd}, {wide}' }],
  }),
  encoding('movewide', 'MOVK', 'sf 11 100101 hw:2 imm16:16 Rd:5', 'movk {Rd}, {imm16hw}', { where: wideWhere }),
];

const bitfieldWhere = (f: Fields): boolean => f.N === f.sf && (f.sf === 1 || (f.immr < 32 && f.imms < 32));
const top = (f: Fields): number => (f.sf ? 63 : 31);
const isInsert = (f: Fields): boolean => f.imms < f.immr;
/** Sign and zero extensions: a field at bit 0 whose top is `imms`. */
const extends_ = (imms: number, sf?: number) => (f: Fields) =>
  f.immr === 0 && f.imms === imms && (sf === undefined || f.sf === sf);

const bitfield: Encoding[] = [
  encoding('bitfield', 'SBFM', 'sf 00 100110 N immr:6 imms:6 Rn:5 Rd:5', 'sbfm {Rd}, {Rn}, #{immr}, #{imms}', {
    where: bitfieldWhere,
    aliases: [
      { when: (f) => f.imms === top(f), asm: 'asr {Rd}, {Rn}, #{immr}' },
      { when: extends_(7), asm: 'sxtb {Rd}, {Wn}' },
      { when: extends_(15), asm: 'sxth {Rd}, {Wn}' },
      { when: extends_(31, 1), asm: 'sxtw {Rd}, {Wn}' },
      { when: isInsert, asm: 'sbfiz {Rd}, {Rn}, #{insertLsb}, #{insertWidth}' },
      { when: () => true, asm: 'sbfx {Rd}, {Rn}, #{immr}, #{extractWidth}' },
    ],
  }),
  encoding('bitfield', 'BFM', 'sf 01 100110 N immr:6 imms:6 Rn:5 Rd:5', 'bfm {Rd}, {Rn}, #{immr}, #{imms}', {
    where: bitfieldWhere,
    aliases: [
      { when: (f) => isInsert(f) && f.Rn === 31, asm: 'bfc {Rd}, #{insertLsb}, #{insertWidth}' },
      { when: isInsert, asm: 'bfi {Rd}, {Rn}, #{insertLsb}, #{insertWidth}' },
      { when: () => true, asm: 'bfxil {Rd}, {Rn}, #{immr}, #{extractWidth}' },
    ],
  }),
  encoding('bitfield', 'UBFM', 'sf 10 100110 N immr:6 imms:6 Rn:5 Rd:5', 'ubfm {Rd}, {Rn}, #{immr}, #{imms}', {
    where: bitfieldWhere,
    aliases: [
      { when: (f) => f.imms === top(f), asm: 'lsr {Rd}, {Rn}, #{immr}' },
      { when: (f) => f.imms + 1 === f.immr, asm: 'lsl {Rd}, {Rn}, #{insertLsb}' },
      { when: extends_(7, 0), asm: 'uxtb {Rd}, {Wn}' },
      { when: extends_(15, 0), asm: 'uxth {Rd}, {Wn}' },
      { when: isInsert, asm: 'ubfiz {Rd}, {Rn}, #{insertLsb}, #{insertWidth}' },
      { when: () => true, asm: 'ubfx {Rd}, {Rn}, #{immr}, #{extractWidth}' },
    ],
  }),
];

const others: Encoding[] = [
  encoding('pcreladdr', 'ADR', '0 immlo:2 10000 immhi:19 Rd:5', 'adr {Xd}, {adr}'),
  encoding('pcreladdr', 'ADRP', '1 immlo:2 10000 immhi:19 Rd:5', 'adrp {Xd}, {adrp}'),
  encoding('extract', 'EXTR', 'sf 00 100111 N 0 Rm:5 imms:6 Rn:5 Rd:5', 'extr {Rd}, {Rn}, {Rm}, #{imms}', {
    where: (f) => f.N === f.sf && (f.sf === 1 || f.imms < 32),
    aliases: [{ when: (f) => f.Rn === f.Rm, asm: 'ror {Rd}, {Rn}, #{imms}' }],
  }),
];

/** The rows of this group. */
export const dataProcessingImmediate: readonly Encoding[] = [
  ...addSubImmediate,
  ...logicalImmediate,
  ...moveWide,
  ...bitfield,
  ...others,
];
