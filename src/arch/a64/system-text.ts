/** Operands of the system instructions in assembler syntax. */
import type { Fields } from './encoding.ts';
import type { OperandTexts } from './operand-text.ts';
import { registerText } from './register-text.ts';

const BARRIERS: Readonly<Record<number, string>> = {
  1: 'oshld', 2: 'oshst', 3: 'osh', 5: 'nshld', 6: 'nshst', 7: 'nsh', 9: 'ishld', 10: 'ishst', 11: 'ish', 13: 'ld', 14: 'st', 15: 'sy',
}; // prettier-ignore

const byte = (value: number): string => `#0x${value.toString(16).padStart(2, '0')}`;
const nibble = (value: number): string => `#0x${value.toString(16)}`;

/** A named SYS operation: instruction, operation, whether it takes a register. */
type Operation = readonly [string, string, boolean];

const key = (op1: number, CRn: number, CRm: number, op2: number): number => (op1 << 11) | (CRn << 7) | (CRm << 3) | op2;

const cache: readonly (readonly [number, Operation])[] = [
  [key(0, 7, 1, 0), ['ic', 'ialluis', false]],
  [key(0, 7, 5, 0), ['ic', 'iallu', false]],
  [key(3, 7, 5, 1), ['ic', 'ivau', true]],
  [key(0, 7, 6, 1), ['dc', 'ivac', true]],
  [key(0, 7, 6, 2), ['dc', 'isw', true]],
  [key(0, 7, 10, 2), ['dc', 'csw', true]],
  [key(0, 7, 14, 2), ['dc', 'cisw', true]],
  [key(3, 7, 4, 1), ['dc', 'zva', true]],
  [key(3, 7, 10, 1), ['dc', 'cvac', true]],
  [key(3, 7, 11, 1), ['dc', 'cvau', true]],
  [key(3, 7, 14, 1), ['dc', 'civac', true]],
];

const TRANSLATIONS: readonly (readonly [number, number, string])[] = [
  [0, 0, 's1e1'],
  [0, 2, 's1e0'],
  [4, 0, 's1e2'],
  [4, 4, 's12e1'],
  [4, 6, 's12e0'],
  [6, 0, 's1e3'],
];

const translations = TRANSLATIONS.flatMap(([op1, op2, name]) =>
  ['r', 'w'].map((way, write): readonly [number, Operation] => [key(op1, 7, 8, op2 + write), ['at', name + way, true]]),
);

/** op1, op2, name, register; each with CRm 3 (inner shareable) and 7. */
const INVALIDATIONS: readonly (readonly [number, number, string, boolean])[] = [
  [0, 0, 'vmalle1', false],
  [0, 1, 'vae1', true],
  [0, 2, 'aside1', true],
  [0, 3, 'vaae1', true],
  [0, 5, 'vale1', true],
  [0, 7, 'vaale1', true],
  [4, 0, 'alle2', false],
  [4, 1, 'vae2', true],
  [4, 4, 'alle1', false],
  [4, 5, 'vale2', true],
  [4, 6, 'vmalls12e1', false],
  [6, 0, 'alle3', false],
  [6, 1, 'vae3', true],
  [6, 5, 'vale3', true],
];

const invalidations = [
  ...INVALIDATIONS.flatMap(([op1, op2, name, takes]): (readonly [number, Operation])[] => [
    [key(op1, 8, 3, op2), ['tlbi', `${name}is`, takes]],
    [key(op1, 8, 7, op2), ['tlbi', name, takes]],
  ]),
  ...[1, 5].flatMap((op2): (readonly [number, Operation])[] => {
    const name = op2 === 1 ? 'ipas2e1' : 'ipas2le1';
    return [
      [key(4, 8, 0, op2), ['tlbi', `${name}is`, true]],
      [key(4, 8, 4, op2), ['tlbi', name, true]],
    ];
  }),
];

const OPERATIONS: ReadonlyMap<number, Operation> = new Map([...cache, ...translations, ...invalidations]);

const operands = (f: Fields): string => `#${f.op1}, C${f.CRn}, C${f.CRm}, #${f.op2}`;
const optionalRegister = (f: Fields): string => (f.Rt === 31 ? '' : `, ${registerText('x', f.Rt)}`);

/** The IC, DC, AT or TLBI name of a SYS instruction, or SYS itself. */
function operationText(f: Fields): string {
  const operation = OPERATIONS.get(key(f.op1, f.CRn, f.CRm, f.op2));
  if (operation === undefined || (!operation[2] && f.Rt !== 31)) return `sys ${operands(f)}${optionalRegister(f)}`;
  const [mnemonic, name, takesRegister] = operation;
  return `${mnemonic} ${name}${takesRegister ? `, ${registerText('x', f.Rt)}` : ''}`;
}

/** The 16-bit encoding op0:op1:CRn:CRm:op2 of MRS and MSR. */
function registerEncoding(f: Fields): number {
  return ((2 + f.o0) << 14) | key(f.op1, f.CRn, f.CRm, f.op2);
}

/** The generic name `s3_0_c1_c0_0` of a system register, for those that have none. */
export function genericRegisterName(encoding: number): string {
  const [op0, op1, crn, crm, op2] = [14, 11, 7, 3, 0].map((lsb) => encoding >> lsb);
  return `s${op0 & 3}_${op1 & 7}_c${crn & 15}_c${crm & 15}_${op2 & 7}`;
}

/** Operand places of the system instructions. */
export const systemOperands: OperandTexts = {
  hint: ({ fields: f }) => nibble((f.CRm << 3) | f.op2),
  barrier: ({ fields: f }) => BARRIERS[f.CRm] ?? byte(f.CRm),
  barrierOption: ({ fields: f }) => (f.CRm === 15 ? '' : ` ${nibble(f.CRm)}`),
  pstate: ({ fields: f }) => (f.op1 === 0 ? 'spsel' : f.op2 === 6 ? 'daifset' : 'daifclr'),
  CRmHex: ({ fields: f }) => `0x${f.CRm.toString(16)}`,
  sysOperands: ({ fields: f }) => operands(f),
  sysXt: ({ fields: f }) => optionalRegister(f),
  sysAlias: ({ fields: f }) => operationText(f),
  sysreg: ({ fields: f, systemRegister }) => systemRegister(registerEncoding(f)),
};
