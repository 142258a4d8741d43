import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ManualRegister, MANUAL_REGISTERS, OTHER_RESETS } from '../testing/cortex-a53-registers.ts';
import { SYSTEM_REGISTERS, sysregAt, sysregEncoding } from './sysregs.ts';

/** Registers of implementations that the assembler does not know, or not of its Armv8.0. */
const UNNAMED = /^(L2|CPU|CBAR|CDBG|DBGDTRRX)/;

/** Encodings that the GNU assembler gives to names, op0 to op2 in 16 bits. */
function assembled(names: readonly string[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'sysregs-'));
  try {
    const [source, object, flat] = ['all.S', 'all.o', 'all'].map((file) => join(folder, file));
    const isWriteOnly = (name: string): boolean => /^(OSLAR|PMSWINC)/.test(name);
    const lines = names.map((name) => (isWriteOnly(name) ? `msr ${name}, x0` : `mrs x0, ${name}`));
    writeFileSync(source, `.arch armv8-a\n${lines.join('\n')}\n`);
    execFileSync('aarch64-linux-gnu-gcc', ['-c', '-o', object, source]);
    execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', object, flat]);
    const bytes = readFileSync(flat);
    return names.map((_, i) => 0x8000 | ((bytes.readUInt32LE(4 * i) >>> 5) & 0x7fff));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the system registers of the Cortex-A53', () => {
  it('are all in the table, and nothing else is', () => {
    const names = (registers: readonly { readonly name: string }[]): string[] => registers.map(({ name }) => name);
    expect(names(SYSTEM_REGISTERS).toSorted()).toEqual(names(MANUAL_REGISTERS).toSorted());
  });

  it.each(MANUAL_REGISTERS)('$name is where the manual has it, for those it says', (manual) => {
    const register = sysregAt(sysregEncoding(...manual.place));
    expect(register).toMatchObject({ name: manual.name, readEl: manual.readEl, writeEl: manual.writeEl });
  });

  it('have the reset values of the manual, but for those that are meant to differ', () => {
    const different = MANUAL_REGISTERS.filter(({ place, reset }) => {
      const register = sysregAt(sysregEncoding(...place));
      return reset !== undefined && register?.reset !== reset;
    });
    expect(different.map(({ name }) => name).toSorted()).toEqual(Object.keys(OTHER_RESETS).toSorted());
  });

  it('have the encodings that an assembler gives their names', () => {
    const known = MANUAL_REGISTERS.filter(({ name }) => !UNNAMED.test(name));
    const places = assembled(known.map(({ name }) => name));
    const wrong = known.filter(({ place }, i) => sysregEncoding(...place) !== places[i]);
    expect(known.length).toBeGreaterThan(180);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it('leave out what the A53 does not have', () => {
    const absent: Readonly<Record<string, ManualRegister['place']>> = {
      ICC_IAR1_EL1: [3, 0, 12, 12, 0],
      ICC_SRE_EL1: [3, 0, 12, 12, 5],
      ICC_SRE_EL2: [3, 4, 12, 9, 5],
      ICH_HCR_EL2: [3, 4, 12, 11, 0],
      RVBAR_EL1: [3, 0, 12, 0, 1],
      RVBAR_EL2: [3, 4, 12, 0, 1],
      RMR_EL1: [3, 0, 12, 0, 2],
      TTBR1_EL2: [3, 4, 2, 0, 1],
      CONTEXTIDR_EL2: [3, 4, 13, 0, 1],
      CNTHV_CTL_EL2: [3, 4, 14, 3, 1],
      PAN: [3, 0, 4, 2, 3],
      LORC_EL1: [3, 0, 10, 4, 3],
      DLR_EL0: [3, 3, 4, 5, 1],
      DSPSR_EL0: [3, 3, 4, 5, 0],
      PMMIR_EL1: [3, 0, 9, 14, 6],
    };
    const present = Object.entries(absent).filter(([, place]) => sysregAt(sysregEncoding(...place)) !== undefined);
    expect(present.map(([name]) => name)).toEqual([]);
  });
});
