/** Instructions that EL0 alone cannot show: exceptions, returns, PSTATE, system operations, alignment checks. For the program of system-program.ts. */
import { encode } from '../../arch/a64/encoding.ts';
import { encodingNamed } from '../../arch/a64/table.ts';
import { randomWords, wordsOf } from '../a64-words.ts';
import { TRAP_PROGRAM } from './system-cases.ts';
import type { Action, Config, Program } from './system-program.ts';

/** An action that tests a row of the encoding table. */
export interface RowAction extends Action {
  readonly row: string;
}

const random = randomWords(0x5eed);
const inst = (word: number): string => ` .inst 0x${word.toString(16).padStart(8, '0')}`;
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** PSCI_VERSION, so that an SMC is answered; its answer is the firmware's affair. */
const PSCI_VERSION = 0x8400_0000n;
/** The program itself uses the immediates below. */
const FIRST_FREE_IMMEDIATE = 0x20;
const CASES = 12;

const EXCEPTIONS = ['SVC', 'HVC', 'SMC', 'BRK', 'HLT', 'DCPS1', 'DCPS2', 'DCPS3'].map((name) => `${name}_exception`);

const exceptions: RowAction[] = EXCEPTIONS.flatMap((row) =>
  times(CASES, (i) => {
    const imm16 = FIRST_FREE_IMMEDIATE + (random() % (0x1_0000 - FIRST_FREE_IMMEDIATE));
    const code = inst(encode(encodingNamed(row), { imm16 }));
    return { row, name: `${row} ${i}`, code, argument: PSCI_VERSION };
  }),
);

const drps: RowAction = {
  row: 'DRPS_branch_reg',
  name: 'DRPS',
  code: inst(encode(encodingNamed('DRPS_branch_reg'), {})),
};

/** M[4:0] of the levels below EL3, with both stack pointers. */
const MODES = [0, 4, 5, 8, 9];

/** ERET with random flags and masks, mostly to a mode it may return to. */
function exceptionReturn(el: number, i: number): RowAction {
  const mode = MODES[random() % MODES.length];
  const spsr = (((random() & 0xf000_03c0) | mode) >>> 0).toString(16);
  const code = ` ldr x1, =0x${spsr}\n msr spsr_el${el}, x1\n adr x1, 1f\n msr elr_el${el}, x1\n eret\n nop\n1: svc #0x77`;
  return { row: 'ERET_branch_reg', name: `ERET_branch_reg EL${el} ${spsr} ${i}`, code, levels: [el] };
}

/** Masks set or cleared, or the stack pointer selected; X0 is what came of it. */
function pstate(row: string, i: number): RowAction {
  const [op1, op2, register] = [
    [3, 6, 'daif'],
    [3, 7, 'daif'],
    [0, 5, 'spsel'],
  ][i % 3] as [number, number, string];
  const word = encode(encodingNamed(row), { op1, op2, CRm: random() % 16 });
  const code = ` mov x1, #0x280\n msr daif, x1\n${inst(word)}\n mrs x0, ${register}`;
  return { row, name: `${row} ${word.toString(16)} ${i}`, code, showsX0: true };
}

const sysl: RowAction[] = wordsOf(encodingNamed('SYSL_systeminstrs'), CASES, random).map((word, i) => ({
  row: 'SYSL_systeminstrs',
  name: `SYSL_systeminstrs ${word.toString(16)} ${i}`,
  code: inst(word),
}));

const counter = (name: string): RowAction => ({
  row: 'MRS_systemmove',
  name: `MRS ${name} twice`,
  code: ` mrs x1, ${name}\n isb\n mrs x2, ${name}\n cmp x2, x1\n cset x0, hs`,
  showsX0: true,
});

/** Loads and stores with the alignment that SCTLR.A asks of their addresses, in bytes. */
const ALIGNED: readonly (readonly [row: string, text: string, alignment: number])[] = [
  ['LDRH_ldst_pos', 'ldrh w2, [x1]', 2],
  ['LDR_ldst_pos', 'ldr w2, [x1]', 4],
  ['STR_ldst_pos', 'str x2, [x1]', 8],
  ['LDR_V_ldst_pos', 'ldr q2, [x1]', 16],
  ['LDP_ldstpair_off', 'ldp w2, w3, [x1]', 4],
  ['STP_ldstpair_off', 'stp x2, x3, [x1]', 8],
  ['STP_V_ldstpair_off', 'stp s2, s3, [x1]', 4],
  ['LDP_V_ldstpair_off', 'ldp d2, d3, [x1]', 8],
  ['LD1_asisdlse', 'ld1 {v2.16b}, [x1]', 1],
  ['LD1_asisdlse', 'ld1 {v2.4h, v3.4h}, [x1]', 2],
  ['ST1_asisdlse', 'st1 {v2.4s}, [x1]', 4],
  ['LD1_asisdlse', 'ld1 {v2.2d, v3.2d}, [x1]', 8],
  ['LD2_asisdlse', 'ld2 {v2.16b, v3.16b}, [x1]', 1],
  ['ST2_asisdlse', 'st2 {v2.8h, v3.8h}, [x1]', 2],
  ['LD3_asisdlse', 'ld3 {v2.2s, v3.2s, v4.2s}, [x1]', 4],
  ['ST4_asisdlse', 'st4 {v2.2d, v3.2d, v4.2d, v5.2d}, [x1]', 8],
  ['LD4_asisdlse', 'ld4 {v2.8b, v3.8b, v4.8b, v5.8b}, [x1]', 1],
  ['LD1_asisdlso', 'ld1 {v2.h}[3], [x1]', 2],
  ['ST3_asisdlso', 'st3 {v2.s, v3.s, v4.s}[1], [x1]', 4],
  ['LD2R_asisdlso', 'ld2r {v2.4h, v3.4h}, [x1]', 2],
  ['LDXR_ldstexcl', 'ldxr x2, [x1]', 8],
  ['LDXP_ldstexcl', 'ldxp w2, w3, [x1]', 8],
  ['STLR_ldstexcl', 'stlr w2, [x1]', 4],
  ['LDAR_ldstexcl', 'ldar x2, [x1]', 8],
];

const alignment: RowAction[] = ALIGNED.flatMap(([row, text, bytes]) =>
  [0, 1, 2, 4, 8, 24].map((offset) => ({
    row,
    name: `${offset % bytes ? 'unaligned' : 'aligned'} ${text.replaceAll(/[{}]/g, '')} +${offset}`,
    code: ` ldr x1, =scratch + ${offset}\n ${text}`,
  })),
);

const OPEN: Config = { name: 'open', set: {} };
const { base } = TRAP_PROGRAM;
const SCTLR_A = 2n;

/** Exceptions, returns, PSTATE and what is UNDEFINED outside Debug state, at every level. */
export const EXCEPTION_ACTIONS: readonly RowAction[] = [
  ...exceptions,
  drps,
  ...times(2 * CASES, (i) => exceptionReturn(1 + (i % 2), i)),
  ...times(2 * CASES, (i) => pstate('MSR_pstate', i)),
  ...sysl,
  counter('cntvct_el0'),
  counter('cntpct_el0'),
];

export const EXCEPTION_PROGRAM: Program = { base, configs: [OPEN], accesses: [], actions: EXCEPTION_ACTIONS };

/** Accesses under SCTLR_ELx.A. */
export const ALIGNMENT_ACTIONS: readonly RowAction[] = alignment;

export const ALIGNMENT_PROGRAM: Program = {
  base: { ...base, SCTLR_EL1: base['SCTLR_EL1'] | SCTLR_A, SCTLR_EL2: base['SCTLR_EL2'] | SCTLR_A },
  configs: [OPEN],
  accesses: [],
  actions: ALIGNMENT_ACTIONS,
};
