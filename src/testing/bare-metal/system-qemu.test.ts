import { beforeAll, describe, expect, it } from 'vitest';
import { genericName, sysregAt } from '../../arch/sysregs.ts';
import { CONFIGS, INTERRUPT_PROGRAM, STATE_PROGRAM, SWEEP_PROGRAM, TRAP_PROGRAM } from './system-cases.ts';
import { type Difference, DEPARTURES, LINE_DEPARTURES, SWEEP_DEPARTURES, UNTRAPPED_WFE } from './system-departures.ts';
import { type Program, runElfOnOurs, runElfOnQemu, withProgram } from './system-program.ts';

/** Far more than either program retires. */
const LIMIT = 200_000_000;

interface Run {
  readonly qemu: readonly string[];
  readonly ours: readonly string[];
}

function runBoth(program: Program): Run {
  const lines = (output: string): string[] => output.replaceAll('\r', '').trimEnd().split('\n');
  return withProgram(program, (elf, image) => ({
    qemu: lines(runElfOnQemu(elf)),
    ours: lines(runElfOnOurs(image, LIMIT)),
  }));
}

/** `R <config> EL<n> <one character for each access>`. */
const ACCESS_LINE = /^R (.+) EL([012]) (\S*)$/;

function accessDifferences({ qemu, ours }: Run): Difference[] {
  return qemu.flatMap((line, i) => {
    const expected = ACCESS_LINE.exec(line);
    const got = ACCESS_LINE.exec(ours[i]);
    if (expected === null || got === null) return [];
    const [, config, el, outcomes] = expected;
    return TRAP_PROGRAM.accesses.flatMap(({ name }, n) =>
      outcomes[n] === got[3][n] ? [] : [{ access: name, config, el: Number(el), qemu: outcomes[n], ours: got[3][n] }],
    );
  });
}

function lineDifferences({ qemu, ours }: Run): string[] {
  return qemu.flatMap((line, i) =>
    line === ours[i] || ACCESS_LINE.test(line) ? [] : [`${line} but ours ${ours[i] ?? 'ended'}`],
  );
}

describe('system registers, instructions and exceptions under every trap control, as on QEMU', () => {
  let run: Run;
  beforeAll(() => {
    run = runBoth(TRAP_PROGRAM);
  }, 120_000);

  it('runs to the end on both, with one outcome for each access', () => {
    expect([run.qemu.at(-1), run.ours.at(-1), run.ours.length]).toEqual(['END', 'END', run.qemu.length]);
    const table = run.ours.filter((line) => ACCESS_LINE.test(line));
    expect(table.length).toBe(CONFIGS.reduce((sum, { levels }) => sum + (levels?.length ?? 3), 0));
    for (const line of table) expect(ACCESS_LINE.exec(line)?.[3].length).toBe(TRAP_PROGRAM.accesses.length);
  });

  it('executes, traps or is UNDEFINED alike, but for explained departures', () => {
    const unexplained = accessDifferences(run).filter((d) => !DEPARTURES.some((departure) => departure.covers(d)));
    expect(unexplained).toEqual([]);
  });

  it('enters exceptions with the same vector, ESR, ELR, SPSR and FAR, but for explained departures', () => {
    const unexplained = lineDifferences(run).filter((line) => !LINE_DEPARTURES.some((d) => d.line.test(line)));
    expect(unexplained).toEqual([]);
  });

  it('needs every departure it lists', () => {
    const differences = accessDifferences(run);
    const lines = lineDifferences(run);
    const idle = [
      ...DEPARTURES.filter(({ covers }) => !differences.some(covers)),
      ...LINE_DEPARTURES.filter(({ line }) => !lines.some((text) => line.test(text))),
    ];
    expect(idle.map(({ why }) => why)).toEqual([]);
  });
});

describe('exception returns and virtual interrupts, as on QEMU', () => {
  let run: Run;
  beforeAll(() => {
    run = runBoth(STATE_PROGRAM);
  }, 120_000);

  it('leads to the same state, legal or not', () => {
    expect([run.qemu.at(-1), run.ours.at(-1)]).toEqual(['END', 'END']);
    expect(lineDifferences(run)).toEqual([]);
    expect(run.ours.filter((line) => line.includes('=3a000000')).length).toBeGreaterThan(20);
  });
});

describe('physical interrupts, waiting, timers and software step, as on QEMU', () => {
  it('leads to the same state', () => {
    const run = runBoth(INTERRUPT_PROGRAM);
    expect([run.qemu.at(-1), run.ours.at(-1)]).toEqual(['END', 'END']);
    const differences = lineDifferences(run);
    expect(differences.filter((line) => !UNTRAPPED_WFE.test(line))).toEqual([]);
    expect(differences).toHaveLength(4);
    const classes = [
      'esr1=cb000022',
      'esr1=ca000022',
      'esr1=cb000062',
      'esr2=cb000022',
      'v2=480',
      'v1=280',
      'x0=5',
      'x0=80',
      'esr2=7e00000',
      'esr2=7e00001',
      'esr1=7e00000',
      'esr1=7e00001',
    ];
    for (const text of classes) expect(run.ours.some((line) => line.includes(text)) ? text : `no ${text}`).toBe(text);
  }, 120_000);
});

/** Name and level of a line of the sweep: `S EL1 d5380000 . 410fd034`. */
function sweptRegister(line: string): string {
  const encoding = ((parseInt(line.split(' ')[2], 16) >>> 5) & 0x7fff) | 0x8000;
  return sysregAt(encoding)?.name ?? genericName(encoding);
}

describe('every encoding of MRS at every level, as on QEMU', () => {
  let run: Run;
  let different: string[];
  beforeAll(() => {
    run = runBoth(SWEEP_PROGRAM);
    const missing = (from: readonly string[], lines: readonly string[]) => lines.filter((line) => !from.includes(line));
    different = [...missing(run.ours, run.qemu), ...missing(run.qemu, run.ours)].map(sweptRegister);
  }, 180_000);

  it('is UNDEFINED alike, and reads the same values, but for explained departures', () => {
    expect([run.qemu.at(-1), run.ours.at(-1)]).toEqual(['END', 'END']);
    expect(run.ours.length).toBeGreaterThan(400);
    expect(different.filter((name) => !SWEEP_DEPARTURES.some(({ names }) => names.test(name)))).toEqual([]);
  });

  it('needs every departure it lists', () => {
    const idle = SWEEP_DEPARTURES.filter(({ names }) => !different.some((name) => names.test(name)));
    expect(idle.map(({ why }) => why)).toEqual([]);
  });
});
