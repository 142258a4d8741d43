/** What `--profile` prints. */
import type { Machine } from '../emulator/machine.ts';
import type { Profile } from '../emulator/profile.ts';

/** Lines of the lists. */
const TOP = 25;

const millions = (count: number): string => (count / 1e6).toFixed(2).padStart(9);
const percent = (part: number, whole: number): string =>
  `${((100 * part) / Math.max(whole, 1)).toFixed(1).padStart(5)} %`;

/** The profile of a run that took `seconds`, as text. Times include what counting itself costs. */
export function profileText(machine: Machine, profile: Profile, { seconds }: { readonly seconds: number }): string {
  return [
    `profile of ${seconds.toFixed(2)} s`,
    ...instructionLines(profile),
    ...helperLines(profile, seconds),
    ...opLines(machine, profile),
    translationLine(machine),
  ].join('\n');
}

/** Everything is counted when the interpreter dispatches or a region returns. */
function instructionLines(profile: Profile): string[] {
  const inRegions = profile.count('regionInstructions');
  const interpreted = profile.ops.slice(FIRST_OP).reduce((sum, count) => sum + count, 0);
  const entries = profile.count('regionEntries');
  return [
    `million instructions: ${millions(inRegions)} translated (${percent(inRegions, inRegions + interpreted)}), ${millions(interpreted)} interpreted`,
    `million region calls: ${millions(entries)}, ${(inRegions / Math.max(entries, 1)).toFixed(1)} instructions each; left to`,
    `  ${millions(profile.count('exitResync'))} another address, ${millions(profile.count('exitUntranslated'))} of them not translated`,
    `  ${millions(profile.count('exitBudget'))} a block longer than the budget`,
    `  ${millions(profile.count('exitLeave'))} the machine`,
    `  ${millions(profile.count('exitInterpret'))} interpret an instruction`,
  ];
}

/** Ops below are no instructions (`records.ts`). */
const FIRST_OP = 4;

function helperLines(profile: Profile, seconds: number): string[] {
  const spent = [...profile.helpers].filter(([, { calls }]) => calls > 0);
  spent.sort(([, a], [, b]) => b.milliseconds - a.milliseconds);
  const lines = spent
    .slice(0, TOP)
    .map(
      ([name, { calls, milliseconds }]) =>
        `  ${name.padEnd(16)} ${millions(calls)} ${milliseconds.toFixed(0).padStart(8)} ms ${percent(milliseconds / 1000, seconds)}`,
    );
  return ['TypeScript that the code called (millions of calls; time):', ...lines];
}

function opLines({ interpreter }: Machine, profile: Profile): string[] {
  const names = interpreter.opNames;
  const counts = profile.ops.map((count, op) => ({ count, op })).slice(FIRST_OP);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const top = counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  return [
    'interpreted instructions (millions):',
    ...top
      .slice(0, TOP)
      .map(
        ({ count, op }) => `  ${(names.get(op) ?? `op ${op}`).padEnd(36)} ${millions(count)} ${percent(count, total)}`,
      ),
  ];
}

function translationLine({ translator: { made } }: Machine): string {
  return `translated: ${made.regions} regions, ${(made.bytes / 1024).toFixed(0)} KB of wasm`;
}
