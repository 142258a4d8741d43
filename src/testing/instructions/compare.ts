/** Places code, runs it on QEMU and on a CPU of ours, and tells where they differ (tests only). */
import { disassemble } from '../../arch/a64/disassemble.ts';
import { CODE, CODE_SIZE, FPCR_BITS, FPSR_BITS, type Job, Stop, Word, wordName } from './case.ts';
import { type FlatRunner, type TlbUse } from './flat-runner.ts';
import { runOracle } from './oracle.ts';

/** Words of code after a case's own and before the next: BRK, by which a case ends. */
const GAPS = [1, 2, 1, 4, 1, 3];
const CASES_AT_ONCE = 8000;

/** A case where it stands. */
interface Placed {
  readonly job: Job;
  readonly before: BigUint64Array;
}

/** Jobs that share one image of code. */
interface Batch {
  readonly code: Uint8Array;
  readonly cases: readonly Placed[];
}

/** BRK with an immediate that differs from word to word, as literals are loaded from here too. */
function emptyCode(): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(CODE_SIZE));
  for (let at = 0; at < CODE_SIZE; at += 4)
    view.setUint32(at, 0xd420_0000 | ((Math.imul(at, 0x9e37_79b1) >>> 16) << 5), true);
  return view;
}

/** Takes jobs from the front of a queue as long as they fit. */
function nextBatch(queue: Job[]): Batch {
  const view = emptyCode();
  const cases: Placed[] = [];
  let at = 0;
  for (let count = 0; queue.length > 0 && cases.length < CASES_AT_ONCE; count += 1) {
    const { words } = queue[0];
    if (at + 4 * words.length + 32 > CODE_SIZE) break;
    const job = queue.shift() as Job;
    words.forEach((word, i) => view.setUint32(at + 4 * i, word, true));
    for (const state of job.states) {
      const before = state.slice();
      before[Word.pc] = BigInt(CODE + at);
      before[Word.stop] = job.memory ? 1n : 0n;
      cases.push({ job, before });
    }
    at += 4 * (words.length + GAPS[count % GAPS.length]);
  }
  return { code: new Uint8Array(view.buffer), cases };
}

/** Runs through jobs in batches. */
function* batchesOf(jobs: readonly Job[]): Generator<Batch> {
  const queue = [...jobs];
  while (queue.length > 0) yield nextBatch(queue);
}

const hex = (value: bigint | undefined): string => value?.toString(16) ?? 'nothing';

/** Words in which two states differ; `seed` is not compared. */
function differingWords(ours: BigUint64Array, theirs: BigUint64Array): number[] {
  const length = Math.max(ours.length, theirs.length);
  return Array.from({ length }, (_, at) => at).filter((at) => at !== Word.seed && ours[at] !== theirs[at]);
}

function describeDifference(
  { job, before }: Placed,
  ours: BigUint64Array,
  theirs: BigUint64Array,
  other = 'QEMU',
): string {
  const pc = before[Word.pc];
  const code = job.words.map((word, i) => disassemble(word, pc + BigInt(4 * i))).join('; ');
  const places = differingWords(ours, theirs).slice(0, 6);
  const texts = places.map(
    (at) => `${wordName(at)}: ours ${hex(ours[at])} ${other} ${hex(theirs[at])} was ${hex(before[at])}`,
  );
  const status = `nzcv ${hex(before[Word.nzcv])} fpcr ${hex(before[Word.fpcr])} fpsr ${hex(before[Word.fpsr])} pc ${hex(pc)}`;
  return `${job.name}: ${code}\n  ${texts.join('\n  ')}\n  on ${status}`;
}

/**
 * Where QEMU's user mode is not an A53 without AArch32: it keeps FPCR.Stride and FPCR.Len, which only AArch32 has (RES0 here), and it cannot have a page at
 * address 0, where BR XZR goes; ours has zeros there.
 */
function normalise(state: BigUint64Array): void {
  state[Word.fpsr] &= BigInt(FPSR_BITS);
  state[Word.fpcr] &= BigInt(FPCR_BITS);
  if (state[Word.pc] === 0n && state[Word.stop] === Stop.fault) state[Word.stop] = Stop.undefined;
}

const equal = (a: BigUint64Array, b: BigUint64Array): boolean =>
  a.length === b.length && a.every((value, at) => value === b[at] || at === Word.seed);

/** What came of a comparison. */
export interface Comparison {
  /** Comparisons made. */
  cases: number;
  readonly differences: string[];
}

/** Runs jobs on QEMU and on CPUs of ours, with memory through the soft TLB and past it. */
export function compareWithQemu(jobs: readonly Job[], ...runners: readonly FlatRunner[]): Comparison {
  const result: Comparison = { cases: 0, differences: [] };
  for (const { code, cases } of batchesOf(jobs)) {
    const theirs = runOracle(
      code,
      cases.map(({ before }) => before),
    );
    theirs.forEach(normalise);
    for (const runner of runners) result.differences.push(...differencesFrom(runner, code, cases, theirs));
    result.cases += cases.length;
  }
  return result;
}

function differencesFrom(
  runner: FlatRunner,
  code: Uint8Array,
  cases: readonly Placed[],
  theirs: readonly BigUint64Array[],
): string[] {
  runner.load(code);
  return cases.flatMap((placed, i) => {
    const uses: TlbUse[] = placed.job.memory ? ['cold', 'warm'] : ['warm'];
    return uses.flatMap((use) => {
      const ours = runner.run(placed.before, use);
      return equal(ours, theirs[i]) ? [] : [describeDifference(placed, ours, theirs[i])];
    });
  });
}

/** Runs jobs on two CPUs of ours, for which also the count of instructions must agree. */
export function compareRunners(jobs: readonly Job[], runner: FlatRunner, reference: FlatRunner): Comparison {
  const result: Comparison = { cases: 0, differences: [] };
  for (const { code, cases } of batchesOf(jobs)) {
    for (const one of [runner, reference]) one.load(code);
    for (const placed of cases) {
      const [ours, theirs] = [runner.run(placed.before, 'warm'), reference.run(placed.before, 'warm')];
      if (!equal(ours, theirs)) result.differences.push(describeDifference(placed, ours, theirs, 'reference'));
      if (runner.retired !== reference.retired)
        result.differences.push(`${placed.job.name}: ${runner.retired} instructions, reference ${reference.retired}`);
      result.cases += 1;
    }
  }
  return result;
}
