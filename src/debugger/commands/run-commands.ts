/** continue, step, next, finish, until: what makes the machine run. */
import { isFloating } from '../expressions/c-types.ts';
import { formatValue } from '../expressions/format.ts';
import { constantValue } from '../expressions/value.ts';
import type { FrameRow } from '../stack/inspection.ts';
import { strip, type Type } from '../symbols/types.ts';
import { lookupPc } from '../unwinding/frame.ts';
import type { Granularity, StepKind } from '../stepping/stepper.ts';
import { type Command, CommandError } from './command.ts';
import type { ConsoleState } from './console-state.ts';
import { readPlace } from './places.ts';
import { hereText, reportStop } from './stops.ts';
import { frameText, hex } from './text.ts';

function count(argument: string): number {
  if (argument === '') return 1;
  const number = Number(argument);
  if (!Number.isSafeInteger(number) || number < 1) throw new CommandError(`"${argument}" is not a count`);
  return number;
}

async function resume(state: ConsoleState, argument: string): Promise<string> {
  const times = count(argument);
  for (let i = 1; ; i++) {
    const stop = await state.session.run(state.runLimit, state.session.cpuOf(state.focus));
    if (i >= times || stop.breakpoints.length === 0) return reportStop(state, stop);
    state.look({ kind: 'cpu', cpu: stop.cpu });
  }
}

function stepCommand(names: readonly string[], kind: StepKind, granularity: Granularity, help: string): Command {
  return {
    names,
    usage: '[COUNT]',
    help,
    run: async (state, argument) => {
      let text = '';
      for (let left = count(argument); left > 0; left--) {
        const stop = await state.session.stepper.step(state.cpu, kind, { granularity });
        text = await reportStop(state, stop);
        if (stop.reason !== 'step') break;
      }
      return text;
    },
  };
}

/** Most frames that a finish to another level leaves. */
const MAX_FINISHES = 200;

/** Leaves frame after frame until the context is at the level asked for. */
async function finishTo(state: ConsoleState, target: number): Promise<string> {
  const from = await frameText(state, await state.selected(), true);
  for (let left = MAX_FINISHES; left > 0; left--) {
    if (state.session.system.context(state.cpu).el === target) {
      return [`Run till exit from ${from}`, await hereText(state, false)].join('\n');
    }
    await stepOut(state);
  }
  throw new CommandError(`EL${target} was not reached`);
}

async function finish(state: ConsoleState, argument: string): Promise<string> {
  const [, level] = /^el([01])$/i.exec(argument) ?? [];
  if (level !== undefined) return finishTo(state, Number(level));
  if (argument !== '') throw new CommandError(`finish, or finish EL0 or EL1, not "${argument}"`);
  const left = await state.selected();
  const from = await frameText(state, left, true);
  const type = await returnTypeOf(left);
  const { el } = state.session.system.context(state.cpu);
  for (let younger = state.frame; younger > 0; younger--) await stepOut(state);
  const stop = await state.session.stepper.step(state.cpu, 'out', { granularity: 'line' });
  const report = await reportStop(state, stop);
  const isValue = stop.reason === 'step' && state.session.system.context(stop.cpu).el === el;
  const value = isValue ? await returnedText(state, type) : [];
  return [`Run till exit from ${from}`, report, ...value].join('\n');
}

/** Type that the function of a frame returns. */
async function returnTypeOf({ frame: { physical, inlined } }: FrameRow): Promise<Type | undefined> {
  const module = physical.space.moduleAt(physical.pc);
  return inlined ? undefined : module?.file.returnType(lookupPc(physical, module));
}

const RETURNED_IN_X0: readonly string[] = ['base', 'pointer', 'enum'];

/** What a function has left in X0 (AAPCS64, section 6.9), typed when it is a number or pointer. */
async function returnedText(state: ConsoleState, type: Type | undefined): Promise<string[]> {
  const x0 = state.session.system.port.readRegister(state.cpu, 'X0') ?? 0n;
  const plain = [`X0 is ${hex(x0)}`];
  const bare = type && strip(type);
  const isInX0 = bare && RETURNED_IN_X0.includes(bare.kind) && bare.byteSize <= 8 && !isFloating(bare);
  if (!type || !isInX0) return plain;
  const scope = state.session.inspector.scope(await state.selected());
  return [`Value returned is (${type.name}) ${await formatValue(constantValue(type, x0), scope)}`, ...plain];
}

/** Younger frames than the one selected return first. */
async function stepOut(state: ConsoleState): Promise<void> {
  const stop = await state.session.stepper.step(state.cpu, 'out', { granularity: 'line' });
  if (stop.reason !== 'step') throw new CommandError(await reportStop(state, stop));
  state.look({ kind: 'cpu', cpu: stop.cpu });
}

async function until(state: ConsoleState, argument: string): Promise<string> {
  if (argument === '') {
    return reportStop(state, await state.session.stepper.step(state.cpu, 'over', { granularity: 'line' }));
  }
  const place = await readPlace(state, argument);
  const { scope } = scopeOfCpu(state);
  const added = await state.session.breakpoints.add({ place, scope, enabled: true, temporary: true });
  try {
    if (added.locations.length === 0) throw new CommandError(added.message ?? 'no such place');
    return await reportStop(state, await state.session.run(state.runLimit, state.cpu));
  } finally {
    state.session.breakpoints.remove(added.id);
  }
}

/** The task, or vCPU, that the focus is. */
function scopeOfCpu(state: ConsoleState) {
  const { domain, vcpu, task } = state.session.system.context(state.cpu);
  const pid = state.session.system.task(domain, task)?.pid;
  if (domain === undefined) return { scope: { kind: 'cpu', cpu: state.cpu } as const };
  if (pid !== undefined && pid !== 0) return { scope: { kind: 'task', domain, pid } as const };
  return { scope: { kind: 'vcpu', domain, vcpu: vcpu ?? 0 } as const };
}

export const RUN_COMMANDS: readonly Command[] = [
  {
    names: ['continue', 'c'],
    usage: '[COUNT]',
    help: 'run until a breakpoint; with COUNT, until the n-th',
    run: resume,
  },
  stepCommand(['step', 's'], 'into', 'line', 'run to another source line, into functions and into SVC and HVC'),
  stepCommand(['next', 'n'], 'over', 'line', 'run to the next source line, through calls and traps'),
  stepCommand(['stepi', 'si'], 'into', 'instruction', 'execute one instruction, into SVC and HVC'),
  stepCommand(['nexti', 'ni'], 'over', 'instruction', 'execute one instruction, through calls and traps'),
  {
    names: ['finish', 'fin'],
    usage: '[EL0|EL1]',
    help: 'run until the frame returns, also through an exception return; or until that level is reached',
    run: finish,
  },
  {
    names: ['until', 'u', 'advance'],
    usage: '[PLACE]',
    help: 'run to PLACE in this task; without it, as next',
    run: until,
  },
];
