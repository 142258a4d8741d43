/** SIMD vector operands in assembler syntax: `v3.4s`, `d5`, `v2.h[3]`, register lists. */
import type { Fields } from './encoding.ts';
import type { OperandTexts } from './operand-text.ts';
import { registerText } from './register-text.ts';

const LETTERS = 'bhsdq';

/** Arrangement of elements of `1 << size` bytes in 8 or (`q`) 16 bytes. */
function arrangement(size: number, q: number): string {
  return `${(8 << q) >> size}${LETTERS[size]}`;
}

/** log2 of the element bytes, from whichever field holds it. */
function elementSize(f: Fields): number {
  if (f.immh !== undefined) return 31 - Math.clz32(f.immh);
  return f.size ?? 2 + f.sz;
}

const imm5Size = (f: Fields): number => 31 - Math.clz32(f.imm5 & -f.imm5);

/** What follows the dot in `{Vd.T}`: the shape of one register. */
const SHAPES: Readonly<Record<string, (f: Fields) => string>> = {
  T: (f) => arrangement(elementSize(f), f.Q),
  W: (f) => arrangement(elementSize(f) + 1, 1),
  P: (f) => arrangement(elementSize(f) + 1, f.Q),
  B: (f) => arrangement(0, f.Q),
  H: (f) => arrangement(1 + f.sz, f.Q),
  F: (f) => arrangement(2 + f.sz, 1),
  '2S': (f) => arrangement(2, f.Q),
  T5: (f) => arrangement(imm5Size(f), f.Q),
  imm5: (f) => `${LETTERS[imm5Size(f)]}[${f.imm5 >> (imm5Size(f) + 1)}]`,
  imm4: (f) => `${LETTERS[imm5Size(f)]}[${f.imm4 >> imm5Size(f)}]`,
  pair: (f) => `2${LETTERS[2 + f.sz]}`,
};

function shapedRegisters(): OperandTexts {
  const texts: Record<string, OperandTexts[string]> = {};
  for (const [shape, text] of Object.entries(SHAPES)) {
    for (const name of 'dnm') texts[`V${name}.${shape}`] = ({ fields: f }) => `v${f[`R${name}`]}.${text(f)}`;
  }
  return texts;
}

function scalarRegisters(): OperandTexts {
  const texts: Record<string, OperandTexts[string]> = {};
  for (const name of 'dnm') {
    texts[`S${name}`] = ({ fields: f }) => `${LETTERS[elementSize(f)]}${f[`R${name}`]}`;
    texts[`S${name}+`] = ({ fields: f }) => `${LETTERS[elementSize(f) + 1]}${f[`R${name}`]}`;
  }
  return texts;
}

/** The indexed element of `Vm`: halfwords have 4 register bits and H:L:M, words H:L, doublewords H. */
function indexedElement(f: Fields): string {
  const size = elementSize(f);
  const register = size === 1 ? f.Rm : (f.M << 4) | f.Rm;
  const index = ((f.H << 2) | (f.L << 1) | f.M) >> (size - 1);
  return `v${register}.${LETTERS[size]}[${index}]`;
}

/** `count` consecutive registers, wrapping at 31; more than two that do not wrap are written as a range. */
function registerList(first: number, count: number, shape: string): string {
  const last = (first + count - 1) & 31;
  if (count > 2 && last > first) return `{v${first}.${shape}-v${last}.${shape}}`;
  const names = Array.from({ length: count }, (_, index) => `v${(first + index) & 31}.${shape}`);
  return `{${names.join(', ')}}`;
}

const isReplicate = (word: number): boolean => ((word >>> 24) & 1) === 1 && ((word >>> 13) & 7) >= 6;

/** Registers that a structure load or store names. */
function structureCount(word: number, f: Fields): number {
  if ((word >>> 24) & 1) return 1 + ((word >>> 21) & 1) + 2 * ((word >>> 13) & 1);
  if (f.opcode !== undefined) return { 7: 1, 10: 2, 6: 3, 2: 4 }[f.opcode] ?? 1;
  return { 8: 2, 4: 3, 0: 4 }[(word >>> 12) & 15] ?? 1;
}

/** Bytes moved: what `Rm` 31 adds to the base. */
function structureBytes(word: number, f: Fields): number {
  const count = structureCount(word, f);
  if (((word >>> 24) & 1) === 0) return count * (8 << f.Q);
  return count << (isReplicate(word) ? f.size : laneSize(f));
}

const laneSize = (f: Fields): number => (f.scale === 2 ? 2 + f.size : f.scale);

function lane(word: number, f: Fields): string {
  const size = laneSize(f);
  const index = ((f.Q << 3) | (f.S << 2) | f.size) >> size;
  return `${registerList(f.Rt, structureCount(word, f), LETTERS[size])}[${index}]`;
}

/** Arrangement of a modified-immediate instruction's register; op 1, cmode 14, Q 0 is a scalar. */
function immediateRegister(f: Fields): string {
  if (f.cmode === 14 && f.op === 1) return f.Q ? `v${f.Rd}.2d` : `d${f.Rd}`;
  if (f.cmode === 14) return `v${f.Rd}.${arrangement(0, f.Q)}`;
  return `v${f.Rd}.${arrangement(f.cmode >= 8 && f.cmode < 12 ? 1 : 2, f.Q)}`;
}

const shiftValue = (f: Fields): number => (f.immh << 3) | f.immb;

/** Operand places of the vector instructions. */
export const vectorOperands: OperandTexts = {
  ...shapedRegisters(),
  ...scalarRegisters(),
  '2': ({ fields: f }) => (f.Q ? '2' : ''),
  'Vm.index': ({ fields: f }) => indexedElement(f),
  rightShift: ({ fields: f }) => `#${(16 << elementSize(f)) - shiftValue(f)}`,
  leftShift: ({ fields: f }) => `#${shiftValue(f) - (8 << elementSize(f))}`,
  elementBits: ({ fields: f }) => `#${8 << f.size}`,
  imm4: ({ fields: f }) => `${f.imm4}`,
  imm5Rn: ({ fields: f }) => registerText(imm5Size(f) === 3 ? 'x' : 'w', f.Rn),
  imm5Sd: ({ fields: f }) => `${LETTERS[imm5Size(f)]}${f.Rd}`,
  QRd: ({ fields: f }) => registerText(f.Q ? 'x' : 'w', f.Rd),
  immVd: ({ fields: f }) => immediateRegister(f),
  fmovVd: ({ fields: f }) => `v${f.Rd}.${arrangement(2 + f.op, f.Q)}`,
  table: ({ fields: f }) => registerList(f.Rn, f.len + 1, '16b'),
  list: ({ word, fields: f }) => registerList(f.Rt, structureCount(word, f), arrangement(f.size, f.Q)),
  lane: ({ word, fields: f }) => lane(word, f),
  postIndex: ({ word, fields: f }) => (f.Rm === 31 ? `#${structureBytes(word, f)}` : `x${f.Rm}`),
};
