/** Advanced SIMD loads and stores of multiple and single structures (Arm ARM C4.1). */
import { encoding, type Encoding, type Fields } from './encoding.ts';

type Where = (fields: Fields) => boolean;

/** Group suffix, pattern of bits 23 and 20:16, and the address. */
interface Mode {
  readonly suffix: string;
  readonly post: string;
  readonly rm: string;
  readonly address: string;
}

const MODES: readonly Mode[] = [
  { suffix: '', post: '0', rm: '00000', address: '[{Xn|sp}]' },
  { suffix: 'p', post: '1', rm: 'Rm:5', address: '[{Xn|sp}], {postIndex}' },
];

/** Opcodes of LD1 with 1 to 4 registers; the others have one opcode each. */
const ONE_ELEMENT_OPCODES = [7, 10, 6, 2];
const interleavedWhere: Where = (f) => f.size !== 3 || f.Q === 1;

function multiple({ suffix, post, rm, address }: Mode, load: number, verb: string): Encoding[] {
  const head = `0 Q 001100 ${post} ${load} 0 ${rm}`;
  const group = `asisdlse${suffix}`;
  const asm = verb.toLowerCase();
  return [
    encoding(group, `${verb}1`, `${head} opcode:4 size:2 Rn:5 Rt:5`, `${asm}1 {list}, ${address}`, {
      where: (f) => ONE_ELEMENT_OPCODES.includes(f.opcode),
    }),
    ...['1000', '0100', '0000'].map((opcode, index) => {
      const pattern = `${head} ${opcode} size:2 Rn:5 Rt:5`;
      const name = `${verb}${index + 2}`;
      return encoding(group, name, pattern, `${name.toLowerCase()} {list}, ${address}`, { where: interleavedWhere });
    }),
  ];
}

/** `scale` is log2 of the element's bytes; a doubleword is scale 2 with size 1. */
const singleWhere: Where = ({ scale, S, size }) =>
  scale === 0 || (scale === 1 && (size & 1) === 0) || (scale === 2 && (size === 0 || (size === 1 && S === 0)));

function single({ suffix, post, rm, address }: Mode, load: number, verb: string): Encoding[] {
  const group = `asisdlso${suffix}`;
  return [1, 2, 3, 4].map((count) => {
    const r = (count - 1) & 1;
    const pattern = `0 Q 001101 ${post} ${load} ${r} ${rm} scale:2 ${(count - 1) >> 1} S size:2 Rn:5 Rt:5`;
    const name = `${verb}${count}`;
    return encoding(group, name, pattern, `${name.toLowerCase()} {lane}, ${address}`, {
      where: (f) => f.scale < 3 && singleWhere(f),
    });
  });
}

function replicate({ suffix, post, rm, address }: Mode): Encoding[] {
  return [1, 2, 3, 4].map((count) => {
    const r = (count - 1) & 1;
    const pattern = `0 Q 001101 ${post} 1 ${r} ${rm} 11${(count - 1) >> 1} 0 size:2 Rn:5 Rt:5`;
    return encoding(`asisdlso${suffix}`, `LD${count}R`, pattern, `ld${count}r {list}, ${address}`);
  });
}

/** The rows of this group. */
export const structureLoadsStores: readonly Encoding[] = MODES.flatMap((mode) => [
  ...['ST', 'LD'].flatMap((verb, load) => [...multiple(mode, load, verb), ...single(mode, load, verb)]),
  ...replicate(mode),
]);
