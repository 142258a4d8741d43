/** Steps from random places in a busy system: each stays with its vCPU and task, and each ends. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionContext } from '../debugger/contexts/system.ts';
import type { DebugStop } from '../debugger/stepping/run-control.ts';
import type { Granularity, StepKind } from '../debugger/stepping/stepper.ts';
import { type BusySystem, hasDefaultPack, openBusySystem, runToLevel, sampleSize } from '../testing/busy-system.ts';
import { randomNumbers } from '../testing/cross-compile.ts';

const STEPS = sampleSize(90, 1000);
const STEPS_FROM_A_START = 5;
const KINDS: readonly StepKind[] = ['into', 'over', 'out'];
/** Instructions of all CPUs that one step may take. */
const LIMIT = 100_000_000;

/** One step: from where, how, and to where. */
interface Taken {
  readonly kind: StepKind;
  readonly granularity: Granularity;
  readonly before: ExecutionContext;
  readonly after: ExecutionContext;
  readonly stop: DebugStop;
}

describe.skipIf(!hasDefaultPack)('random steps in a busy system with three domains', () => {
  const taken: Taken[] = [];
  let busy: BusySystem;

  /** Within `context_switch` Xen names the next vCPU as current while it still works on the stack of the last. */
  function isHandOver({ before, after }: Taken): boolean {
    const xen = busy.session.system.moduleIn({ kind: 'xen' })!.file.symbols;
    const isThere = ({ el, pc }: ExecutionContext): boolean => el === 2 && xen.covering(pc)?.name === 'context_switch';
    return before.cpu === after.cpu && isThere(before) && isThere(after);
  }

  async function step(cpu: number, kind: StepKind, granularity: Granularity): Promise<Taken> {
    const { system, stepper } = busy.session;
    const before = system.context(cpu);
    const stop = await stepper.step(cpu, kind, { granularity, limit: LIMIT });
    return { kind, granularity, before, after: system.context(stop.cpu), stop };
  }

  beforeAll(async () => {
    busy = await openBusySystem();
    const random = randomNumbers(7);
    for (let start = 0; taken.length < STEPS; start++) {
      let cpu = runToLevel(busy, start % 3, random);
      for (let i = 0; i < STEPS_FROM_A_START; i++) {
        const one = await step(cpu, KINDS[random(KINDS.length)], random(4) === 0 ? 'instruction' : 'line');
        taken.push(one);
        // Where the program that was stepped has ended, its pCPU works for somebody else, or for nobody.
        if (one.stop.reason !== 'step') break;
        cpu = one.stop.cpu;
      }
    }
    console.log(figures(taken));
  }, 900_000);

  it('starts at every level, in every domain, with every kind of step', () => {
    for (const el of [0, 1, 2])
      expect(taken.filter(({ before }) => before.el === el).length).toBeGreaterThan(STEPS / 10);
    expect(new Set(taken.map(({ before }) => before.domain))).toEqual(new Set([0, 1, 2]));
    for (const kind of KINDS) expect(taken.filter((it) => it.kind === kind).length).toBeGreaterThan(STEPS / 5);
  });

  it('lands in the same domain and with the same task, in Xen with the same vCPU', () => {
    expect(
      landed(taken)
        .filter((it) => !isSameContext(it) && !isHandOver(it))
        .map(describeStep),
    ).toEqual([]);
  });

  it('ends every step, unless the program that was stepped ends or is replaced first, which it says', () => {
    const others = taken.filter(({ stop }) => stop.reason !== 'step');
    const isExplained = ({ kind, before, stop: { message } }: Taken): boolean =>
      kind !== 'into' &&
      before.el === 0 &&
      /^d\d:pid \d+ \(\w+\) (has ended|executes another program now)$/.test(message ?? '');
    expect(others.filter((it) => !isExplained(it)).map(describeStep)).toEqual([]);
    expect(others.length).toBeLessThan(STEPS / 10);
  });

  it('moves', () => {
    const isStill = ({ before, after }: Taken): boolean => before.pc === after.pc && before.el === after.el;
    expect(landed(taken).filter(isStill).map(describeStep)).toEqual([]);
  });

  it('goes up by stepping into a trap, and never otherwise', () => {
    const up = landed(taken).filter(({ before, after }) => after.el > before.el);
    expect(up.filter(({ kind }) => kind !== 'into').map(describeStep)).toEqual([]);
  });
});

const landed = (steps: readonly Taken[]): Taken[] => steps.filter(({ stop }) => stop.reason === 'step');

/** Linux may move a task to another vCPU of its domain; in Xen nothing moves from vCPU to vCPU. */
function isSameContext({ before, after }: Taken): boolean {
  if (before.domain !== after.domain) return false;
  const isXen = before.el === 2 || after.el === 2;
  return isXen ? before.vcpuAddress === after.vcpuAddress : before.task === after.task;
}

function describeStep({ kind, granularity, before, after, stop }: Taken): string {
  const place = ({ domain, vcpu, task, el, pc }: ExecutionContext): string =>
    `d${domain}v${vcpu} task ${task?.toString(16)} EL${el} 0x${pc.toString(16)}`;
  return `${kind} ${granularity} from ${place(before)} to ${place(after)}: ${stop.reason} ${stop.message ?? ''}`;
}

/** What was tried, in one line. */
function figures(steps: readonly Taken[]): string {
  const from = [0, 1, 2].map((el) => `${steps.filter(({ before }) => before.el === el).length} from EL${el}`);
  const kinds = KINDS.map((kind) => `${steps.filter((it) => it.kind === kind).length} ${kind}`);
  const ended = steps.length - landed(steps).length;
  const levels = landed(steps).filter(({ before, after }) => before.el !== after.el).length;
  const moved = landed(steps).filter(({ before, after }) => before.cpu !== after.cpu).length;
  return `${steps.length} steps: ${from.join(', ')}; ${kinds.join(', ')}; ${levels} to another level, ${moved} to another pCPU, ${ended} cut short by their program's end`;
}
