/** Advanced SIMD by indexed element, vector and scalar (Arm ARM C4.1). The index is H:L:M for halfwords, H:L for words, H for doublewords. */
import { encoding, type Encoding, type Fields } from './encoding.ts';
import { halfOrWord } from './simd-where.ts';

/** Name, U, opcode, whether the result is wide. */
const INTEGER: readonly (readonly [string, string, string, boolean, 'vector' | 'both'])[] = [
  ['MLA', '1', '0000', false, 'vector'],
  ['SMLAL', '0', '0010', true, 'vector'],
  ['UMLAL', '1', '0010', true, 'vector'],
  ['SQDMLAL', '0', '0011', true, 'both'],
  ['MLS', '1', '0100', false, 'vector'],
  ['SMLSL', '0', '0110', true, 'vector'],
  ['UMLSL', '1', '0110', true, 'vector'],
  ['SQDMLSL', '0', '0111', true, 'both'],
  ['MUL', '0', '1000', false, 'vector'],
  ['SMULL', '0', '1010', true, 'vector'],
  ['UMULL', '1', '1010', true, 'vector'],
  ['SQDMULL', '0', '1011', true, 'both'],
  ['SQDMULH', '0', '1100', false, 'both'],
  ['SQRDMULH', '0', '1101', false, 'both'],
];

const FLOAT: readonly (readonly [string, string, string])[] = [
  ['FMLA', '0', '0001'],
  ['FMLS', '0', '0101'],
  ['FMUL', '0', '1001'],
  ['FMULX', '1', '1001'],
];

const vectorInteger: Encoding[] = INTEGER.map(([name, u, opcode, isWide]) => {
  const pattern = `0 Q ${u} 01111 size:2 L M Rm:4 ${opcode} H 0 Rn:5 Rd:5`;
  const asm = isWide ? `${name.toLowerCase()}{2} {Vd.W}` : `${name.toLowerCase()} {Vd.T}`;
  return encoding('asimdelem', name, pattern, `${asm}, {Vn.T}, {Vm.index}`, { where: halfOrWord });
});

const scalarInteger: Encoding[] = INTEGER.filter((row) => row[4] === 'both').map(([name, u, opcode, isWide]) => {
  const pattern = `01 ${u} 11111 size:2 L M Rm:4 ${opcode} H 0 Rn:5 Rd:5`;
  const asm = `${name.toLowerCase()} ${isWide ? '{Sd+}' : '{Sd}'}, {Sn}, {Vm.index}`;
  return encoding('asisdelem', name, pattern, asm, { where: halfOrWord });
});

const scalarFloatWhere = (f: Fields): boolean => f.sz === 0 || f.L === 0;
const vectorFloatWhere = (f: Fields): boolean => f.sz === 0 || (f.L === 0 && f.Q === 1);

const float: Encoding[] = FLOAT.flatMap(([name, u, opcode]) => {
  const tail = `1 sz L M Rm:4 ${opcode} H 0 Rn:5 Rd:5`;
  const asm = name.toLowerCase();
  return [
    encoding('asimdelem', name, `0 Q ${u} 01111 ${tail}`, `${asm} {Vd.T}, {Vn.T}, {Vm.index}`, {
      where: vectorFloatWhere,
    }),
    encoding('asisdelem', name, `01 ${u} 11111 ${tail}`, `${asm} {Sd}, {Sn}, {Vm.index}`, { where: scalarFloatWhere }),
  ];
});

/** The rows of this group. */
export const simdElement: readonly Encoding[] = [...vectorInteger, ...scalarInteger, ...float];
