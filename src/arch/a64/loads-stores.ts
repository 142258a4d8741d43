/** A64 loads and stores of general and SIMD&FP registers (Arm ARM C4.1, "Loads and Stores"). Structures are in `loads-stores-structure.ts`. */
import { encoding, type Encoding, type EncodingOptions, type Fields } from './encoding.ts';

/**
 * Exclusive and ordered accesses. `bits` are o2, L and o1; `o0` is 1 for acquire/release. Registers that an instruction does not use
 * should be all ones and are ignored.
 */
function exclusive(name: string, size: string, bits: string, o0: string, registers: string): Encoding {
  const pattern = `${size} 001000 ${bits} Rs:5 ${o0} Rt2:5 Rn:5 Rt:5`;
  return encoding('ldstexcl', name, pattern, `${name.toLowerCase()} ${registers}, [{Xn|sp}]`);
}

/** The six single-register forms of one size. */
function exclusiveSize(suffix: string, size: string, rt: string): Encoding[] {
  return [
    exclusive(`STXR${suffix}`, size, '000', '0', `{Ws}, ${rt}`),
    exclusive(`STLXR${suffix}`, size, '000', '1', `{Ws}, ${rt}`),
    exclusive(`LDXR${suffix}`, size, '010', '0', rt),
    exclusive(`LDAXR${suffix}`, size, '010', '1', rt),
    exclusive(`STLR${suffix}`, size, '100', '1', rt),
    exclusive(`LDAR${suffix}`, size, '110', '1', rt),
  ];
}

const exclusives: Encoding[] = [
  ...exclusiveSize('B', '00', '{Wt}'),
  ...exclusiveSize('H', '01', '{Wt}'),
  ...exclusiveSize('', '1 sz', '{Rt}'),
  exclusive('STXP', '1 sz', '001', '0', '{Ws}, {Rt}, {Rt2}'),
  exclusive('STLXP', '1 sz', '001', '1', '{Ws}, {Rt}, {Rt2}'),
  exclusive('LDXP', '1 sz', '011', '0', '{Rt}, {Rt2}'),
  exclusive('LDAXP', '1 sz', '011', '1', '{Rt}, {Rt2}'),
];

const literals: Encoding[] = [
  encoding('loadlit', 'LDR', '0 sz 011 0 00 imm19:19 Rt:5', 'ldr {Rt}, {label19}'),
  encoding('loadlit', 'LDRSW', '10 011 0 00 imm19:19 Rt:5', 'ldrsw {Xt}, {label19}'),
  encoding('loadlit', 'PRFM', '11 011 0 00 imm19:19 Rt:5', 'prfm {prfop}, {label19}'),
  encoding('loadlit', 'LDR_V', 'opc:2 011 1 00 imm19:19 Rt:5', 'ldr {literalVt}, {label19}', {
    where: (f) => f.opc !== 3,
  }),
];

const pairV: EncodingOptions = { where: (f) => f.opc !== 3 };

/** The pair instructions of one addressing mode; `mode` is bits 25:23. */
function pairs(group: string, mode: string, address: string): Encoding[] {
  const tail = 'imm7:7 Rt2:5 Rn:5 Rt:5';
  const hint = group === 'ldstnapair_offs' ? 'NP' : 'P';
  return ['ST', 'LD'].flatMap((verb, load) => {
    const asm = `${verb}${hint}`.toLowerCase();
    const integer = `${asm} {Rt}, {Rt2}, ${address}`;
    const vector = `${asm} {pairVt}, {pairVt2}, ${address}`;
    return [
      encoding(group, `${verb}${hint}`, `sf 0 101 0 ${mode} ${load} ${tail}`, integer),
      encoding(group, `${verb}${hint}_V`, `opc:2 101 1 ${mode} ${load} ${tail}`, vector, pairV),
    ];
  });
}

/** LDPSW exists with the three ordinary addressing modes. */
function pairSignedWord(group: string, mode: string, address: string): Encoding {
  const pattern = `01 101 0 ${mode} 1 imm7:7 Rt2:5 Rn:5 Rt:5`;
  return encoding(group, 'LDPSW', pattern, `ldpsw {Xt}, {Xt2}, ${address}`);
}

const PAIR_MODES: [string, string, string][] = [
  ['ldstpair_post', '001', '[{Xn|sp}], #{imm7}'],
  ['ldstpair_off', '010', '[{Xn|sp}{pairOffset}]'],
  ['ldstpair_pre', '011', '[{Xn|sp}, #{imm7}]!'],
];

const allPairs: Encoding[] = [
  ...pairs('ldstnapair_offs', '000', '[{Xn|sp}{pairOffset}]'),
  ...PAIR_MODES.flatMap((mode) => [...pairs(...mode), pairSignedWord(...mode)]),
];

/** One addressing mode of the single-register loads and stores. */
interface Mode {
  readonly group: string;
  /** Pattern of bits 25:24 and of 21:10, around opc. */
  readonly bits: readonly [string, string];
  readonly address: string;
  /** Letters after LD/ST: R, UR or TR. */
  readonly stem: string;
  readonly hasVector: boolean;
  readonly prefetch?: string;
  readonly where?: (f: Fields) => boolean;
}

/** A register offset must be W or X: option<1> is 1. */
const optionWhere = (f: Fields): boolean => (f.option & 2) !== 0;

const MODES: readonly Mode[] = [
  {
    group: 'ldst_unscaled',
    bits: ['00', '0 imm9:9 00'],
    address: '[{Xn|sp}{offset9}]',
    stem: 'UR',
    hasVector: true,
    prefetch: 'PRFUM',
  },
  { group: 'ldst_immpost', bits: ['00', '0 imm9:9 01'], address: '[{Xn|sp}], #{imm9}', stem: 'R', hasVector: true },
  { group: 'ldst_unpriv', bits: ['00', '0 imm9:9 10'], address: '[{Xn|sp}{offset9}]', stem: 'TR', hasVector: false },
  { group: 'ldst_immpre', bits: ['00', '0 imm9:9 11'], address: '[{Xn|sp}, #{imm9}]!', stem: 'R', hasVector: true },
  {
    group: 'ldst_regoff',
    bits: ['00', '1 Rm:5 option:3 S 10'],
    address: '[{Xn|sp}, {offsetRm}{offsetExtend}]',
    stem: 'R',
    hasVector: true,
    prefetch: 'PRFM',
    where: optionWhere,
  },
  {
    group: 'ldst_pos',
    bits: ['01', 'imm12:12'],
    address: '[{Xn|sp}{offset12}]',
    stem: 'R',
    hasVector: true,
    prefetch: 'PRFM',
  },
];

/** Verb, suffix, size bits, opc bits and register of each general-register access. */
const INTEGER_ACCESSES: readonly [string, string, string, string, string][] = [
  ['ST', 'B', '00', '00', 'Wt'],
  ['LD', 'B', '00', '01', 'Wt'],
  ['LD', 'SB', '00', '1 opc0', 'Rt'],
  ['ST', 'H', '01', '00', 'Wt'],
  ['LD', 'H', '01', '01', 'Wt'],
  ['LD', 'SH', '01', '1 opc0', 'Rt'],
  ['ST', '', '1 sz', '00', 'Rt'],
  ['LD', '', '1 sz', '01', 'Rt'],
  ['LD', 'SW', '10', '10', 'Xt'],
];

function integerAccesses({ group, bits, address, stem, where }: Mode): Encoding[] {
  return INTEGER_ACCESSES.map(([verb, suffix, size, opc, rt]) => {
    const name = `${verb}${stem}${suffix}`;
    const pattern = `${size} 111 0 ${bits[0]} ${opc} ${bits[1]} Rn:5 Rt:5`;
    return encoding(group, name, pattern, `${name.toLowerCase()} {${rt}}, ${address}`, { where });
  });
}

/** SIMD&FP registers: opc<1>:size is log2 of the bytes, at most 4. */
function vectorAccesses({ group, bits, address, stem, where = () => true }: Mode): Encoding[] {
  return ['ST', 'LD'].map((verb, load) => {
    const pattern = `size:2 111 1 ${bits[0]} opc1 ${load} ${bits[1]} Rn:5 Rt:5`;
    const asm = `${verb}${stem} {Vt}, ${address}`;
    return encoding(
      group,
      `${verb}${stem}_V`,
      pattern,
      asm.replace(/^\S+/, (text) => text.toLowerCase()),
      {
        where: (f) => (f.opc1 === 0 || f.size === 0) && where(f),
      },
    );
  });
}

function prefetches({ group, bits, address, prefetch, where }: Mode): Encoding[] {
  if (prefetch === undefined) return [];
  const pattern = `11 111 0 ${bits[0]} 10 ${bits[1]} Rn:5 Rt:5`;
  return [encoding(group, prefetch, pattern, `${prefetch.toLowerCase()} {prfop}, ${address}`, { where })];
}

const singles: Encoding[] = MODES.flatMap((mode) => [
  ...integerAccesses(mode),
  ...(mode.hasVector ? vectorAccesses(mode) : []),
  ...prefetches(mode),
]);

/** The rows of this group. */
export const loadsStores: readonly Encoding[] = [...exclusives, ...literals, ...allPairs, ...singles];
