import { beforeAll, describe, expect, it } from 'vitest';
import { mmuCases } from './mmu-cases.ts';
import type { MmuCase } from './mmu-cases.ts';
import { createMmuBench } from './mmu-fixture.ts';
import { comparable, runOnOurs, runProgram } from './mmu-qemu.ts';
import type { CaseResult } from './mmu-qemu.ts';

/** MMU_SEED and MMU_COUNT make longer runs possible. */
const SEED = BigInt(process.env.MMU_SEED ?? '1');
const COUNT = Number(process.env.MMU_COUNT ?? '600');

describe('random translations at EL2 and, through two stages, at EL1 and EL0', () => {
  let cases: MmuCase[];
  let qemu: CaseResult[];
  let machine: CaseResult[];
  let ours: CaseResult[];

  beforeAll(() => {
    const bench = createMmuBench();
    cases = mmuCases(SEED, COUNT);
    ({ qemu, machine } = runProgram(cases));
    ours = cases.map((c) => runOnOurs(bench, c));
  }, 120_000);

  /** Where results are not those of QEMU. */
  function mismatches(results: readonly CaseResult[]): string[] {
    return cases.flatMap(({ kind }, i) =>
      qemu[i].flatMap((expected, result) => {
        const got = results[i][result];
        if (comparable(kind, result, expected) === comparable(kind, result, got)) return [];
        return [`case ${i} (kind ${kind}) result ${result}: QEMU ${expected}, ours ${got}`];
      }),
    );
  }

  it('come out as on QEMU: PAR_EL1 of every AT, and ESR, FAR and HPFAR of real accesses', () => {
    expect(ours.map((results) => results.length)).toEqual(qemu.map((results) => results.length));
    expect(mismatches(ours)).toEqual([]);
  });

  it('come out the same when the whole machine runs the program', () => {
    expect(mismatches(machine)).toEqual([]);
  });

  it('meet every kind of fault that tables can cause, at both stages', () => {
    const seen = new Set(
      ours
        .flat()
        .filter((result) => /^\d:/.test(result))
        .map(faultKind),
    );
    const kinds = ['address size', 'translation', 'access flag', 'permission'];
    const stage2Walk = ['translation', 'access flag', 'permission'].map((kind) => `EL2 ${kind} on a walk`);
    expect(
      [...kinds.flatMap((kind) => [`EL1 ${kind}`, `EL2 ${kind}`]), ...stage2Walk].filter((kind) => !seen.has(kind)),
    ).toEqual([]);
  });
});

/** `EL1 permission`, `EL2 translation on a walk`, ... from the outcome of an access. */
function faultKind(result: string): string {
  const [el, esr] = result.split(/[:,]/);
  const syndrome = Number(BigInt(`0x${esr}`) & 0xffn);
  const kind = ['address size', 'translation', 'access flag', 'permission'][(syndrome & 0x3f) >>> 2];
  return `EL${el} ${kind}${(syndrome & 0x80) === 0 ? '' : ' on a walk'}`;
}
