/** Advanced SIMD shift by immediate, vector and scalar (Arm ARM C4.1). The highest set bit of `immh` is the element size. */
import { encoding, type Alias, type Encoding, type Fields } from './encoding.ts';

type Where = (fields: Fields) => boolean;
type Form = 'right' | 'left' | 'narrow' | 'long' | 'fixed';
/** Which scalar form there is: none, doublewords only, or any size the vector form has. */
type Scalar = 'none' | 'double' | 'any';

/** Name with U = 0, name with U = 1, opcode, form, scalar form. */
const SHIFTS: readonly (readonly [string, string, string, Form, Scalar])[] = [
  ['SSHR', 'USHR', '00000', 'right', 'double'],
  ['SSRA', 'USRA', '00010', 'right', 'double'],
  ['SRSHR', 'URSHR', '00100', 'right', 'double'],
  ['SRSRA', 'URSRA', '00110', 'right', 'double'],
  ['', 'SRI', '01000', 'right', 'double'],
  ['SHL', 'SLI', '01010', 'left', 'double'],
  ['', 'SQSHLU', '01100', 'left', 'any'],
  ['SQSHL', 'UQSHL', '01110', 'left', 'any'],
  ['SHRN', '', '10000', 'narrow', 'none'],
  ['', 'SQSHRUN', '10000', 'narrow', 'any'],
  ['RSHRN', '', '10001', 'narrow', 'none'],
  ['', 'SQRSHRUN', '10001', 'narrow', 'any'],
  ['SQSHRN', 'UQSHRN', '10010', 'narrow', 'any'],
  ['SQRSHRN', 'UQRSHRN', '10011', 'narrow', 'any'],
  ['SSHLL', 'USHLL', '10100', 'long', 'none'],
  ['SCVTF', 'UCVTF', '11100', 'fixed', 'any'],
  ['FCVTZS', 'FCVTZU', '11111', 'fixed', 'any'],
];

const VECTOR_SYNTAX: Record<Form, string> = {
  right: ' {Vd.T}, {Vn.T}, {rightShift}',
  left: ' {Vd.T}, {Vn.T}, {leftShift}',
  narrow: '{2} {Vd.T}, {Vn.W}, {rightShift}',
  long: '{2} {Vd.W}, {Vn.T}, {leftShift}',
  fixed: ' {Vd.T}, {Vn.T}, {rightShift}',
};

const SCALAR_SYNTAX: Record<Form, string> = {
  right: ' {Sd}, {Sn}, {rightShift}',
  left: ' {Sd}, {Sn}, {leftShift}',
  narrow: ' {Sd}, {Sn+}, {rightShift}',
  long: '',
  fixed: ' {Sd}, {Sn}, {rightShift}',
};

const VECTOR_WHERE: Record<Form, Where> = {
  right: (f) => f.immh !== 0 && (f.immh < 8 || f.Q === 1),
  left: (f) => f.immh !== 0 && (f.immh < 8 || f.Q === 1),
  narrow: (f) => f.immh !== 0 && f.immh < 8,
  long: (f) => f.immh !== 0 && f.immh < 8,
  fixed: (f) => f.immh >= 4 && (f.immh < 8 || f.Q === 1),
};

/** Shift left long by 0 is written as an extension. */
function extendAlias(form: Form, u: number): Alias[] {
  if (form !== 'long') return [];
  const isPowerOfTwo: Where = (f) => f.immb === 0 && (f.immh & (f.immh - 1)) === 0;
  return [{ when: isPowerOfTwo, asm: `${'su'[u]}xtl{2} {Vd.W}, {Vn.T}` }];
}

const vector: Encoding[] = SHIFTS.flatMap(([signed, unsigned, opcode, form]) =>
  [signed, unsigned].flatMap((name, u) => {
    if (name === '') return [];
    const pattern = `0 Q ${u} 011110 immh:4 immb:3 ${opcode} 1 Rn:5 Rd:5`;
    return encoding('asimdshf', name, pattern, name.toLowerCase() + VECTOR_SYNTAX[form], {
      where: VECTOR_WHERE[form],
      aliases: extendAlias(form, u),
    });
  }),
);

function scalarWhere(form: Form, scalar: Scalar): Where {
  if (scalar === 'double') return (f) => f.immh >= 8;
  if (form === 'narrow') return (f) => f.immh !== 0 && f.immh < 8;
  return form === 'fixed' ? (f) => f.immh >= 4 : (f) => f.immh !== 0;
}

const scalar: Encoding[] = SHIFTS.filter((row) => row[4] !== 'none').flatMap(
  ([signed, unsigned, opcode, form, sizes]) =>
    [signed, unsigned].flatMap((name, u) => {
      if (name === '') return [];
      const pattern = `01 ${u} 111110 immh:4 immb:3 ${opcode} 1 Rn:5 Rd:5`;
      const asm = name.toLowerCase() + SCALAR_SYNTAX[form];
      return encoding('asisdshf', name, pattern, asm, { where: scalarWhere(form, sizes) });
    }),
);

/** The rows of this group. */
export const simdShift: readonly Encoding[] = [...vector, ...scalar];
