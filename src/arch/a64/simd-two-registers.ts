/** Advanced SIMD two-register miscellaneous and scalar pairwise (Arm ARM C4.1). */
import { encoding, type Alias, type Encoding, type Fields } from './encoding.ts';
import { belowDouble, bytesOnly, doubleOnly, floatVector, notOneDouble, SCALAR_2, VECTOR_2 } from './simd-where.ts';

type Where = (fields: Fields) => boolean;

/** Name, U, opcode, allowed sizes, operands. */
type Row = readonly [string, string, string, Where, string];

const NARROW = '{Vd.T}, {Vn.W}';
const ZERO = ', #0';
const anySize: Where = () => true;
const belowWord: Where = (f) => f.size < 2;
const halfOnly: Where = (f) => f.size === 1;

const VECTOR: readonly Row[] = [
  ['REV64', '0', '00000', belowDouble, VECTOR_2],
  ['REV32', '1', '00000', belowWord, VECTOR_2],
  ['REV16', '0', '00001', bytesOnly, VECTOR_2],
  ['SADDLP', '0', '00010', belowDouble, '{Vd.P}, {Vn.T}'],
  ['UADDLP', '1', '00010', belowDouble, '{Vd.P}, {Vn.T}'],
  ['SUQADD', '0', '00011', notOneDouble, VECTOR_2],
  ['USQADD', '1', '00011', notOneDouble, VECTOR_2],
  ['CLS', '0', '00100', belowDouble, VECTOR_2],
  ['CLZ', '1', '00100', belowDouble, VECTOR_2],
  ['CNT', '0', '00101', bytesOnly, VECTOR_2],
  ['RBIT', '1', '00101', halfOnly, '{Vd.B}, {Vn.B}'],
  ['SADALP', '0', '00110', belowDouble, '{Vd.P}, {Vn.T}'],
  ['UADALP', '1', '00110', belowDouble, '{Vd.P}, {Vn.T}'],
  ['SQABS', '0', '00111', notOneDouble, VECTOR_2],
  ['SQNEG', '1', '00111', notOneDouble, VECTOR_2],
  ['CMGT', '0', '01000', notOneDouble, VECTOR_2 + ZERO],
  ['CMGE', '1', '01000', notOneDouble, VECTOR_2 + ZERO],
  ['CMEQ', '0', '01001', notOneDouble, VECTOR_2 + ZERO],
  ['CMLE', '1', '01001', notOneDouble, VECTOR_2 + ZERO],
  ['CMLT', '0', '01010', notOneDouble, VECTOR_2 + ZERO],
  ['ABS', '0', '01011', notOneDouble, VECTOR_2],
  ['NEG', '1', '01011', notOneDouble, VECTOR_2],
];

const VECTOR_NARROW: readonly Row[] = [
  ['XTN', '0', '10010', belowDouble, NARROW],
  ['SQXTUN', '1', '10010', belowDouble, NARROW],
  ['SHLL', '1', '10011', belowDouble, '{Vd.W}, {Vn.T}, {elementBits}'],
  ['SQXTN', '0', '10100', belowDouble, NARROW],
  ['UQXTN', '1', '10100', belowDouble, NARROW],
];

function vector(suffix: string) {
  return ([name, u, opcode, where, operands]: Row): Encoding => {
    const pattern = `0 Q ${u} 01110 size:2 10000 ${opcode} 10 Rn:5 Rd:5`;
    return encoding('asimdmisc', name, pattern, `${name.toLowerCase()}${suffix} ${operands}`, { where });
  };
}

const mvn: Alias = { when: () => true, asm: 'mvn {Vd.B}, {Vn.B}' };

const vectorInteger: Encoding[] = [
  ...VECTOR.map(vector('')),
  ...VECTOR_NARROW.map(vector('{2}')),
  encoding('asimdmisc', 'NOT', '0 Q 1 01110 00 10000 00101 10 Rn:5 Rd:5', 'not {Vd.B}, {Vn.B}', { aliases: [mvn] }),
];

const SCALAR: readonly Row[] = [
  ['SUQADD', '0', '00011', anySize, SCALAR_2],
  ['USQADD', '1', '00011', anySize, SCALAR_2],
  ['SQABS', '0', '00111', anySize, SCALAR_2],
  ['SQNEG', '1', '00111', anySize, SCALAR_2],
  ['CMGT', '0', '01000', doubleOnly, SCALAR_2 + ZERO],
  ['CMGE', '1', '01000', doubleOnly, SCALAR_2 + ZERO],
  ['CMEQ', '0', '01001', doubleOnly, SCALAR_2 + ZERO],
  ['CMLE', '1', '01001', doubleOnly, SCALAR_2 + ZERO],
  ['CMLT', '0', '01010', doubleOnly, SCALAR_2 + ZERO],
  ['ABS', '0', '01011', doubleOnly, SCALAR_2],
  ['NEG', '1', '01011', doubleOnly, SCALAR_2],
  ['SQXTUN', '1', '10010', belowDouble, '{Sd}, {Sn+}'],
  ['SQXTN', '0', '10100', belowDouble, '{Sd}, {Sn+}'],
  ['UQXTN', '1', '10100', belowDouble, '{Sd}, {Sn+}'],
];

const scalarInteger: Encoding[] = SCALAR.map(([name, u, opcode, where, operands]) => {
  const pattern = `01 ${u} 11110 size:2 10000 ${opcode} 10 Rn:5 Rd:5`;
  return encoding('asisdmisc', name, pattern, `${name.toLowerCase()} ${operands}`, { where });
});

const FLOAT_ZERO = ', #0.0';

/** Name, U, a (size<1>), opcode, forms, what follows the two registers. */
const FLOAT: readonly (readonly [string, string, string, string, 'vector' | 'scalar' | 'both', string?])[] = [
  ['FRINTN', '0', '0', '11000', 'vector'],
  ['FRINTM', '0', '0', '11001', 'vector'],
  ['FCVTNS', '0', '0', '11010', 'both'],
  ['FCVTMS', '0', '0', '11011', 'both'],
  ['FCVTAS', '0', '0', '11100', 'both'],
  ['SCVTF', '0', '0', '11101', 'both'],
  ['FCMGT', '0', '1', '01100', 'both', FLOAT_ZERO],
  ['FCMEQ', '0', '1', '01101', 'both', FLOAT_ZERO],
  ['FCMLT', '0', '1', '01110', 'both', FLOAT_ZERO],
  ['FABS', '0', '1', '01111', 'vector'],
  ['FRINTP', '0', '1', '11000', 'vector'],
  ['FRINTZ', '0', '1', '11001', 'vector'],
  ['FCVTPS', '0', '1', '11010', 'both'],
  ['FCVTZS', '0', '1', '11011', 'both'],
  ['FRECPE', '0', '1', '11101', 'both'],
  ['FRECPX', '0', '1', '11111', 'scalar'],
  ['FRINTA', '1', '0', '11000', 'vector'],
  ['FRINTX', '1', '0', '11001', 'vector'],
  ['FCVTNU', '1', '0', '11010', 'both'],
  ['FCVTMU', '1', '0', '11011', 'both'],
  ['FCVTAU', '1', '0', '11100', 'both'],
  ['UCVTF', '1', '0', '11101', 'both'],
  ['FCMGE', '1', '1', '01100', 'both', FLOAT_ZERO],
  ['FCMLE', '1', '1', '01101', 'both', FLOAT_ZERO],
  ['FNEG', '1', '1', '01111', 'vector'],
  ['FRINTI', '1', '1', '11001', 'vector'],
  ['FCVTPU', '1', '1', '11010', 'both'],
  ['FCVTZU', '1', '1', '11011', 'both'],
  ['FRSQRTE', '1', '1', '11101', 'both'],
  ['FSQRT', '1', '1', '11111', 'vector'],
];

const floatVectors: Encoding[] = FLOAT.filter((row) => row[4] !== 'scalar').map(([name, u, a, opcode, , rest = '']) => {
  const pattern = `0 Q ${u} 01110 ${a} sz 10000 ${opcode} 10 Rn:5 Rd:5`;
  return encoding('asimdmisc', name, pattern, `${name.toLowerCase()} ${VECTOR_2}${rest}`, { where: floatVector });
});

const floatScalars: Encoding[] = FLOAT.filter((row) => row[4] !== 'vector').map(([name, u, a, opcode, , rest = '']) => {
  const pattern = `01 ${u} 11110 ${a} sz 10000 ${opcode} 10 Rn:5 Rd:5`;
  return encoding('asisdmisc', name, pattern, `${name.toLowerCase()} ${SCALAR_2}${rest}`);
});

const misc = (bits: string, tail: string): string => `0 Q ${bits} 10000 ${tail} 10 Rn:5 Rd:5`;

/** Precision conversions (sz 0: half and single, 1: single and double) and the unsigned estimates. */
const floatOthers: Encoding[] = [
  encoding('asimdmisc', 'FCVTN', misc('0 01110 0 sz', '10110'), 'fcvtn{2} {Vd.H}, {Vn.F}'),
  encoding('asimdmisc', 'FCVTL', misc('0 01110 0 sz', '10111'), 'fcvtl{2} {Vd.F}, {Vn.H}'),
  encoding('asimdmisc', 'FCVTXN', misc('1 01110 0 1', '10110'), 'fcvtxn{2} {Vd.2S}, v{#Rn}.2d'),
  encoding('asimdmisc', 'URECPE', misc('0 01110 1 0', '11100'), 'urecpe {Vd.2S}, {Vn.2S}'),
  encoding('asimdmisc', 'URSQRTE', misc('1 01110 1 0', '11100'), 'ursqrte {Vd.2S}, {Vn.2S}'),
  encoding('asisdmisc', 'FCVTXN', '01 1 11110 0 1 10000 10110 10 Rn:5 Rd:5', 'fcvtxn s{#Rd}, d{#Rn}'),
];

const pairwise: Encoding[] = [
  encoding('asisdpair', 'ADDP', '01 0 11110 11 11000 11011 10 Rn:5 Rd:5', 'addp d{#Rd}, v{#Rn}.2d'),
  ...[
    ['FMAXNMP', '0', '01100'],
    ['FADDP', '0', '01101'],
    ['FMAXP', '0', '01111'],
    ['FMINNMP', '1', '01100'],
    ['FMINP', '1', '01111'],
  ].map(([name, a, opcode]) => {
    const pattern = `01 1 11110 ${a} sz 11000 ${opcode} 10 Rn:5 Rd:5`;
    return encoding('asisdpair', name, pattern, `${name.toLowerCase()} {Sd}, {Vn.pair}`);
  }),
];

/** The rows of this group. */
export const simdTwoRegisters: readonly Encoding[] = [
  ...vectorInteger,
  ...scalarInteger,
  ...floatVectors,
  ...floatScalars,
  ...floatOthers,
  ...pairwise,
];
