import { describe, expect, it } from 'vitest';
import { describeEsr, exceptionClassName, makeEsr, syndromeFields, systemRegisterIss } from './esr.ts';
import { encodingParts, genericName, isReservedId, sysregAt, sysregEncoding, sysregNamed } from './sysregs.ts';

describe('a syndrome in words', () => {
  it.each([
    [0x5a00_0ea1, 'HVC #0xea1'],
    [0x5600_0000, 'SVC #0x0'],
    [0x9200_0047, 'Data abort, lower EL: write, Translation fault, level 3'],
    [0x8600_000f, 'Instruction abort, same EL: Permission fault, level 3'],
    [0x6230_0021, 'Trapped MSR, MRS or system instruction: MRS X1, MIDR_EL1'],
    [0x07e0_0000, 'Trapped WFI or WFE: WFI'],
    [0x07e0_0001, 'Trapped WFI or WFE: WFE'],
    [0xf200_0001, 'BRK #0x1'],
    [0x0200_0000, 'Unknown reason'],
    [0xfe00_0000, 'Reserved class 0x3f'],
  ])('0x%x is %s', (esr, text) => {
    expect(describeEsr(esr)).toBe(text);
  });

  it('names fields, and leaves out those that are not valid', () => {
    const valid = syndromeFields(0x9383_0047);
    expect(valid.find(({ name }) => name === 'SRT')).toMatchObject({ value: 3, meaning: 'X3', high: 20, low: 16 });
    expect(valid.find(({ name }) => name === 'SAS')?.meaning).toBe('32-bit');
    const names = syndromeFields(0x9200_0047).map(({ name }) => name);
    expect(names).toEqual(['ISV', 'FnV', 'EA', 'CM', 'S1PTW', 'WnR', 'DFSC']);
  });

  it('puts system register traps together and takes them apart', () => {
    const hcr = sysregEncoding(3, 4, 1, 1, 0);
    const esr = makeEsr(0x18, systemRegisterIss(hcr, 31, false));
    expect(describeEsr(esr)).toBe('Trapped MSR, MRS or system instruction: MSR HCR_EL2, XZR');
    expect(exceptionClassName(esr >>> 26)).toBe('Trapped MSR, MRS or system instruction');
  });
});

describe('system register names and encodings', () => {
  it('go both ways', () => {
    expect(sysregAt(sysregEncoding(3, 0, 0, 0, 0))?.name).toBe('MIDR_EL1');
    expect(sysregNamed('vttbr_el2')?.encoding).toBe(sysregEncoding(3, 4, 2, 1, 0));
    expect(encodingParts(sysregEncoding(2, 3, 7, 14, 6))).toEqual({ op0: 2, op1: 3, crn: 7, crm: 14, op2: 6 });
    expect(genericName(sysregEncoding(3, 1, 15, 2, 0))).toBe('S3_1_C15_C2_0');
  });

  it('tell reserved identification registers', () => {
    expect(isReservedId(sysregEncoding(3, 0, 0, 7, 2))).toBe(true);
    expect(isReservedId(sysregEncoding(3, 0, 0, 7, 0))).toBe(false);
    expect(isReservedId(sysregEncoding(3, 0, 0, 0, 3))).toBe(false);
  });
});
