/** A64 scalar floating point (Arm ARM C4.1, "Data Processing -- Scalar Floating-Point and Advanced SIMD"). `type` is 0 single, 1 double, 3 half. */
import { encoding, type Encoding, type Fields } from './encoding.ts';

const singleOrDouble = (f: Fields): boolean => f.type < 2;

function oneSource(name: string, opcode: string): Encoding {
  const pattern = `00011110 type:2 1 ${opcode} 10000 Rn:5 Rd:5`;
  return encoding('floatdp1', name, pattern, `${name.toLowerCase()} {Fd}, {Fn}`, { where: singleOrDouble });
}

const convertWhere = (f: Fields): boolean => f.type !== f.opc && f.type !== 2 && f.opc !== 2;

const floatdp1: Encoding[] = [
  oneSource('FMOV', '000000'),
  oneSource('FABS', '000001'),
  oneSource('FNEG', '000010'),
  oneSource('FSQRT', '000011'),
  encoding('floatdp1', 'FCVT', '00011110 type:2 1 0001 opc:2 10000 Rn:5 Rd:5', 'fcvt {convertFd}, {Fn}', {
    where: convertWhere,
  }),
  oneSource('FRINTN', '001000'),
  oneSource('FRINTP', '001001'),
  oneSource('FRINTM', '001010'),
  oneSource('FRINTZ', '001011'),
  oneSource('FRINTA', '001100'),
  oneSource('FRINTX', '001110'),
  oneSource('FRINTI', '001111'),
];

const floatdp2: Encoding[] = ['FMUL', 'FDIV', 'FADD', 'FSUB', 'FMAX', 'FMIN', 'FMAXNM', 'FMINNM', 'FNMUL'].map(
  (name, opcode) => {
    const pattern = `00011110 type:2 1 Rm:5 ${opcode.toString(2).padStart(4, '0')} 10 Rn:5 Rd:5`;
    return encoding('floatdp2', name, pattern, `${name.toLowerCase()} {Fd}, {Fn}, {Fm}`, { where: singleOrDouble });
  },
);

const floatdp3: Encoding[] = ['FMADD', 'FMSUB', 'FNMADD', 'FNMSUB'].map((name, opcode) => {
  const pattern = `00011111 type:2 ${opcode >> 1} Rm:5 ${opcode & 1} Ra:5 Rn:5 Rd:5`;
  const asm = `${name.toLowerCase()} {Fd}, {Fn}, {Fm}, {Fa}`;
  return encoding('floatdp3', name, pattern, asm, { where: singleOrDouble });
});

/** `zero` selects comparison with 0.0; Rm then should be zero and is ignored. */
function compare(name: string, op: string): Encoding {
  const asm = name.toLowerCase();
  const pattern = `00011110 type:2 1 Rm:5 00 1000 Rn:5 ${op} zero 000`;
  return encoding('floatcmp', name, pattern, `${asm} {Fn}, {FmOrZero}`, { where: singleOrDouble });
}

function conditionalCompare(name: string, op: string): Encoding {
  const pattern = `00011110 type:2 1 Rm:5 cond:4 01 Rn:5 ${op} nzcv:4`;
  const asm = `${name.toLowerCase()} {Fn}, {Fm}, {nzcv}, {cond}`;
  return encoding('floatccmp', name, pattern, asm, { where: singleOrDouble });
}

const others: Encoding[] = [
  compare('FCMP', '0'),
  compare('FCMPE', '1'),
  conditionalCompare('FCCMP', '0'),
  conditionalCompare('FCCMPE', '1'),
  encoding('floatimm', 'FMOV', '00011110 type:2 1 imm8:8 100 00000 Rd:5', 'fmov {Fd}, {fpImm}', {
    where: singleOrDouble,
  }),
  encoding('floatsel', 'FCSEL', '00011110 type:2 1 Rm:5 cond:4 11 Rn:5 Rd:5', 'fcsel {Fd}, {Fn}, {Fm}, {cond}', {
    where: singleOrDouble,
  }),
];

const fixedWhere = (f: Fields): boolean => singleOrDouble(f) && (f.sf === 1 || f.scale >= 32);

function fixedPoint(name: string, opcode: string, registers: string): Encoding {
  const pattern = `sf 0011110 type:2 0 ${opcode} scale:6 Rn:5 Rd:5`;
  return encoding('float2fix', name, pattern, `${name.toLowerCase()} ${registers}, {fbits}`, { where: fixedWhere });
}

const float2fix: Encoding[] = [
  fixedPoint('SCVTF', '00010', '{Fd}, {Rn}'),
  fixedPoint('UCVTF', '00011', '{Fd}, {Rn}'),
  fixedPoint('FCVTZS', '11000', '{Rd}, {Fn}'),
  fixedPoint('FCVTZU', '11001', '{Rd}, {Fn}'),
];

/** `opcode` is rmode and opcode. */
function toInteger(name: string, opcode: string, registers = '{Rd}, {Fn}'): Encoding {
  const pattern = `sf 0011110 type:2 1 ${opcode} 000000 Rn:5 Rd:5`;
  return encoding('float2int', name, pattern, `${name.toLowerCase()} ${registers}`, { where: singleOrDouble });
}

/** Same width both sides, or the upper half of a quadword register (rmode0 1: `Vn.D[1]`). */
const moveWhere = (f: Fields): boolean => (f.rmode0 === 1 ? f.sf === 1 && f.type === 2 : f.type === f.sf);

const float2int: Encoding[] = [
  toInteger('FCVTNS', '00000'),
  toInteger('FCVTNU', '00001'),
  toInteger('SCVTF', '00010', '{Fd}, {Rn}'),
  toInteger('UCVTF', '00011', '{Fd}, {Rn}'),
  toInteger('FCVTAS', '00100'),
  toInteger('FCVTAU', '00101'),
  toInteger('FCVTPS', '01000'),
  toInteger('FCVTPU', '01001'),
  toInteger('FCVTMS', '10000'),
  toInteger('FCVTMU', '10001'),
  toInteger('FCVTZS', '11000'),
  toInteger('FCVTZU', '11001'),
  encoding(
    'float2int',
    'FMOV',
    'sf 0011110 type:2 1 0 rmode0 11 opcode0 000000 Rn:5 Rd:5',
    'fmov {moveTarget}, {moveSource}',
    { where: moveWhere },
  ),
];

/** The rows of this group. */
export const scalarFloat: readonly Encoding[] = [
  ...floatdp1,
  ...floatdp2,
  ...floatdp3,
  ...others,
  ...float2fix,
  ...float2int,
];
