/** The long run of the fuzzer: `TRAPLINE_FUZZ=FROM,COUNT` names the first seed and how many sequences (default: 1, a million); `SEED,1` repeats one batch. */
import { Fuzzer } from '../fuzz/fuzzer.ts';

const BATCHES_PER_LINE = 20;

/** Prints how many sequences were run. Rejects when the interpreter and the translator differ in any. */
export function fuzz(): Promise<void> {
  const [from, count] = (process.env.TRAPLINE_FUZZ ?? '1,1000000').split(',').map(Number);
  const fuzzer = new Fuzzer();
  const sum = { sequences: 0, instructions: 0, breakpoints: 0, differences: 0 };
  for (let seed = from; sum.sequences < count; seed++) {
    const { sequences, instructions, breakpoints, difference } = fuzzer.run(seed);
    if (difference) {
      sum.differences += 1;
      console.log(`seed ${seed}: ${difference}`);
    }
    sum.sequences += sequences;
    sum.instructions += instructions;
    sum.breakpoints += breakpoints;
    if ((seed - from + 1) % BATCHES_PER_LINE === 0) console.log(describe(seed, sum));
  }
  console.log(describe(from, sum));
  return sum.differences > 0 ? Promise.reject(new Error(`${sum.differences} differences`)) : Promise.resolve();
}

function describe(seed: number, sum: Readonly<Record<string, number>>): string {
  return `seed ${seed}: ${Object.entries(sum).map(([name, n]) => `${n} ${name}`).join(', ')}`; // prettier-ignore
}
