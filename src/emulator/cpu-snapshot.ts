/**
 * The architectural state of one CPU as plain data: registers by name, in one form whatever engine ran (flags packed, caches left out), so that it can be
 * saved, compared and hashed.
 */
import { updateFpTrap } from './cpu/fp-access.ts';
import * as layout from './cpu/state.ts';
import type { CpuState } from './cpu/state.ts';
import { Reg } from './cpu/system-registers/offsets.ts';
import { StateError, type Plain } from './devices/device.ts';
import { list, number, record } from './devices/plain.ts';

/** 32-bit words of the block that are state as they stand. */
const WORDS = {
  DAIF: layout.DAIF,
  EL: layout.EL,
  SPSel: layout.SPSEL,
  IL: layout.IL,
  SS: layout.SS,
  LINES: layout.LINES,
  SLEEP: layout.SLEEP,
  EVENT: layout.EVENT,
  EXCLUSIVE_SIZE: layout.EXCLUSIVE_SIZE,
  FPCR: layout.FPCR,
  FPSR: layout.FPSR,
} as const;
const wordEntries = Object.entries(WORDS);
const registerEntries = Object.entries(Reg);
const X_COUNT = 31;
const V_WORDS = 64;

/** General registers, SIMD registers and system registers are hexadecimal strings. */
export function saveCpu(cpu: CpuState): Plain {
  const x = Array.from({ length: X_COUNT }, (_, slot) => hex(cpu.x(slot)));
  const v = Array.from({ length: V_WORDS }, (_, i) => hex(cpu.get64(layout.V + 8 * i)));
  const words = Object.fromEntries(wordEntries.map(([name, offset]) => [name, cpu.get(offset)]));
  const registers = Object.fromEntries(registerEntries.map(([name, offset]) => [name, hex(cpu.get64(offset))]));
  // The monitor's address means nothing while it is open.
  const monitored = hex(cpu.get(layout.EXCLUSIVE_SIZE) === 0 ? 0n : cpu.get64(layout.EXCLUSIVE_VA));
  return { x, sp: hex(cpu.x(layout.SLOT_SP)), pc: hex(cpu.pc), nzcv: cpu.nzcv, monitored, words, v, registers };
}

/** What `saveCpu` gave, checked. */
export interface SavedCpu {
  readonly x: readonly bigint[];
  readonly sp: bigint;
  readonly pc: bigint;
  readonly nzcv: number;
  /** Virtual address that the exclusive monitor covers. */
  readonly monitored: bigint;
  readonly words: readonly number[];
  readonly v: readonly bigint[];
  readonly registers: readonly bigint[];
}

/** Reads back what `saveCpu` gave; throws `StateError` when it is something else. */
export function parseCpu(state: Plain): SavedCpu {
  const fields = record(state);
  const words = record(fields.words);
  const registers = record(fields.registers);
  return {
    x: list(fields.x, X_COUNT, unhex),
    sp: unhex(fields.sp),
    pc: unhex(fields.pc),
    nzcv: number(fields.nzcv),
    monitored: unhex(fields.monitored),
    words: wordEntries.map(([name]) => number(words[name])),
    v: list(fields.v, V_WORDS, unhex),
    registers: registerEntries.map(([name]) => unhex(registers[name])),
  };
}

/** Puts a saved CPU into its block; caches and engine-private words are zeroed: the machine must select the translation context anew. */
export function loadCpu(cpu: CpuState, saved: SavedCpu): void {
  const index = cpu.get(layout.INDEX);
  cpu.u8.fill(0);
  cpu.set(layout.INDEX, index);
  saved.x.forEach((value, slot) => cpu.setX(slot, value));
  cpu.setX(layout.SLOT_SP, saved.sp);
  cpu.pc = saved.pc;
  cpu.nzcv = saved.nzcv;
  cpu.set64(layout.EXCLUSIVE_VA, saved.monitored);
  wordEntries.forEach(([, offset], i) => cpu.set(offset, saved.words[i]));
  saved.v.forEach((value, i) => cpu.set64(layout.V + 8 * i, value));
  registerEntries.forEach(([, offset], i) => cpu.set64(offset, saved.registers[i]));
  updateFpTrap(cpu);
}

function hex(value: bigint): string {
  return value.toString(16);
}

function unhex(state: Plain | undefined): bigint {
  if (typeof state !== 'string' || !/^[0-9a-f]{1,16}$/.test(state))
    throw new StateError('a register value is expected');
  return BigInt(`0x${state}`);
}
