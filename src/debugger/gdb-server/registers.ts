/** The registers that GDB sees, by its numbers, and the target description that tells it of them (GDB manual, appendix G). */
import type { RegisterDescription } from '../../emulator/debug-port.ts';

/** A register of the target description. Its number is its place in the list. */
export interface GdbRegister {
  /** As GDB calls it. */
  readonly gdbName: string;
  /** As the Arm ARM calls it. */
  readonly name: string;
  readonly bits: 32 | 64 | 128;
  readonly feature: string;
  readonly type: string;
}

const CORE = 'org.gnu.gdb.aarch64.core';
const FPU = 'org.gnu.gdb.aarch64.fpu';
/** Features of our own: GDB takes any that it does not know as they are. */
const SYSTEM = ['org.trapline.aarch64.el0', 'org.trapline.aarch64.el1', 'org.trapline.aarch64.el2'] as const;
/** Registers that are parts of cpsr, or of the fpu feature. */
const ELSEWHERE: ReadonlySet<string> = new Set(['NZCV', 'DAIF', 'CurrentEL', 'SPSel', 'FPCR', 'FPSR']);

function core(): GdbRegister[] {
  const general = (gdbName: string, name: string, type = 'int'): GdbRegister => ({
    gdbName,
    name,
    bits: 64,
    feature: CORE,
    type,
  });
  return [
    ...Array.from({ length: 31 }, (_, n) => general(`x${n}`, `X${n}`)),
    general('sp', 'SP', 'data_ptr'),
    general('pc', 'PC', 'code_ptr'),
    { ...general('cpsr', 'PSTATE', 'cpsr_flags'), bits: 32 },
  ];
}

function fpu(): GdbRegister[] {
  const vectors = Array.from({ length: 32 }, (_, n): GdbRegister => ({
    gdbName: `v${n}`,
    name: `V${n}`,
    bits: 128,
    feature: FPU,
    type: 'aarch64v',
  }));
  const control = (gdbName: string, name: string): GdbRegister => ({
    gdbName,
    name,
    bits: 32,
    feature: FPU,
    type: 'int',
  });
  return [...vectors, control('fpsr', 'FPSR'), control('fpcr', 'FPCR')];
}

/** Those of EL3 are of no use: no guest can enter it. */
function system(described: readonly RegisterDescription[]): GdbRegister[] {
  const shown = described.filter(
    ({ name, group }) => group !== 'GENERAL' && group !== 'SIMD' && !ELSEWHERE.has(name) && !name.endsWith('_EL3'),
  );
  const registers = shown.map(({ name }): GdbRegister => {
    const el = Number(/_EL([012])$/.exec(name)?.[1] ?? 1);
    return { gdbName: name, name, bits: 64, feature: SYSTEM[el], type: 'uint64' };
  });
  return SYSTEM.flatMap((feature) => registers.filter((register) => register.feature === feature));
}

/** Every register, in the order of GDB's numbers. `described` is what the machine has. */
export function gdbRegisters(described: readonly RegisterDescription[]): GdbRegister[] {
  return [...core(), ...fpu(), ...system(described)];
}

/** True for registers of the `g` packet. The rest goes by `p`, so that a process whose description GDB has not read can be read all the same. */
export function isInGeneralPacket({ feature }: GdbRegister): boolean {
  return feature === CORE || feature === FPU;
}

const FLAGS: readonly (readonly [string, number])[] = [
  ['SP', 0],
  ['F', 6],
  ['I', 7],
  ['A', 8],
  ['D', 9],
  ['IL', 20],
  ['SS', 21],
  ['V', 28],
  ['C', 29],
  ['Z', 30],
  ['N', 31],
];

/** PSTATE as SPSR_ELx has it (Arm ARM C5.2.19). */
const CPSR_TYPE = `<flags id="cpsr_flags" size="4">
${FLAGS.map(([name, bit]) => `<field name="${name}" start="${bit}" end="${bit}"/>`).join('\n')}
<field name="EL" start="2" end="3"/>
</flags>`;

/** A vector register in all its shapes. */
const VECTOR_TYPE = `<vector id="v2d" type="ieee_double" count="2"/>
<vector id="v2u" type="uint64" count="2"/>
<vector id="v4f" type="ieee_single" count="4"/>
<vector id="v4u" type="uint32" count="4"/>
<vector id="v8u" type="uint16" count="8"/>
<vector id="v16u" type="uint8" count="16"/>
<union id="aarch64v">
<field name="d" type="v2d"/>
<field name="u" type="v2u"/>
<field name="f" type="v4f"/>
<field name="s" type="v4u"/>
<field name="h" type="v8u"/>
<field name="b" type="v16u"/>
<field name="q" type="uint128"/>
</union>`;

const TYPES: Readonly<Record<string, string>> = { [CORE]: CPSR_TYPE, [FPU]: VECTOR_TYPE };

/** `target.xml`. */
export function targetDescription(registers: readonly GdbRegister[]): string {
  const features = [...new Set(registers.map(({ feature }) => feature))].map((feature) =>
    [
      `<feature name="${feature}">`,
      TYPES[feature] ?? '',
      ...registers.flatMap((register, number) =>
        register.feature === feature ? [registerElement(register, number)] : [],
      ),
      '</feature>',
    ].join('\n'),
  );
  return [
    '<?xml version="1.0"?>',
    '<!DOCTYPE target SYSTEM "gdb-target.dtd">',
    '<target version="1.0">',
    '<architecture>aarch64</architecture>',
    ...features,
    '</target>',
  ].join('\n');
}

function registerElement(register: GdbRegister, number: number): string {
  const { gdbName, bits, type } = register;
  const group = isInGeneralPacket(register) ? '' : ' group="system" save-restore="no"';
  return `<reg name="${gdbName}" bitsize="${bits}" regnum="${number}" type="${type}"${group}/>`;
}
