/** What the self-hosted debug program tries: breakpoints and watchpoints of every kind, against code and accesses of every kind. */
import { BASE } from './system-cases.ts';
import type { Action, Config, Program } from './system-program.ts';

const bit = (n: number): bigint => 1n << BigInt(n);

const MDE = bit(15);
const KDE = bit(13);
const TDE_ON = 6n | bit(8);
const ENABLE = 1n;
/** BAS = 0b1111. */
const ALL_BYTES = 0xfn << 5n;
/** PMC or PAC. */
const EL1_ONLY = 1n << 1n;
const EL0_ONLY = 2n << 1n;
const BOTH = 3n << 1n;
const HMC = bit(13);
const ssc = (n: bigint): bigint => n << 14n;
const link = (n: bigint): bigint => n << 16n;
const type = (n: bigint): bigint => n << 20n;
const LOAD = 1n << 3n;
const STORE = 2n << 3n;
const BOTH_WAYS = LOAD | STORE;
const bas = (bytes: bigint): bigint => bytes << 5n;
const LINKED_WATCHPOINT = bit(20);
const mask = (n: bigint): bigint => n << 24n;
const DOUBLEWORD = bas(0xffn);

/** Labels of `TARGETS` that go into address registers. */
type Places = Readonly<Record<string, string>>;

function config(name: string, set: Readonly<Record<string, bigint>>, places: Places): Config {
  const code = Object.entries(places).map(([register, label]) => ` ldr x0, =${label}\n msr ${register}, x0`);
  return { name, set: { MDSCR_EL1: MDE, ...set }, code: `${code.join('\n')}\n isb` };
}

const AT_TARGET: Places = { dbgbvr1_el1: 'debug_target' };
const breakpoint = (name: string, control: bigint, set: Readonly<Record<string, bigint>> = {}): Config =>
  config(`B ${name}`, { DBGBCR1_EL1: control | ENABLE | ALL_BYTES, ...set }, AT_TARGET);

const CONTEXT = 0x1234n;
/** Breakpoint 5 compares CONTEXTIDR_EL1 with `CONTEXT`; `control` is its DBGBCR without BAS. */
const linked = (name: string, control: bigint, contextidr: bigint): Config =>
  breakpoint(name, BOTH | type(1n) | link(5n), {
    DBGBVR5_EL1: CONTEXT,
    DBGBCR5_EL1: control | ALL_BYTES,
    CONTEXTIDR_EL1: contextidr,
  });

const BREAKPOINTS: readonly Config[] = [
  breakpoint('EL1', EL1_ONLY),
  breakpoint('EL0', EL0_ONLY),
  breakpoint('EL1 and EL0', BOTH),
  breakpoint('EL2', HMC | ssc(3n)),
  breakpoint('all levels', BOTH | HMC),
  breakpoint('Non-secure', BOTH | ssc(1n)),
  breakpoint('Secure', BOTH | ssc(2n)),
  breakpoint('TDE', BOTH, { MDCR_EL2: TDE_ON }),
  breakpoint('TDE, all levels', BOTH | HMC, { MDCR_EL2: TDE_ON }),
  breakpoint('KDE', BOTH, { MDSCR_EL1: MDE | KDE }),
  breakpoint('KDE and TDE, all levels', BOTH | HMC, { MDSCR_EL1: MDE | KDE, MDCR_EL2: TDE_ON }),
  breakpoint('no MDE', BOTH, { MDSCR_EL1: KDE }),
  breakpoint('OS lock', BOTH, { OSLAR_EL1: 1n }),
  breakpoint('OS double lock', BOTH, { OSDLR_EL1: 1n }),
  config('B off', { DBGBCR1_EL1: BOTH | ALL_BYTES }, AT_TARGET),
  config('B second instruction', { DBGBCR0_EL1: BOTH | ENABLE | ALL_BYTES }, { dbgbvr0_el1: 'debug_target + 4' }),
  config(
    'B two',
    { DBGBCR0_EL1: BOTH | ENABLE | ALL_BYTES, DBGBCR1_EL1: EL0_ONLY | ENABLE | ALL_BYTES },
    {
      dbgbvr0_el1: 'debug_target + 4',
      dbgbvr1_el1: 'debug_target',
    },
  ),
  linked('linked', BOTH | type(3n) | ENABLE, CONTEXT),
  linked('linked, other context', BOTH | type(3n) | ENABLE, CONTEXT + 1n),
  linked('linked to one that is unlinked', BOTH | type(2n), CONTEXT),
  breakpoint('linked to one without contexts', BOTH | type(1n) | link(0n), { CONTEXTIDR_EL1: CONTEXT }),
  breakpoint('with software step', BOTH, { MDSCR_EL1: MDE | 1n }),
];

const AT_DATA: Places = { dbgwvr2_el1: 'debug_data + 16' };
const watchpoint = (
  name: string,
  control: bigint,
  set: Readonly<Record<string, bigint>> = {},
  places: Places = AT_DATA,
): Config => config(`W ${name}`, { DBGWCR2_EL1: control | ENABLE, ...set }, places);

const WATCHPOINTS: readonly Config[] = [
  watchpoint('both', BOTH | BOTH_WAYS | DOUBLEWORD),
  watchpoint('loads', BOTH | LOAD | DOUBLEWORD),
  watchpoint('stores', BOTH | STORE | DOUBLEWORD),
  watchpoint('EL0', EL0_ONLY | BOTH_WAYS | DOUBLEWORD),
  watchpoint('EL1', EL1_ONLY | BOTH_WAYS | DOUBLEWORD),
  watchpoint('all levels, TDE and KDE', BOTH | HMC | BOTH_WAYS | DOUBLEWORD, {
    MDCR_EL2: TDE_ON,
    MDSCR_EL1: MDE | KDE,
  }),
  watchpoint('KDE', BOTH | BOTH_WAYS | DOUBLEWORD, { MDSCR_EL1: MDE | KDE }),
  watchpoint('TDE', BOTH | BOTH_WAYS | DOUBLEWORD, { MDCR_EL2: TDE_ON }),
  watchpoint('byte 3', BOTH | BOTH_WAYS | bas(8n)),
  watchpoint('bytes 4 to 6', BOTH | BOTH_WAYS | bas(0x70n)),
  watchpoint('word', BOTH | BOTH_WAYS | bas(0xfn), {}, { dbgwvr2_el1: 'debug_data + 20' }),
  watchpoint('16 bytes', BOTH | BOTH_WAYS | DOUBLEWORD | mask(4n)),
  watchpoint('4 KB', BOTH | BOTH_WAYS | DOUBLEWORD | mask(12n), {}, { dbgwvr2_el1: 'debug_data' }),
  watchpoint('next page', BOTH | BOTH_WAYS | DOUBLEWORD, {}, { dbgwvr2_el1: 'debug_data + 4096' }),
  watchpoint('no MDE', BOTH | BOTH_WAYS | DOUBLEWORD, { MDSCR_EL1: 0n }),
  watchpoint('OS lock', BOTH | BOTH_WAYS | DOUBLEWORD, { OSLAR_EL1: 1n }),
  watchpoint('linked', BOTH | BOTH_WAYS | DOUBLEWORD | LINKED_WATCHPOINT | link(4n), {
    DBGBVR4_EL1: CONTEXT,
    DBGBCR4_EL1: BOTH | type(3n) | ENABLE | ALL_BYTES,
    CONTEXTIDR_EL1: CONTEXT,
  }),
  watchpoint('linked, other context', BOTH | BOTH_WAYS | DOUBLEWORD | LINKED_WATCHPOINT | link(4n), {
    DBGBVR4_EL1: CONTEXT,
    DBGBCR4_EL1: BOTH | type(3n) | ENABLE | ALL_BYTES,
    CONTEXTIDR_EL1: 7n,
  }),
];

const UNMASK = ' msr daifclr, #8';

/** Each with PSTATE.D as it is (set), and clear where the level may clear it. */
function masksTried(name: string, code: string): Action[] {
  return [
    { name, code },
    { name: `${name} unmasked`, code: `${UNMASK}\n${code}`, levels: [1, 2] },
  ];
}

/** An access with X1 at `debug_data` + offset. */
const at = (offset: number, instructions: string): string => ` ldr x1, =debug_data + ${offset}\n${instructions}`;

const ACCESSES: Readonly<Record<string, string>> = {
  'ldr x': at(16, ' ldr x2, [x1]'),
  'str x': at(16, ' str x2, [x1]'),
  'ldrb +19': at(19, ' ldrb w2, [x1]'),
  'strb +18': at(18, ' strb w2, [x1]'),
  'strh +22': at(22, ' strh w2, [x1]'),
  'str w +20': at(20, ' str w2, [x1]'),
  'ldp +8': at(8, ' ldp x2, x3, [x1]'),
  'stp +16': at(16, ' stp x2, x3, [x1]'),
  'stp w +12': at(12, ' stp w2, w3, [x1]'),
  'str q': at(16, ' str q0, [x1]'),
  'ldr q': at(16, ' ldr q0, [x1]'),
  ld1: at(0, ' ld1 {v0.16b, v1.16b}, [x1]'),
  'ldr x +24': at(24, ' ldr x2, [x1]'),
  'str x +8': at(8, ' str x2, [x1]'),
  'str x +4088': at(4088, ' str x2, [x1]'),
  'str writeback': at(8, ' str x2, [x1, #8]!'),
  ldxr: at(16, ' ldxr x2, [x1]\n clrex'),
  stlr: at(16, ' stlr x2, [x1]'),
  'dc cvac': at(16, ' dc cvac, x1'),
  ldtr: at(16, ' ldtr x2, [x1]'),
};

/** Runs something often enough for it to be translated before the breakpoint or watchpoint is armed, then once more. */
const hot = (name: string, control: string, value: string, set: string): Action => ({
  name,
  levels: [1, 2],
  code: ` mov x5, x30
 ldr x9, =debug_data + 16
 mov x10, #3000
1: bl debug_target
 str x10, [x9]
 subs x10, x10, #1
 b.ne 1b
 mov x2, #0xa000
 msr mdscr_el1, x2
${UNMASK}
 ldr x2, =${value}
 msr ${set}, x2
 ldr x2, =${control}
 msr ${control.startsWith('0x1e') ? 'dbgbcr0_el1' : 'dbgwcr0_el1'}, x2
 isb
 bl debug_target
 str x10, [x9]
 mov x30, x5`,
});

const HOT: readonly Action[] = [
  hot('hot breakpoint', '0x1e7', 'debug_target', 'dbgbvr0_el1'),
  hot('hot watchpoint', '0x1fff', 'debug_data + 16', 'dbgwvr0_el1'),
];

const TARGETS = `
 .balign 64
debug_target: add x3, x3, #1
 add x4, x4, #1
 ret
 .bss
 .balign 4096
debug_data: .space 8192
 .text
`;

/** Everything disarmed. */
const DISARMED: Readonly<Record<string, bigint>> = {
  ...BASE,
  CONTEXTIDR_EL1: 0n,
  OSDLR_EL1: 0n,
  ...Object.fromEntries([0, 1, 2, 3, 4, 5].map((n) => [`DBGBCR${n}_EL1`, 0n])),
  ...Object.fromEntries([0, 1, 2, 3].map((n) => [`DBGWCR${n}_EL1`, 0n])),
};

const call = ' mov x5, x30\n bl debug_target\n mov x30, x5';

/** Breakpoints against a call of the routine they are in. */
export const BREAKPOINT_PROGRAM: Program = {
  base: DISARMED,
  extra: TARGETS,
  configs: BREAKPOINTS,
  accesses: [],
  actions: masksTried('call', call),
};

/** Watchpoints against accesses. */
export const WATCHPOINT_PROGRAM: Program = {
  base: DISARMED,
  extra: TARGETS,
  configs: WATCHPOINTS,
  accesses: [],
  actions: Object.entries(ACCESSES).flatMap(([name, code]) => masksTried(name, code)),
};

/** Both, armed while the code is hot. */
export const HOT_PROGRAM: Program = {
  base: DISARMED,
  extra: TARGETS,
  configs: [{ name: 'open', set: {} }],
  accesses: [],
  actions: HOT,
};
