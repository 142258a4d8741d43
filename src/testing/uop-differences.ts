/** Compares uop definitions with QEMU on random words of encoding rows and random states (tests only). */
import { encode, type Encoding, type Fields } from '../arch/a64/encoding.ts';
import { fpVector, RandomBits, randomFpcr } from './fp-operands.ts';
import type { UopRunner } from './uop-runner.ts';
import { runUserOracle, type UserBatch, type UserState } from './user-oracle.ts';

/** How much to compare. */
export interface Amount {
  /** Words of each row. */
  readonly words: number;
  /** States each word runs on. */
  readonly states: number;
  readonly seed: number;
}

/** Registers of fields that the runner and the oracle control. */
const REGISTERS = new Set(['Rd', 'Rn', 'Rm', 'Ra']);

function randomFields(row: Encoding, random: RandomBits, mayBeZeroRegister: boolean): Fields {
  for (;;) {
    const fields: Fields = {};
    for (const { name, width } of row.fields) fields[name] = random.below(2 ** width);
    for (const name of REGISTERS)
      if (name in fields) fields[name] = mayBeZeroRegister && random.below(8) === 0 ? 31 : random.below(3);
    if (fields['M'] !== undefined) fields['M'] = 0;
    if (row.where === undefined || row.where(fields)) return fields;
  }
}

function randomState(random: RandomBits): UserState {
  const size = random.pick([16, 32, 64, 32, 64] as const);
  const v = (): bigint => (random.below(8) === 0 ? random.next() | (random.next() << 64n) : fpVector(random, size));
  const x = (): bigint => BigInt.asUintN(64, BigInt.asIntN(64, random.next()) >> BigInt(random.below(64)));
  const same = random.below(6) === 0 ? v() : undefined;
  return {
    v: [v(), same ?? v(), same ?? v(), v()],
    x: [x(), x(), x()],
    nzcv: (random.below(16) << 28) >>> 0,
    fpcr: randomFpcr(random),
    fpsr: random.pick([0, 0x10, 0x10, 0x0800_009f & Number(random.next() & 0xffff_ffffn)]),
  };
}

const text = (s: UserState): string =>
  JSON.stringify({
    ...s,
    v: s.v.map((v) => v.toString(16)),
    x: s.x.map((x) => x.toString(16)),
    fpsr: s.fpsr.toString(16),
  });

/** Lines that tell where the definitions of `rows` and QEMU differ. */
export function uopDifferences(runner: UopRunner, rows: readonly Encoding[], amount: Amount): string[] {
  const random = new RandomBits(amount.seed);
  const names: string[] = [];
  const batches = rows.flatMap((row) =>
    Array.from({ length: amount.words }, (): UserBatch => {
      names.push(row.name);
      // SIMD&FP register 31 is not under control; general register 31 needs none.
      const isGeneral = /_(float2int|float2fix|dp_2src)$/.test(row.name) && random.below(8) === 0;
      const fields = randomFields(row, random, isGeneral);
      if (isGeneral) keepVectorRegister(row, fields);
      return { word: encode(row, fields), states: Array.from({ length: amount.states }, () => randomState(random)) };
    }),
  );
  const results = runUserOracle(batches);
  return batches.flatMap(({ word, states }, i) =>
    states.flatMap((before, j) => {
      const [ours, theirs] = [text(runner.run(word, before)), text(results[i][j])];
      return ours === theirs
        ? []
        : [`${names[i]} ${word.toString(16)} on ${text(before)}\n  ours ${ours}\n  QEMU ${theirs}`];
    }),
  );
}

/** Of conversions between register files, only the general register may be 31. */
function keepVectorRegister(row: Encoding, fields: Fields): void {
  if (row.name.endsWith('_dp_2src')) return;
  const toVector = /^[SU]CVTF/.test(row.name) || fields['opcode0'] === 1;
  fields[toVector ? 'Rd' : 'Rn'] %= 3;
}
