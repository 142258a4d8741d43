/** Advanced SIMD copies, permutations, table look-up, modified immediates and the cryptographic instructions (Arm ARM C4.1). */
import { encoding, type Alias, type Encoding, type Fields } from './encoding.ts';
import { notOneDouble, VECTOR_3 } from './simd-where.ts';

/** The lowest set bit of imm5 is the element size; the bits above it are the index. */
const hasSize = (f: Fields): boolean => (f.imm5 & 15) !== 0;
/** Size 3 needs a quadword vector. */
const duplicateWhere = (f: Fields): boolean => hasSize(f) && ((f.imm5 & 7) !== 0 || f.Q === 1);
const signedMoveWhere = (f: Fields): boolean => (f.imm5 & (f.Q === 1 ? 7 : 3)) !== 0;
const unsignedMoveWhere = (f: Fields): boolean => (f.Q === 1 ? (f.imm5 & 15) === 8 : (f.imm5 & 7) !== 0);
const always = (asm: string): Alias => ({ when: () => true, asm });

const copies: Encoding[] = [
  encoding('asimdins', 'DUP_elem', '0 Q 0 01110000 imm5:5 0 0000 1 Rn:5 Rd:5', 'dup {Vd.T5}, {Vn.imm5}', {
    where: duplicateWhere,
  }),
  encoding('asimdins', 'DUP_gen', '0 Q 0 01110000 imm5:5 0 0001 1 Rn:5 Rd:5', 'dup {Vd.T5}, {imm5Rn}', {
    where: duplicateWhere,
  }),
  encoding('asimdins', 'SMOV', '0 Q 0 01110000 imm5:5 0 0101 1 Rn:5 Rd:5', 'smov {QRd}, {Vn.imm5}', {
    where: signedMoveWhere,
  }),
  encoding('asimdins', 'UMOV', '0 Q 0 01110000 imm5:5 0 0111 1 Rn:5 Rd:5', 'umov {QRd}, {Vn.imm5}', {
    where: unsignedMoveWhere,
    aliases: [{ when: (f) => (f.imm5 & 3) === 0, asm: 'mov {QRd}, {Vn.imm5}' }],
  }),
  encoding('asimdins', 'INS_gen', '0 1 0 01110000 imm5:5 0 0011 1 Rn:5 Rd:5', 'ins {Vd.imm5}, {imm5Rn}', {
    where: hasSize,
    aliases: [always('mov {Vd.imm5}, {imm5Rn}')],
  }),
  encoding('asimdins', 'INS_elem', '0 1 1 01110000 imm5:5 0 imm4:4 1 Rn:5 Rd:5', 'ins {Vd.imm5}, {Vn.imm4}', {
    where: hasSize,
    aliases: [always('mov {Vd.imm5}, {Vn.imm4}')],
  }),
  encoding('asisdone', 'DUP', '01 0 11110000 imm5:5 0 0000 1 Rn:5 Rd:5', 'dup {imm5Sd}, {Vn.imm5}', {
    where: hasSize,
    aliases: [always('mov {imm5Sd}, {Vn.imm5}')],
  }),
];

const permutations: Encoding[] = [
  ['UZP1', '001'],
  ['TRN1', '010'],
  ['ZIP1', '011'],
  ['UZP2', '101'],
  ['TRN2', '110'],
  ['ZIP2', '111'],
].map(([name, opcode]) => {
  const pattern = `0 Q 001110 size:2 0 Rm:5 0 ${opcode} 10 Rn:5 Rd:5`;
  return encoding('asimdperm', name, pattern, `${name.toLowerCase()} ${VECTOR_3}`, { where: notOneDouble });
});

const tables: Encoding[] = [
  encoding('asimdext', 'EXT', '0 Q 101110 000 Rm:5 0 imm4:4 0 Rn:5 Rd:5', 'ext {Vd.B}, {Vn.B}, {Vm.B}, #{imm4}', {
    where: (f) => f.Q === 1 || f.imm4 < 8,
  }),
  encoding('asimdtbl', 'TBL', '0 Q 001110 000 Rm:5 0 len:2 0 00 Rn:5 Rd:5', 'tbl {Vd.B}, {table}, {Vm.B}'),
  encoding('asimdtbl', 'TBX', '0 Q 001110 000 Rm:5 0 len:2 1 00 Rn:5 Rd:5', 'tbx {Vd.B}, {table}, {Vm.B}'),
];

const immediate = (op: string, cmode: string): string => `0 Q ${op} 0111100000 abc:3 ${cmode} 0 1 defgh:5 Rd:5`;
const isShifted = (f: Fields): boolean => f.cmode < 12 && (f.cmode & 1) === 0;
const isOnes = (f: Fields): boolean => f.cmode === 12 || f.cmode === 13;

const immediates: Encoding[] = [
  encoding('asimdimm', 'MOVI', immediate('op', 'cmode:4'), 'movi {immVd}, {simdImm}', {
    where: (f) => (f.op === 0 && (isShifted(f) || isOnes(f))) || f.cmode === 14,
  }),
  encoding('asimdimm', 'ORR', immediate('0', 'cmode:4'), 'orr {immVd}, {simdImm}', {
    where: (f) => f.cmode < 12 && (f.cmode & 1) === 1,
  }),
  encoding('asimdimm', 'MVNI', immediate('1', 'cmode:4'), 'mvni {immVd}, {simdImm}', {
    where: (f) => isShifted(f) || isOnes(f),
  }),
  encoding('asimdimm', 'BIC', immediate('1', 'cmode:4'), 'bic {immVd}, {simdImm}', {
    where: (f) => f.cmode < 12 && (f.cmode & 1) === 1,
  }),
  encoding('asimdimm', 'FMOV', immediate('op', '1111'), 'fmov {fmovVd}, {fpImm}', {
    where: (f) => f.op === 0 || f.Q === 1,
  }),
];

const crypto: Encoding[] = [
  ...['AESE', 'AESD', 'AESMC', 'AESIMC'].map((name, opcode) => {
    const pattern = `01001110 00 10100 001${opcode >> 1}${opcode & 1} 10 Rn:5 Rd:5`;
    return encoding('cryptoaes', name, pattern, `${name.toLowerCase()} v{#Rd}.16b, v{#Rn}.16b`);
  }),
  ...[
    ['SHA1C', '000', 'q{#Rd}, s{#Rn}, v{#Rm}.4s'],
    ['SHA1P', '001', 'q{#Rd}, s{#Rn}, v{#Rm}.4s'],
    ['SHA1M', '010', 'q{#Rd}, s{#Rn}, v{#Rm}.4s'],
    ['SHA1SU0', '011', 'v{#Rd}.4s, v{#Rn}.4s, v{#Rm}.4s'],
    ['SHA256H', '100', 'q{#Rd}, q{#Rn}, v{#Rm}.4s'],
    ['SHA256H2', '101', 'q{#Rd}, q{#Rn}, v{#Rm}.4s'],
    ['SHA256SU1', '110', 'v{#Rd}.4s, v{#Rn}.4s, v{#Rm}.4s'],
  ].map(([name, opcode, operands]) => {
    const pattern = `01011110 00 0 Rm:5 0 ${opcode} 00 Rn:5 Rd:5`;
    return encoding('cryptosha3', name, pattern, `${name.toLowerCase()} ${operands}`);
  }),
  ...[
    ['SHA1H', '00000', 's{#Rd}, s{#Rn}'],
    ['SHA1SU1', '00001', 'v{#Rd}.4s, v{#Rn}.4s'],
    ['SHA256SU0', '00010', 'v{#Rd}.4s, v{#Rn}.4s'],
  ].map(([name, opcode, operands]) => {
    const pattern = `01011110 00 10100 ${opcode} 10 Rn:5 Rd:5`;
    return encoding('cryptosha2', name, pattern, `${name.toLowerCase()} ${operands}`);
  }),
];

/** The rows of this group. */
export const simdMove: readonly Encoding[] = [...copies, ...permutations, ...tables, ...immediates, ...crypto];
