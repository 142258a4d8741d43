/** backtrace, frame, up, down, list, disassemble. */
import { disassemble } from '../../arch/a64/disassemble.ts';
import { formatLocation } from '../contexts/spaces.ts';
import { type Command, CommandError } from './command.ts';
import type { ConsoleState } from './console-state.ts';
import { readPlace } from './places.ts';
import { hereText } from './stops.ts';
import { frameText, sourceLines, sourcePlace, symbolText } from './text.ts';

async function backtrace(state: ConsoleState, argument: string): Promise<string> {
  const limit = argument === '' ? Infinity : Number(argument);
  if (!(limit > 0)) throw new CommandError(`"${argument}" is not a number of frames`);
  const lines: string[] = [];
  let number = 0;
  for await (const row of state.rows()) {
    if (row.kind === 'end') {
      if (row.reason !== 'outermost') lines.push(`(the stack ends here: ${END_REASONS[row.reason]})`);
    } else if (row.kind === 'boundary') lines.push(`--- ${row.label} ---`);
    else if (number >= limit) break;
    else lines.push(`#${number++}  ${await frameText(state, row, true)}`);
  }
  return lines.join('\n');
}

const END_REASONS = {
  outermost: '',
  noRule: 'nothing tells where the caller is',
  unreadable: 'the stack cannot be read',
  notProgressing: 'the caller would be the frame itself',
  limit: 'too many frames',
} as const;

async function select(state: ConsoleState, number: number): Promise<string> {
  if (number < 0) throw new CommandError('this is the youngest frame');
  await state.frameAt(number);
  state.frame = number;
  return `#${number}  ${await hereText(state, false)}`;
}

function relative(argument: string): number {
  const by = argument === '' ? 1 : Number(argument);
  if (!Number.isSafeInteger(by)) throw new CommandError(`"${argument}" is not a number of frames`);
  return by;
}

async function frame(state: ConsoleState, argument: string): Promise<string> {
  const number = argument === '' ? state.frame : Number(argument);
  if (!Number.isSafeInteger(number)) throw new CommandError(`"${argument}" is not a frame number`);
  return select(state, number);
}

const LIST_LINES = 10;

async function list(state: ConsoleState, argument: string): Promise<string> {
  const place =
    argument === '' ? (state.listed ?? sourcePlace(state, await state.selected())) : await named(state, argument);
  if (!place) throw new CommandError('there is no source for this place');
  const from = Math.max(1, place.line - LIST_LINES / 2);
  const text = await sourceLines(state, place, from, from + LIST_LINES - 1);
  if (text === undefined) throw new CommandError(`${place.file} is not at hand`);
  state.listed = { ...place, line: place.line + LIST_LINES };
  return text;
}

/** A source place by function or FILE:LINE. */
async function named(state: ConsoleState, text: string) {
  const place = await readPlace(state, text);
  for (const module of state.session.system.modules.all) {
    if (place.kind === 'line') {
      const [found] = await module.file.lookupLine(place.path, place.line);
      if (found) return { module, file: found.file, line: place.line };
    } else if (place.kind === 'function') {
      const [found] = await module.file.lookupFunction(place.name);
      if (found?.file !== undefined && found.line !== undefined) return { module, file: found.file, line: found.line };
    }
  }
  return undefined;
}

const DISASSEMBLED = 10;

async function disassembly(state: ConsoleState, argument: string): Promise<string> {
  const row = await state.selected();
  const { start, count, space } = argument === '' ? await around(state) : await rangeOf(state, argument);
  const bytes = state.session.system.read(space, start, 4 * count, row.task);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const lines: string[] = [];
  for (let i = 0; i < bytes.length >>> 2; i++) {
    const address = start + BigInt(4 * i);
    const text = disassemble(view.getUint32(4 * i, true), address, (target) =>
      symbolText(state, space, target, row.task),
    );
    const symbol = symbolText(state, space, address, row.task);
    const mark = address === row.pc && space === row.space ? '=> ' : '   ';
    lines.push(`${mark}${formatLocation({ space, address })}${symbol === undefined ? '' : ` <${symbol}>`}:\t${text}`);
  }
  if (lines.length === 0) throw new CommandError(`${formatLocation({ space, address: start })} cannot be read`);
  return lines.join('\n');
}

/** The function of the selected frame, when it is short, else the instructions around its PC. */
async function around(state: ConsoleState) {
  const { space, pc, frame: logical } = await state.selected();
  const back = logical.offset < BigInt(4 * DISASSEMBLED) ? logical.offset & ~3n : BigInt(2 * DISASSEMBLED);
  return { space, start: pc - back, count: 2 * DISASSEMBLED };
}

async function rangeOf(state: ConsoleState, text: string) {
  const place = await readPlace(state, text);
  if (place.kind === 'address')
    return { space: place.location.space, start: place.location.address, count: DISASSEMBLED };
  const { space } = await state.selected();
  const module = state.session.system.moduleIn(space);
  const [fn] = place.kind === 'function' && module ? await module.file.lookupFunction(place.name) : [];
  if (!fn || !module) throw new CommandError(`there is no function "${text}" in this space`);
  const slide = state.session.system.slide(module, space) ?? 0n;
  return { space, start: fn.lowPc + slide, count: Math.min(Number(fn.highPc - fn.lowPc) >>> 2, 1000) };
}

export const STACK_COMMANDS: readonly Command[] = [
  {
    names: ['backtrace', 'bt', 'where'],
    usage: '[COUNT]',
    help: 'the call stack, across exception levels',
    run: backtrace,
  },
  { names: ['frame', 'f'], usage: '[NUMBER]', help: 'select a frame', run: frame },
  {
    names: ['up'],
    usage: '[COUNT]',
    help: 'select an older frame',
    run: async (s, a) => select(s, s.frame + relative(a)),
  },
  {
    names: ['down'],
    usage: '[COUNT]',
    help: 'select a younger frame',
    run: async (s, a) => select(s, s.frame - relative(a)),
  },
  { names: ['list', 'l'], usage: '[PLACE]', help: 'show source lines', run: list },
  { names: ['disassemble', 'disas'], usage: '[FUNCTION | *ADDRESS]', help: 'show instructions', run: disassembly },
];
