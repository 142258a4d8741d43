/** Builds the system-register and exception program, and runs it on QEMU's ZCU102 and on our machine. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_REGISTERS, type SystemRegister } from '../../arch/sysregs.ts';
import { Machine } from '../../emulator/machine.ts';
import { ramOffset } from '../../emulator/memory-layout.ts';
import { sysInstructionEncodings } from '../../emulator/cpu/system-registers/instructions.ts';

const LOAD_ADDRESS = 0x20_0000;

/** One setting of the trap controls: register values written on top of the base configuration. */
export interface Config {
  readonly name: string;
  readonly set: Readonly<Record<string, bigint>>;
  /** Exception levels to try at; all three when absent. */
  readonly levels?: readonly number[];
  /** Assembly to run after the registers are written; X0-X2 are free. */
  readonly code?: string;
}

/** Something to run: its assembly ends, if it gets there, by RET. `argument` is in X0. */
export interface Action {
  readonly name: string;
  readonly code: string;
  readonly argument?: bigint;
  /** Exception levels to run it at; all when absent. */
  readonly levels?: readonly number[];
  /** Print X0 as it comes back. */
  readonly showsX0?: boolean;
}

/** One access that is tried, in the order of the characters the program prints. */
export interface Access {
  readonly name: string;
  readonly word: number;
}

const MRS_X0 = 0xd530_0000;
const MSR_X0 = 0xd510_0000;
const SYS_X0 = 0xd508_0000;

/** Register accesses and SYS instructions, all with X0. */
export function accessList(registers: readonly SystemRegister[] = SYSTEM_REGISTERS): Access[] {
  const word = (base: number, encoding: number): number => (base | ((encoding & 0x7fff) << 5)) >>> 0;
  const moves = registers.flatMap(({ name, encoding }) => [
    { name: `MRS ${name}`, word: word(MRS_X0, encoding) },
    { name: `MSR ${name}`, word: word(MSR_X0, encoding) },
  ]);
  const instructions = sysInstructionEncodings().map((encoding) => ({
    name: `SYS ${(encoding >>> 11) & 7} C${(encoding >>> 7) & 15} C${(encoding >>> 3) & 15} ${encoding & 7}`,
    word: (SYS_X0 | ((encoding & 0x3fff) << 5)) >>> 0,
  }));
  return [...moves, ...instructions];
}

const READ = 1 << 21;
const ALL_LEVELS = 7;

/** One bit for each exception level. */
function levelMask(levels: readonly number[] | undefined): number {
  return levels?.reduce((mask, el) => mask | (1 << el), 0) ?? ALL_LEVELS;
}

function accessStubs(accesses: readonly Access[]): string {
  const stubs = accesses.map(({ word }, i) => {
    const read = (word | READ) >>> 0;
    return `access${i}: .inst 0x${word.toString(16)}\n ret\n .inst 0x${read.toString(16)}\n ret`;
  });
  const isSys = (word: number): boolean => (word & 0x0018_0000) === 0x0008_0000;
  const rows = accesses.map(
    ({ word }, i) => ` .quad 0, access${i}, 0x${word.toString(16)}, ${isSys(word) ? 1 : 0}, ${ALL_LEVELS}, 0`,
  );
  return `${stubs.join('\n')}
 .data
 .balign 8
 .globl accesses, access_count
accesses:
${rows.join('\n')}
access_count: .quad ${accesses.length}
 .text`;
}

function strings(prefix: string, texts: readonly string[]): string {
  return texts.map((text, i) => `${prefix}${i}: .asciz "${text}"`).join('\n');
}

function actionStubs(actions: readonly Action[]): string {
  const stubs = actions.map(({ code }, i) => ` .balign 16\naction${i}:\n${code}\n ret`);
  const rows = actions.map(({ argument, levels, showsX0 }, i) => {
    const x0 = `0x${(argument ?? 0n).toString(16)}`;
    return ` .quad action_name${i}, action${i}, 0, ${x0}, ${levelMask(levels)}, ${showsX0 ? 1 : 0}`;
  });
  return `${stubs.join('\n')}
 .data
${strings(
  'action_name',
  actions.map((a) => a.name),
)}
 .balign 8
 .globl actions, action_count
actions:
${rows.join('\n')}
action_count: .quad ${actions.length}
 .text`;
}

function settings(set: Readonly<Record<string, bigint>>, code = ''): string {
  const writes = Object.entries(set).map(([name, value]) => ` ldr x0, =0x${value.toString(16)}\n msr ${name}, x0`);
  return `${writes.join('\n')}\n isb\n${code}\n ret\n .ltorg`;
}

function configTable({ base, baseCode, configs }: Program): string {
  const functions = configs.map(({ set, code }, i) => `config${i}:\n${settings(set, code)}`);
  const rows = configs.map((config, i) => ` .quad config_name${i}, config${i}, ${levelMask(config.levels)}`);
  return ` .globl base_config
base_config:
${settings(base, baseCode)}
${functions.join('\n')}
 .data
${strings(
  'config_name',
  configs.map((c) => c.name),
)}
 .balign 8
 .globl configs, config_count
configs:
${rows.join('\n')}
config_count: .quad ${configs.length}`;
}

function sweepBounds({ sweep = [0, 0] }: Program): string {
  return ` .globl sweep_first, sweep_end\nsweep_first: .quad ${sweep[0]}\nsweep_end: .quad ${sweep[1]}`;
}

/** What a program tries. */
export interface Program {
  readonly base: Readonly<Record<string, bigint>>;
  /** Assembly that goes with `base`. */
  readonly baseCode?: string;
  /** Assembly that configurations and actions may name. */
  readonly extra?: string;
  readonly configs: readonly Config[];
  readonly accesses: readonly Access[];
  readonly actions: readonly Action[];
  /** Instruction words to run one after the other, Rt = X0: from the first up to the second. */
  readonly sweep?: readonly [number, number];
}

/** Assembles a program into an ELF file in `dir`. */
function buildSystemProgram(dir: string, program: Program): string {
  const { accesses, actions } = program;
  const tables = join(dir, 'tables.S');
  const extra = program.extra ?? '';
  const text = [accessStubs(accesses), actionStubs(actions), extra, configTable(program), sweepBounds(program), ''];
  writeFileSync(tables, ` .arch armv8-a+crc\n .text\n${text.join('\n')}`);
  const elf = join(dir, 'system.elf');
  const flags = [
    '-nostdlib',
    '-static',
    '-ffreestanding',
    '-fno-pic',
    '-no-pie',
    '-mgeneral-regs-only',
    '-mstrict-align',
    '-O1',
  ];
  const link = [`-Wl,-Ttext=0x${LOAD_ADDRESS.toString(16)}`, '-Wl,--build-id=none', '-Wl,-z,max-page-size=4096'];
  const sources = ['system-entry.S', 'system-cases.c'].map((name) => join(import.meta.dirname, name));
  execFileSync('aarch64-linux-gnu-gcc', [...flags, ...link, '-o', elf, ...sources, tables]);
  return elf;
}

/** Runs an ELF file on QEMU; what it printed on UART0. */
export function runElfOnQemu(elf: string): string {
  const machine = ['-M', 'xlnx-zcu102,virtualization=on', '-m', '2G', '-display', 'none', '-monitor', 'none'];
  // Time by instructions: by the host's clock a timer of milliseconds expires early whenever the host is busy.
  const clock = ['-icount', 'shift=1,sleep=off'];
  return execFileSync('qemu-system-aarch64', [...machine, ...clock, '-serial', 'stdio', '-kernel', elf], {
    encoding: 'latin1',
    timeout: 120_000,
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 28,
  });
}

const ELF_PHOFF = 0x20;
const ELF_PHENTSIZE = 0x36;
const ELF_PHNUM = 0x38;
const ELF_ENTRY = 0x18;
const PT_LOAD = 1;

/** Copies the loadable segments of an ELF file into a machine's RAM and starts CPU 0 at its entry point. */
function loadElf(machine: Machine, image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const first = Number(view.getBigUint64(ELF_PHOFF, true));
  for (let i = 0; i < view.getUint16(ELF_PHNUM, true); i++) {
    const header = first + i * view.getUint16(ELF_PHENTSIZE, true);
    if (view.getUint32(header, true) !== PT_LOAD) continue;
    const word = (offset: number): number => Number(view.getBigUint64(header + offset, true));
    machine.bytes.set(image.subarray(word(8), word(8) + word(0x20)), ramOffset(word(0x18)));
  }
  machine.start(view.getBigUint64(ELF_ENTRY, true), 0n);
}

/**
 * Runs an ELF file on our machine until it switches itself off; what it printed on UART0. `threshold`: how often code is sampled before it is translated;
 * the machine's own choice when absent.
 */
export function runElfOnOurs(image: Uint8Array, limit: number, threshold?: number): string {
  const machine = new Machine();
  if (threshold !== undefined) machine.translator.threshold = threshold;
  let output = '';
  machine.hooks.onSerial = (_port, byte) => void (output += String.fromCharCode(byte));
  loadElf(machine, image);
  const result = machine.run(limit);
  if (result !== 'off')
    throw new Error(
      `the program ended with ${result} at ${machine.cpus[0].state.pc.toString(16)}: ${output.slice(-200)}`,
    );
  return output;
}

/** Runs `work` with a program's ELF file, which is removed afterwards. */
export function withProgram<T>(program: Program, work: (elf: string, image: Uint8Array) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'system-'));
  try {
    const elf = buildSystemProgram(dir, program);
    return work(elf, readFileSync(elf));
  } finally {
    rmSync(dir, { recursive: true });
  }
}
