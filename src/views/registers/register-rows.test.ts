import { expect, it } from 'vitest';
import type { RegisterSet } from '../../protocol/registers.ts';
import { makeRegisterRows, valuesOf } from './register-rows.ts';

const set = (esr: bigint): RegisterSet => ({
  origin: 'live',
  label: 'pCPU 0',
  registers: [
    { name: 'X0', group: 'GENERAL', bits: 64, value: 1n, writable: true },
    { name: 'ESR_EL2', group: 'EXCEPTION', bits: 64, value: esr, writable: true },
  ],
});
const options = { open: new Set(['EXCEPTION', 'ESR_EL2']), filter: '', pinned: [] };

it('shows open groups and open registers with their fields', () => {
  const rows = makeRegisterRows(set(0x5a000ea1n), new Map(), options);
  expect(rows.map(({ id }) => id)).toEqual([
    'GENERAL',
    'EXCEPTION',
    'ESR_EL2',
    'ESR_EL2.EC',
    'ESR_EL2.IL',
    'ESR_EL2.ISS',
    'ESR_EL2.ISS.imm16',
  ]);
});

it('marks the register and the fields that changed, and counts them in the group', () => {
  const rows = makeRegisterRows(set(0x5a000ea1n), valuesOf(set(0x56000000n)), options);
  const changed = rows.filter((row) => (row.kind === 'group' ? row.changes > 0 : row.isChanged)).map(({ id }) => id);
  expect(changed).toEqual(['EXCEPTION', 'ESR_EL2', 'ESR_EL2.EC', 'ESR_EL2.ISS', 'ESR_EL2.ISS.imm16']);
});

it('opens every group while searching', () => {
  const rows = makeRegisterRows(set(0n), new Map(), { open: new Set(), filter: 'x0', pinned: [] });
  expect(rows.map(({ id }) => id)).toEqual(['GENERAL', 'X0']);
});

it('repeats pinned registers on top', () => {
  const rows = makeRegisterRows(set(0n), new Map(), { open: new Set(), filter: '', pinned: ['ESR_EL2'] });
  expect(rows.map(({ id }) => id)).toEqual(['pin:ESR_EL2', 'GENERAL', 'EXCEPTION']);
});
