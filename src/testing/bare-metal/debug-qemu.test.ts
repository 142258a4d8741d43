import { describe, expect, it } from 'vitest';
import { BREAKPOINT_PROGRAM, HOT_PROGRAM, WATCHPOINT_PROGRAM } from './debug-cases.ts';
import { type Program, runElfOnOurs, runElfOnQemu, withProgram } from './system-program.ts';

/** Far more than the programs retire. */
const LIMIT = 200_000_000;
/** Interpreted only, and translated at the first opportunity. */
const TIERS = [Infinity, 1];

interface Run {
  readonly qemu: readonly string[];
  readonly ours: readonly (readonly string[])[];
}

function runAll(program: Program): Run {
  const lines = (output: string): string[] => output.replaceAll('\r', '').trimEnd().split('\n');
  return withProgram(program, (elf, image) => ({
    qemu: lines(runElfOnQemu(elf)),
    ours: TIERS.map((threshold) => lines(runElfOnOurs(image, LIMIT, threshold))),
  }));
}

/** QEMU 7.2 sets FAR to zero for a breakpoint; the architecture has none to report, and ours leaves it. */
const withoutFar = (line: string): string =>
  /esr[12]=c[26]000022/.test(line) ? line.replace(/ far[12]=\w+/, '') : line;

/** QEMU 7.2 looks at the wrong bit of OSLSR_EL1, and takes breakpoints and watchpoints while the OS lock is set. */
const OS_LOCK = /^A . OS lock EL/;

/** Lines that differ, by tier. */
function differences({ qemu, ours }: Run): string[] {
  return ours.flatMap((lines, tier) =>
    qemu.flatMap((line, i) => {
      const expected = OS_LOCK.test(line) ? line.replace(/ v2=.*/, ' completed') : withoutFar(line);
      const got = withoutFar(lines[i] ?? 'ended');
      return expected === got ? [] : [`${expected} but ours (${TIERS[tier]}) ${got}`];
    }),
  );
}

/** How many lines hold `text`. */
const count = ({ qemu }: Run, text: string): number => qemu.filter((line) => line.includes(text)).length;

describe.each([
  ['breakpoints', BREAKPOINT_PROGRAM, ['esr1=c2000022', 'esr1=c6000022', 'esr2=c2000022', 'esr2=c6000022']],
  [
    'watchpoints',
    WATCHPOINT_PROGRAM,
    ['esr1=d2000022', 'esr1=d2000062', 'esr1=d6000062', 'esr2=d2000062', 'esr2=d6000062'],
  ],
  ['breakpoints and watchpoints armed in hot code', HOT_PROGRAM, ['esr1=c6000022', 'esr1=d6000062']],
])('%s of the guest, as on QEMU, interpreted and translated', (_name, program, syndromes) => {
  it('are taken, routed and reported alike', () => {
    const run = runAll(program);
    expect(run.qemu.at(-1)).toBe('END');
    expect(differences(run)).toEqual([]);
    for (const line of run.qemu.filter((text) => /esr[12]=c[26]/.test(text))) expect(line).toMatch(/far[12]=f{8}/);
    expect(syndromes.filter((syndrome) => count(run, syndrome) === 0)).toEqual([]);
  }, 120_000);
});
