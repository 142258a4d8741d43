import { describe, expect, it } from 'vitest';
import { registerFields, REGISTERS_WITH_FIELDS } from './register-fields.ts';
import { sysregNamed } from './sysregs.ts';

const meaning = (register: string, value: bigint, field: string): string | undefined =>
  registerFields(register, value).find(({ name }) => name === field)?.meaning;
const value = (register: string, bits: bigint, field: string): bigint | undefined =>
  registerFields(register, bits).find(({ name }) => name === field)?.value;

describe('register fields', () => {
  it.each(REGISTERS_WITH_FIELDS)('%s: high bits first, none twice, all inside the register', (name) => {
    const fields = registerFields(name, 0n);
    let above = 64;
    for (const { high, low } of fields) {
      expect(high).toBeLessThan(above);
      expect(low).toBeLessThanOrEqual(high);
      above = low;
    }
    expect(above).toBeGreaterThanOrEqual(0);
    expect(new Set(fields.map((field) => field.name)).size).toBe(fields.length);
  });

  it('names only registers that exist', () => {
    const outsideTheTable = /^(PSTATE|GIC[CDH]_\w+)$/;
    const unknown = REGISTERS_WITH_FIELDS.filter((name) => !outsideTheTable.test(name) && !sysregNamed(name));
    expect(unknown).toEqual([]);
  });

  it('decodes a hypercall down to its immediate', () => {
    expect(meaning('ESR_EL2', 0x5a000ea1n, 'EC')).toBe('HVC');
    expect(meaning('ESR_EL2', 0x5a000ea1n, 'ISS.imm16')).toBe('0xea1');
  });

  it('turns HPFAR_EL2 into the page it means', () => {
    expect(meaning('HPFAR_EL2', 0x80000n, 'FIPA')).toBe('IPA page 0x8000000');
  });

  it('reads VMID and table base from VTTBR_EL2', () => {
    expect(value('VTTBR_EL2', 0x0002_0000_7f80_0000n, 'VMID')).toBe(2n);
    expect(meaning('VTTBR_EL2', 0x0002_0000_7f80_0000n, 'BADDR')).toBe('0x7f800000');
  });

  it('names the mode an exception came from', () => {
    expect(meaning('SPSR_EL2', 0x3c5n, 'M')).toBe('EL1h');
  });

  it('has nothing to say about plain numbers', () => {
    expect(registerFields('X0', 5n)).toEqual([]);
  });
});
