/** Operands of the assembler syntax: what stands for each `{place}` of a row's `asm` text. */
import type { Fields } from './encoding.ts';
import { advSimdExpandImm, decodeBitMasks, signExtend, vfpExpandImm64 } from './operands.ts';
import { systemOperands } from './system-text.ts';
import { registerText } from './register-text.ts';
import { vectorOperands } from './vector-text.ts';

/** One instruction being written out. */
export interface Context {
  readonly word: number;
  readonly pc: bigint;
  readonly fields: Fields;
  /** The text of an address: `0x...`, with its symbol when known. */
  readonly address: (address: bigint) => string;
  /** Name of the system register `op0:op1:CRn:CRm:op2` (16 bits). */
  readonly systemRegister: (encoding: number) => string;
}

/** Operand places by name. */
export type OperandTexts = Readonly<Record<string, (context: Context) => string>>;

const CONDITIONS = 'eq ne cs cc mi pl vs vc hi ls ge lt gt le al nv'.split(' ');
const SHIFTS = ['lsl', 'lsr', 'asr', 'ror'];
const EXTENDS = ['uxtb', 'uxth', 'uxtw', 'uxtx', 'sxtb', 'sxth', 'sxtw', 'sxtx'];

const hex = (value: number | bigint): string => `#0x${value.toString(16)}`;
const label = (bytes: number, { pc, address }: Context): string => address(BigInt.asUintN(64, pc + BigInt(bytes)));
const optional = (text: string, isPresent: boolean): string => (isPresent ? `, ${text}` : '');
const offset = (bytes: number): string => optional(`#${bytes}`, bytes !== 0);

/** log2 of the bytes that a single-register load or store moves. */
function accessScale(word: number): number {
  const isQuad = ((word >>> 26) & 1) === 1 && ((word >>> 23) & 1) === 1;
  return isQuad ? 4 : word >>> 30;
}

/** Bytes of each register of a pair, from bits 31:30 and 26. */
function pairScale(word: number): number {
  const opc = word >>> 30;
  return (word >>> 26) & 1 ? 2 + opc : 2 + (opc >> 1);
}

const bytes9 = (f: Fields): number => signExtend(f.imm9, 9);
const bytes7 = ({ word, fields }: Context): number => signExtend(fields.imm7, 7) << pairScale(word);

const addresses: OperandTexts = {
  adr: (c) => label(signExtend((c.fields.immhi << 2) | c.fields.immlo, 21), c),
  adrp: ({ pc, fields, address }) => {
    const pages = signExtend((fields.immhi << 2) | fields.immlo, 21);
    return address(BigInt.asUintN(64, (pc & ~0xfffn) + (BigInt(pages) << 12n)));
  },
  label26: (c) => label(signExtend(c.fields.imm26, 26) * 4, c),
  label19: (c) => label(signExtend(c.fields.imm19, 19) * 4, c),
  label14: (c) => label(signExtend(c.fields.imm14, 14) * 4, c),
  imm9: ({ fields }) => `${bytes9(fields)}`,
  offset9: ({ fields }) => offset(bytes9(fields)),
  offset12: ({ word, fields }) => offset(fields.imm12 << accessScale(word)),
  imm7: (c) => `${bytes7(c)}`,
  pairOffset: (c) => offset(bytes7(c)),
  offsetRm: ({ fields: f }) => registerText(f.option & 1 ? 'x' : 'w', f.Rm),
  offsetExtend: ({ word, fields: f }) => {
    const name = f.option === 3 ? 'lsl' : EXTENDS[f.option];
    const amount = f.S ? ` #${accessScale(word)}` : '';
    return optional(name + amount, f.S === 1 || f.option !== 3);
  },
  prfop: ({ fields: { Rt } }) => {
    const [type, target, policy] = [Rt >> 3, (Rt >> 1) & 3, Rt & 1];
    if (type === 3 || target === 3) return `#0x${Rt.toString(16).padStart(2, '0')}`;
    return `${['pld', 'pli', 'pst'][type]}l${target + 1}${['keep', 'strm'][policy]}`;
  },
};

/** `lsl` is preferred to the extension of the operation's own width when the stack pointer takes part. */
function extendText({ word, fields: f }: Context): string {
  const setsFlags = (word >>> 29) & 1;
  const usesSp = f.Rn === 31 || (f.Rd === 31 && !setsFlags);
  if (usesSp && f.option === 2 + f.sf) return optional(`lsl #${f.imm3}`, f.imm3 !== 0);
  return `, ${EXTENDS[f.option]}${f.imm3 === 0 ? '' : ` #${f.imm3}`}`;
}

const width = (f: Fields): 32 | 64 => (f.sf ? 64 : 32);

const integers: OperandTexts = {
  imm12sh: ({ fields: f }) => hex(f.imm12) + optional('lsl #12', f.sh === 1),
  bitmask: ({ fields: f }) => hex(decodeBitMasks(f.N, f.imms, f.immr, width(f)) ?? 0n),
  imm16: ({ fields: f }) => hex(f.imm16),
  imm16hw: ({ fields: f }) => hex(f.imm16) + optional(`lsl #${f.hw * 16}`, f.hw !== 0),
  wide: ({ fields: f }) => hex(BigInt(f.imm16) << BigInt(16 * f.hw)),
  wideNot: ({ fields: f }) => hex(BigInt.asUintN(width(f), ~(BigInt(f.imm16) << BigInt(16 * f.hw)))),
  immr: ({ fields: f }) => `${f.immr}`,
  imms: ({ fields: f }) => `${f.imms}`,
  insertLsb: ({ fields: f }) => `${width(f) - f.immr}`,
  insertWidth: ({ fields: f }) => `${f.imms + 1}`,
  extractWidth: ({ fields: f }) => `${f.imms - f.immr + 1}`,
  shift: ({ fields: f }) => optional(`${SHIFTS[f.shift]} #${f.imm6}`, f.shift !== 0 || f.imm6 !== 0),
  extendRm: ({ fields: f }) => registerText(f.sf && (f.option & 3) === 3 ? 'x' : 'w', f.Rm),
  extend: extendText,
  nzcv: ({ fields: f }) => hex(f.nzcv),
  imm5: ({ fields: f }) => hex(f.imm5),
  cond: ({ fields: f }) => CONDITIONS[f.cond],
  invCond: ({ fields: f }) => CONDITIONS[f.cond ^ 1],
  testRt: ({ fields: f }) => registerText(f.b5 ? 'x' : 'w', f.Rt),
  testBit: ({ fields: f }) => `${(f.b5 << 5) | f.b40}`,
  dcps: ({ fields: f }) => (f.imm16 === 0 ? '' : ` ${hex(f.imm16)}`),
};

const FLOAT_TYPES = 'sd?h';

function floatImmediate(imm8: number): string {
  const value = new Float64Array(new BigUint64Array([vfpExpandImm64(imm8)]).buffer)[0];
  return `#${value.toExponential(18).replace(/e([+-])(\d)$/, 'e$10$2')}`;
}

/** FMOV between register files: the general register and the SIMD&FP one. */
function moveRegister({ fields: f }: Context, isTarget: boolean): string {
  const number = isTarget ? f.Rd : f.Rn;
  const isVector = (f.opcode0 === 1) === isTarget;
  if (!isVector) return registerText(f.sf ? 'x' : 'w', number);
  return f.rmode0 ? `v${number}.d[1]` : `${FLOAT_TYPES[f.type]}${number}`;
}

const floats: OperandTexts = {
  Fd: ({ fields: f }) => `${FLOAT_TYPES[f.type]}${f.Rd}`,
  Fn: ({ fields: f }) => `${FLOAT_TYPES[f.type]}${f.Rn}`,
  Fm: ({ fields: f }) => `${FLOAT_TYPES[f.type]}${f.Rm}`,
  Fa: ({ fields: f }) => `${FLOAT_TYPES[f.type]}${f.Ra}`,
  convertFd: ({ fields: f }) => `${FLOAT_TYPES[f.opc]}${f.Rd}`,
  FmOrZero: ({ fields: f }) => (f.zero ? '#0.0' : `${FLOAT_TYPES[f.type]}${f.Rm}`),
  fpImm: ({ fields: f }) => floatImmediate(f.imm8 ?? (f.abc << 5) | f.defgh),
  fbits: ({ fields: f }) => `#${64 - f.scale}`,
  moveTarget: (c) => moveRegister(c, true),
  moveSource: (c) => moveRegister(c, false),
  Vt: ({ word, fields: f }) => `${'bhsdq'[accessScale(word)]}${f.Rt}`,
  literalVt: ({ fields: f }) => `${'sdq'[f.opc]}${f.Rt}`,
  pairVt: ({ fields: f }) => `${'sdq'[f.opc]}${f.Rt}`,
  pairVt2: ({ fields: f }) => `${'sdq'[f.opc]}${f.Rt2}`,
};

/** A modified immediate as written: its 8 bits and their shift, or all 64 bits. */
function modifiedImmediate({ fields: f }: Context): string {
  const imm8 = (f.abc << 5) | f.defgh;
  if (f.cmode === 14) return f.op ? hex(advSimdExpandImm(1, 14, imm8)) : hex(imm8);
  if (f.cmode >= 12) return `${hex(imm8)}, msl #${f.cmode === 12 ? 8 : 16}`;
  const amount = 8 * ((f.cmode >> 1) & (f.cmode < 8 ? 3 : 1));
  return hex(imm8) + optional(`lsl #${amount}`, amount !== 0);
}

/** All operand places except plain registers (`registerPlace`). */
export const OPERANDS: OperandTexts = {
  ...addresses,
  ...integers,
  ...floats,
  ...vectorOperands,
  ...systemOperands,
  simdImm: modifiedImmediate,
};
