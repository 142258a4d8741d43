/** break, watch, catch and what manages them. */
import type { CatchKind, WatchAccess } from '../../emulator/debug-port.ts';
import { type Breakpoint, placeText } from '../breakpoints/spec.ts';
import { formatLocation, formatScope } from '../contexts/spaces.ts';
import { splitSpace } from '../contexts/spaces.ts';
import { type Command, CommandError } from './command.ts';
import type { ConsoleState } from './console-state.ts';
import { readBreakpoint, readNumber, readTail, spaceOf } from './places.ts';
import { hex, symbolText, table } from './text.ts';

const CATCHES: Readonly<Record<string, CatchKind>> = {
  svc: 'SVC',
  hvc: 'HVC',
  smc: 'SMC',
  irq: 'IRQ',
  fiq: 'FIQ',
  serror: 'SError',
  eret: 'ERET',
  'data-abort': 'dataAbort',
  'instruction-abort': 'instructionAbort',
  undefined: 'undefined',
  ec: 'synchronous',
  any: 'any',
};

function describe(breakpoint: Breakpoint, name: string): string {
  const { id, place, locations, source, message, scope, state } = breakpoint;
  const where = source ? `: ${source.file}, line ${source.line}` : '';
  const only = scope.kind === 'any' ? '' : ` in ${formatScope(scope)}`;
  const count = locations.length > 1 ? ` (${locations.length} locations)` : '';
  const note = message === undefined ? '' : ` (${message})`;
  const first = locations.at(0);
  const at = first && place.kind !== 'data' ? ` at ${formatLocation(first)}` : ` ${placeText(place, formatLocation)}`;
  return `${name} ${id}${at}${where}${only}${count}${state === 'pending' ? ' pending' : ''}${note}`;
}

function breakCommand(names: readonly string[], temporary: boolean, help: string): Command {
  return {
    names,
    usage: '[PLACE] [inferior N | scope SCOPE] [if CONDITION]',
    help,
    run: async (state, argument) => {
      const request = await readBreakpoint(state, argument);
      const added = await state.session.breakpoints.add({ ...request, enabled: true, temporary });
      return describe(added, temporary ? 'Temporary breakpoint' : 'Breakpoint');
    },
  };
}

function watchCommand(names: readonly string[], access: WatchAccess, help: string): Command {
  return {
    names,
    usage: 'EXPRESSION | SPACE:ADDRESS[,SIZE] [inferior N | scope SCOPE] [if CONDITION]',
    help,
    run: async (state, argument) => {
      const { rest, scope, condition } = readTail(argument);
      const { location, size } = await watched(state, rest);
      const place = { kind: 'data', location, size, access } as const;
      return describe(
        await state.session.breakpoints.add({ place, scope, condition, enabled: true }),
        'Data breakpoint',
      );
    },
  };
}

/** The memory that an expression stands for, or a range given by its address. */
async function watched(state: ConsoleState, text: string) {
  const { space, rest } = splitSpace(text);
  const [, address, length] = /^\*?(0x[0-9a-f]+)(?:\s*,\s*(\d+))?$/i.exec(rest) ?? [];
  if (address !== undefined) {
    const location = { space: space ?? (await spaceOf(state)), address: BigInt(address) };
    return { location, size: length === undefined ? 8 : Number(length) };
  }
  const row = await state.selected();
  const { value } = await state.session.inspector.evaluate(row, rest);
  if (value.place?.kind !== 'memory') throw new CommandError(`"${rest}" is not in memory`);
  return {
    location: { space: space ?? row.space, address: value.place.address },
    size: Math.max(value.type.byteSize, 1),
  };
}

async function catchException(state: ConsoleState, argument: string): Promise<string> {
  const { rest, scope, condition } = readTail(argument);
  const [kind = '', detail] = rest.split(/\s+/);
  const hypercall = detail === undefined ? undefined : numberOfHypercall(state, detail);
  if (kind.toLowerCase() === 'hypercall' || (kind.toLowerCase() === 'hvc' && hypercall !== undefined))
    return catchHypercall(state, argument.replace(/^\S+\s*/, ''));
  const exception = CATCHES[kind.toLowerCase()];
  if (exception === undefined)
    throw new CommandError(`catch what? One of ${Object.keys(CATCHES).join(', ')}, hypercall`);
  const number = detail === undefined ? undefined : Number(await readNumber(state, detail.replace(/^#/, '')));
  const place = {
    kind: 'exception',
    exception,
    ...(exception === 'synchronous' ? { ec: number } : { immediate: number }),
  } as const;
  return describe(await state.session.breakpoints.add({ place, scope, condition, enabled: true }), 'Catchpoint');
}

/** Immediate of the HVC that makes a Xen hypercall (public/arch-arm.h). */
const XEN_HYPERCALL_TAG = 0xea1;

async function catchHypercall(state: ConsoleState, argument: string): Promise<string> {
  const { rest, scope, condition: test } = readTail(argument);
  if (rest === '') throw new CommandError('catch which hypercall? Its name (xen_version) or number');
  const number = numberOfHypercall(state, rest) ?? Number(await readNumber(state, rest));
  const place = { kind: 'exception', exception: 'HVC', immediate: XEN_HYPERCALL_TAG, hypercall: number } as const;
  const added = await state.session.breakpoints.add({ place, scope, condition: test, enabled: true });
  const name = state.session.system.hypervisor?.hypercalls.get(number) ?? hex(number);
  return `${describe(added, 'Catchpoint')} (${name})`;
}

function numberOfHypercall(state: ConsoleState, name: string): number | undefined {
  const known = [...(state.session.system.hypervisor?.hypercalls ?? [])];
  return known.find(([, it]) => it === name)?.[0];
}

async function logpoint(state: ConsoleState, argument: string): Promise<string> {
  const [, place, logMessage] = /^(.*?)\s*,\s*"(.*)"\s*$/.exec(argument) ?? [];
  if (place === undefined) throw new CommandError('usage: dprintf PLACE,"TEXT {EXPRESSION}"');
  const request = await readBreakpoint(state, place);
  return describe(await state.session.breakpoints.add({ ...request, enabled: true, logMessage }), 'Logpoint');
}

/** Breakpoints by number; all of them without one. */
function numbers(state: ConsoleState, argument: string): number[] {
  const all = state.session.breakpoints.all.map(({ id }) => id);
  if (argument === '') return all;
  return argument.split(/\s+/).map((word) => {
    const id = Number(word);
    if (!all.includes(id)) throw new CommandError(`there is no breakpoint ${word}`);
    return id;
  });
}

function enabling(names: readonly string[], enabled: boolean): Command {
  return {
    names,
    usage: '[NUMBER...]',
    help: `${names[0]} breakpoints`,
    run: async (state, argument) => {
      for (const id of numbers(state, argument)) await state.session.breakpoints.change(id, { enabled });
      return '';
    },
  };
}

async function condition(state: ConsoleState, argument: string): Promise<string> {
  const [, number, expression] = /^(\d+)\s*(.*)$/.exec(argument) ?? [];
  const [id] = numbers(state, number ?? '?');
  await state.session.breakpoints.change(id, { condition: expression === '' ? undefined : expression });
  return expression === '' ? `Breakpoint ${id} now unconditional.` : '';
}

async function ignore(state: ConsoleState, argument: string): Promise<string> {
  const [, number, times] = /^(\d+)\s+(\d+)$/.exec(argument) ?? [];
  const [id] = numbers(state, number ?? '?');
  const hits = state.session.breakpoints.get(id)?.hits ?? 0;
  await state.session.breakpoints.change(id, { hitCount: hits + Number(times) + 1 });
  return `Will ignore next ${times} crossings of breakpoint ${id}.`;
}

/** `info breakpoints`. */
export function breakpointTable(state: ConsoleState): string {
  const all = state.session.breakpoints.all;
  if (all.length === 0) return 'No breakpoints.';
  const rows = all.map((it) => [
    `${it.id}`,
    it.temporary ? 'del' : 'keep',
    it.state,
    formatScope(it.scope),
    `${it.hits}`,
    whatText(state, it),
  ]);
  return table([['Num', 'Disp', 'State', 'Scope', 'Hits', 'What'], ...rows], [0, 4]);
}

function whatText(state: ConsoleState, breakpoint: Breakpoint): string {
  const { place, locations, source } = breakpoint;
  const named = placeText(place, formatLocation);
  const first = locations.at(0);
  const symbol = first && symbolText(state, first.space, first.address);
  const where = first && place.kind !== 'address' && place.kind !== 'data' ? ` ${formatLocation(first)}` : '';
  const more = locations.length > 1 ? ` and ${locations.length - 1} more` : '';
  const line = source ? ` at ${source.file}:${source.line}` : symbol === undefined ? '' : ` <${symbol}>`;
  const access = place.kind === 'data' ? ` ${place.access}` : '';
  const test = breakpoint.condition === undefined ? '' : ` if ${breakpoint.condition}`;
  return `${named}${access}${where}${more}${line}${test}`;
}

async function remove(state: ConsoleState, argument: string): Promise<string> {
  for (const id of numbers(state, argument)) state.session.breakpoints.remove(id);
  return '';
}

export const BREAKPOINT_COMMANDS: readonly Command[] = [
  breakCommand(['break', 'b'], false, 'stop at a function, FILE:LINE or *ADDRESS; inferior N is domain N'),
  breakCommand(['tbreak', 'tb'], true, 'as break, once'),
  watchCommand(['watch'], 'change', 'stop when a value changes'),
  watchCommand(['rwatch'], 'read', 'stop when a value is read'),
  watchCommand(['awatch'], 'readWrite', 'stop when a value is read or written'),
  {
    names: ['catch'],
    usage: 'svc|hvc|smc|irq|eret|data-abort|... [IMMEDIATE] | ec EC | hypercall NAME|NUMBER [scope SCOPE]',
    help: 'stop at an exception',
    run: catchException,
  },
  {
    names: ['hypercall'],
    usage: 'NAME|NUMBER [scope SCOPE]',
    help: 'stop at a Xen hypercall',
    run: catchHypercall,
  },
  { names: ['dprintf'], usage: 'PLACE,"TEXT {EXPRESSION}"', help: 'print at a place without stopping', run: logpoint },
  { names: ['delete', 'd'], usage: '[NUMBER...]', help: 'delete breakpoints', run: remove },
  enabling(['enable'], true),
  enabling(['disable'], false),
  {
    names: ['condition', 'cond'],
    usage: 'NUMBER [EXPRESSION]',
    help: 'stop only when EXPRESSION is not zero',
    run: condition,
  },
  { names: ['ignore'], usage: 'NUMBER COUNT', help: 'let the next COUNT hits pass', run: ignore },
];
