/** Advanced SIMD three same, three different, across lanes; vector and scalar forms (Arm ARM C4.1). */
import { encoding, type Alias, type Encoding, type Fields } from './encoding.ts';
import {
  acrossLanes,
  belowDouble,
  bytesOnly,
  doubleOnly,
  floatVector,
  halfOrWord,
  notOneDouble,
  SCALAR_3,
  VECTOR_3,
} from './simd-where.ts';

type Where = (fields: Fields) => boolean;

/** Name with U = 0, name with U = 1 ('' when there is none), opcode, allowed sizes. */
type Row = readonly [string, string, string, Where?];

const SAME: readonly Row[] = [
  ['SHADD', 'UHADD', '00000', belowDouble],
  ['SQADD', 'UQADD', '00001', notOneDouble],
  ['SRHADD', 'URHADD', '00010', belowDouble],
  ['SHSUB', 'UHSUB', '00100', belowDouble],
  ['SQSUB', 'UQSUB', '00101', notOneDouble],
  ['CMGT', 'CMHI', '00110', notOneDouble],
  ['CMGE', 'CMHS', '00111', notOneDouble],
  ['SSHL', 'USHL', '01000', notOneDouble],
  ['SQSHL', 'UQSHL', '01001', notOneDouble],
  ['SRSHL', 'URSHL', '01010', notOneDouble],
  ['SQRSHL', 'UQRSHL', '01011', notOneDouble],
  ['SMAX', 'UMAX', '01100', belowDouble],
  ['SMIN', 'UMIN', '01101', belowDouble],
  ['SABD', 'UABD', '01110', belowDouble],
  ['SABA', 'UABA', '01111', belowDouble],
  ['ADD', 'SUB', '10000', notOneDouble],
  ['CMTST', 'CMEQ', '10001', notOneDouble],
  ['MLA', 'MLS', '10010', belowDouble],
  ['MUL', '', '10011', belowDouble],
  ['', 'PMUL', '10011', bytesOnly],
  ['SMAXP', 'UMAXP', '10100', belowDouble],
  ['SMINP', 'UMINP', '10101', belowDouble],
  ['SQDMULH', 'SQRDMULH', '10110', halfOrWord],
  ['ADDP', '', '10111', notOneDouble],
];

/** Both U forms of rows; `pattern` makes the bits from U and opcode. */
function integerRows(
  group: string,
  rows: readonly Row[],
  pattern: (u: number, opcode: string) => string,
  asm: (mnemonic: string) => string,
): Encoding[] {
  return rows.flatMap(([signed, unsigned, opcode, where]) =>
    [signed, unsigned].flatMap((name, u) =>
      name === '' ? [] : [encoding(group, name, pattern(u, opcode), asm(name.toLowerCase()), { where })],
    ),
  );
}

const vectorSame = integerRows(
  'asimdsame',
  SAME,
  (u, opcode) => `0 Q ${u} 01110 size:2 1 Rm:5 ${opcode} 1 Rn:5 Rd:5`,
  (mnemonic) => `${mnemonic} ${VECTOR_3}`,
);

const moveVector: Alias = { when: (f) => f.Rm === f.Rn, asm: 'mov {Vd.B}, {Vn.B}' };

const logic: Encoding[] = ['AND', 'BIC', 'ORR', 'ORN', 'EOR', 'BSL', 'BIT', 'BIF'].map((name, index) => {
  const size = (index & 3).toString(2).padStart(2, '0');
  const pattern = `0 Q ${index >> 2} 01110 ${size} 1 Rm:5 00011 1 Rn:5 Rd:5`;
  const aliases = name === 'ORR' ? [moveVector] : [];
  return encoding('asimdsame', name, pattern, `${name.toLowerCase()} {Vd.B}, {Vn.B}, {Vm.B}`, { aliases });
});

/** Name, U, a (size<1>), opcode, whether there is a scalar form too. */
const FLOAT_SAME: readonly (readonly [string, string, string, string, 'vector' | 'both'])[] = [
  ['FMAXNM', '0', '0', '11000', 'vector'],
  ['FMLA', '0', '0', '11001', 'vector'],
  ['FADD', '0', '0', '11010', 'vector'],
  ['FMULX', '0', '0', '11011', 'both'],
  ['FCMEQ', '0', '0', '11100', 'both'],
  ['FMAX', '0', '0', '11110', 'vector'],
  ['FRECPS', '0', '0', '11111', 'both'],
  ['FMINNM', '0', '1', '11000', 'vector'],
  ['FMLS', '0', '1', '11001', 'vector'],
  ['FSUB', '0', '1', '11010', 'vector'],
  ['FMIN', '0', '1', '11110', 'vector'],
  ['FRSQRTS', '0', '1', '11111', 'both'],
  ['FMAXNMP', '1', '0', '11000', 'vector'],
  ['FADDP', '1', '0', '11010', 'vector'],
  ['FMUL', '1', '0', '11011', 'vector'],
  ['FCMGE', '1', '0', '11100', 'both'],
  ['FACGE', '1', '0', '11101', 'both'],
  ['FMAXP', '1', '0', '11110', 'vector'],
  ['FDIV', '1', '0', '11111', 'vector'],
  ['FMINNMP', '1', '1', '11000', 'vector'],
  ['FABD', '1', '1', '11010', 'both'],
  ['FCMGT', '1', '1', '11100', 'both'],
  ['FACGT', '1', '1', '11101', 'both'],
  ['FMINP', '1', '1', '11110', 'vector'],
];

const floatVectorSame: Encoding[] = FLOAT_SAME.map(([name, u, a, opcode]) => {
  const pattern = `0 Q ${u} 01110 ${a} sz 1 Rm:5 ${opcode} 1 Rn:5 Rd:5`;
  return encoding('asimdsame', name, pattern, `${name.toLowerCase()} ${VECTOR_3}`, { where: floatVector });
});

const floatScalarSame: Encoding[] = FLOAT_SAME.filter((row) => row[4] === 'both').map(([name, u, a, opcode]) => {
  const pattern = `01 ${u} 11110 ${a} sz 1 Rm:5 ${opcode} 1 Rn:5 Rd:5`;
  return encoding('asisdsame', name, pattern, `${name.toLowerCase()} ${SCALAR_3}`);
});

const scalarSame = integerRows(
  'asisdsame',
  [
    ['SQADD', 'UQADD', '00001'],
    ['SQSUB', 'UQSUB', '00101'],
    ['CMGT', 'CMHI', '00110', doubleOnly],
    ['CMGE', 'CMHS', '00111', doubleOnly],
    ['SSHL', 'USHL', '01000', doubleOnly],
    ['SQSHL', 'UQSHL', '01001'],
    ['SRSHL', 'URSHL', '01010', doubleOnly],
    ['SQRSHL', 'UQRSHL', '01011'],
    ['ADD', 'SUB', '10000', doubleOnly],
    ['CMTST', 'CMEQ', '10001', doubleOnly],
    ['SQDMULH', 'SQRDMULH', '10110', halfOrWord],
  ],
  (u, opcode) => `01 ${u} 11110 size:2 1 Rm:5 ${opcode} 1 Rn:5 Rd:5`,
  (mnemonic) => `${mnemonic} ${SCALAR_3}`,
);

const differentPattern = (u: number, opcode: string): string => `0 Q ${u} 01110 size:2 1 Rm:5 ${opcode} 00 Rn:5 Rd:5`;

const polynomialWhere: Where = (f) => f.size === 0 || f.size === 3;

/** Widening, with both sources narrow, with the first wide, and narrowing. */
const different: Encoding[] = [
  ...integerRows(
    'asimddiff',
    [
      ['SADDL', 'UADDL', '0000', belowDouble],
      ['SSUBL', 'USUBL', '0010', belowDouble],
      ['SABAL', 'UABAL', '0101', belowDouble],
      ['SABDL', 'UABDL', '0111', belowDouble],
      ['SMLAL', 'UMLAL', '1000', belowDouble],
      ['SQDMLAL', '', '1001', halfOrWord],
      ['SMLSL', 'UMLSL', '1010', belowDouble],
      ['SQDMLSL', '', '1011', halfOrWord],
      ['SMULL', 'UMULL', '1100', belowDouble],
      ['SQDMULL', '', '1101', halfOrWord],
      ['PMULL', '', '1110', polynomialWhere],
    ],
    differentPattern,
    (mnemonic) => `${mnemonic}{2} {Vd.W}, {Vn.T}, {Vm.T}`,
  ),
  ...integerRows(
    'asimddiff',
    [
      ['SADDW', 'UADDW', '0001', belowDouble],
      ['SSUBW', 'USUBW', '0011', belowDouble],
    ],
    differentPattern,
    (mnemonic) => `${mnemonic}{2} {Vd.W}, {Vn.W}, {Vm.T}`,
  ),
  ...integerRows(
    'asimddiff',
    [
      ['ADDHN', 'RADDHN', '0100', belowDouble],
      ['SUBHN', 'RSUBHN', '0110', belowDouble],
    ],
    differentPattern,
    (mnemonic) => `${mnemonic}{2} {Vd.T}, {Vn.W}, {Vm.W}`,
  ),
];

const scalarDifferent = integerRows(
  'asisddiff',
  [
    ['SQDMLAL', '', '1001', halfOrWord],
    ['SQDMLSL', '', '1011', halfOrWord],
    ['SQDMULL', '', '1101', halfOrWord],
  ],
  (u, opcode) => `01 ${u} 11110 size:2 1 Rm:5 ${opcode} 00 Rn:5 Rd:5`,
  (mnemonic) => `${mnemonic} {Sd+}, {Sn}, {Sm}`,
);

const acrossPattern = (u: number, opcode: string): string => `0 Q ${u} 01110 size:2 11000 ${opcode} 10 Rn:5 Rd:5`;

const across: Encoding[] = [
  ...integerRows(
    'asimdall',
    [['SADDLV', 'UADDLV', '00011', acrossLanes]],
    acrossPattern,
    (mnemonic) => `${mnemonic} {Sd+}, {Vn.T}`,
  ),
  ...integerRows(
    'asimdall',
    [
      ['SMAXV', 'UMAXV', '01010', acrossLanes],
      ['SMINV', 'UMINV', '11010', acrossLanes],
      ['ADDV', '', '11011', acrossLanes],
    ],
    acrossPattern,
    (mnemonic) => `${mnemonic} {Sd}, {Vn.T}`,
  ),
  ...[
    ['FMAXNMV', '0', '01100'],
    ['FMAXV', '0', '01111'],
    ['FMINNMV', '1', '01100'],
    ['FMINV', '1', '01111'],
  ].map(([name, a, opcode]) => {
    const pattern = `0 1 1 01110 ${a} 0 11000 ${opcode} 10 Rn:5 Rd:5`;
    return encoding('asimdall', name, pattern, `${name.toLowerCase()} s{#Rd}, v{#Rn}.4s`);
  }),
];

/** The rows of this group. */
export const simdThreeRegisters: readonly Encoding[] = [
  ...vectorSame,
  ...logic,
  ...floatVectorSame,
  ...scalarSame,
  ...floatScalarSame,
  ...different,
  ...scalarDifferent,
  ...across,
];
