import { describe, expect, it } from 'vitest';
import { ENCODINGS } from '../../../arch/a64/table.ts';
import { uopDifferences } from '../../../testing/uop-differences.ts';
import { UopRunner } from '../../../testing/uop-runner.ts';
import './crypto.ts';

/** `CRYPTO_STATES` makes the long run. */
const states = Number(process.env['CRYPTO_STATES'] ?? 40);

describe('cryptographic instructions agree with QEMU', { timeout: 600_000 }, () => {
  it.each([
    ['AES', /_cryptoaes$/, 4],
    ['SHA-1 and SHA-256', /_cryptosha[23]$/, 10],
    ['polynomial multiplication', /^PMULL_asimddiff$/, 1],
    ['CRC32', /^CRC32/, 8],
  ])('%s', (_, names, count) => {
    const rows = ENCODINGS.filter((row) => names.test(row.name));
    expect(rows).toHaveLength(count);
    expect(uopDifferences(new UopRunner(), rows, { words: 12, states, seed: 3 })).toEqual([]);
  });
});
