/** print, x, set, info. */
import { disassemble } from '../../arch/a64/disassemble.ts';
import { registerFields } from '../../arch/register-fields.ts';
import { formatLocation, splitSpace } from '../contexts/spaces.ts';
import { ownerOf } from '../stack/code-space.ts';
import { breakpointTable } from './breakpoint-commands.ts';
import { type Command, CommandError } from './command.ts';
import type { ConsoleState } from './console-state.ts';
import { readNumber, spaceOf } from './places.ts';
import { contextText, hereText } from './stops.ts';
import { frameText, hex, symbolText, table } from './text.ts';

async function print(state: ConsoleState, argument: string): Promise<string> {
  const [, format, expression] = /^(?:\/(\w)\s+)?(.*)$/s.exec(argument) ?? [];
  if (!expression) throw new CommandError('print what?');
  return state.session.inspector.text(await state.selected(), expression, format === 'x' ? 16 : 10);
}

async function set(state: ConsoleState, argument: string): Promise<string> {
  await state.session.inspector.evaluate(await state.selected(), argument.replace(/^var(iable)?\s+/, ''));
  return '';
}

const UNITS: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };

/** `x/8xg ADDRESS`, `x/4i ADDRESS`, `x/s ADDRESS`. */
async function examine(state: ConsoleState, argument: string): Promise<string> {
  const [, count = '1', letters = '', text = ''] = /^(?:\/(\d+)?([a-z]*)\s+)?(.*)$/s.exec(argument) ?? [];
  const { space: named, rest } = splitSpace(text);
  const space = named ?? (await spaceOf(state));
  const address = await readNumber(state, rest);
  const row = await state.selected();
  const read = (at: bigint, length: number): Uint8Array => state.session.system.read(space, at, length, row.task);
  const at = (offset: number): string => formatLocation({ space, address: address + BigInt(offset) });
  if (letters.includes('s')) return `${at(0)}:\t${JSON.stringify(zeroTerminated(read(address, 256)))}`;
  const isCode = letters.includes('i');
  const size = isCode ? 4 : UNITS[/[bhwg]/.exec(letters)?.[0] ?? 'w'];
  const bytes = read(address, size * Number(count));
  if (bytes.length < size) throw new CommandError(`cannot read ${at(0)}`);
  const words = Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => wordAt(bytes, i * size, size));
  const resolve = (target: bigint): string | undefined => symbolText(state, space, target, row.task);
  if (isCode)
    return words
      .map((word, i) => `${at(4 * i)}:\t${disassemble(Number(word), address + BigInt(4 * i), resolve)}`)
      .join('\n');
  const perLine = Math.max(1, 16 / size);
  const isDecimal = letters.includes('d') || letters.includes('u');
  const show = (word: bigint): string => (isDecimal ? `${word}` : `0x${word.toString(16).padStart(2 * size, '0')}`);
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += perLine) {
    lines.push(
      `${at(i * size)}:\t${words
        .slice(i, i + perLine)
        .map(show)
        .join('\t')}`,
    );
  }
  return lines.join('\n');
}

function zeroTerminated(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function wordAt(bytes: Uint8Array, offset: number, size: number): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[offset + i]);
  return value;
}

const GENERAL = [...Array.from({ length: 31 }, (_, n) => `X${n}`), 'SP', 'PC', 'PSTATE'];

async function registers(state: ConsoleState, argument: string): Promise<string> {
  const row = await state.selected();
  const values = state.session.inspector.registers(ownerOf(row.frame.physical));
  const physical = row.frame.physical.registers;
  const general = (name: string): bigint | undefined => {
    const index = GENERAL.indexOf(name);
    return index >= 0 && index < 33 ? physical.get(index) : values.read(name);
  };
  const names =
    argument === '' ? GENERAL : argument.split(/[\s,]+/).map((name) => name.replace(/^\$/, '').toUpperCase());
  const rows = names.map((name) => {
    const value = general(name);
    if (value === undefined && !GENERAL.includes(name)) throw new CommandError(`there is no register ${name}`);
    return [
      name,
      value === undefined ? '<not saved>' : hex(value),
      value === undefined ? '' : meaning(state, row.space, name, value),
    ];
  });
  return table(rows);
}

function meaning(state: ConsoleState, space: Parameters<typeof symbolText>[1], name: string, value: bigint): string {
  if (name === 'PC' || name === 'X30') return symbolText(state, space, value) ?? '';
  return registerFields(name, value)
    .filter((field) => field.value !== 0n)
    .map((field) => `${field.name}=${field.meaning ?? hex(field.value)}`)
    .join(' ');
}

async function variables(state: ConsoleState, kinds: readonly ('parameter' | 'local' | 'static')[]): Promise<string> {
  const found = await state.session.inspector.variables(await state.selected(), kinds);
  if (found.length === 0) return kinds.includes('parameter') ? 'No arguments.' : 'No locals.';
  return found.map(({ name, text }) => `${name} = ${text}`).join('\n');
}

async function symbol(state: ConsoleState, argument: string): Promise<string> {
  const { space = await spaceOf(state), rest } = splitSpace(argument);
  const address = await readNumber(state, rest);
  return symbolText(state, space, address) ?? `No symbol at ${formatLocation({ space, address })}.`;
}

async function cpus(state: ConsoleState): Promise<string> {
  const { system } = state.session;
  const rows = await Promise.all(
    Array.from({ length: system.port.cpuCount }, async (_, cpu) => {
      const status = system.port.status(cpu);
      const row = await state.session.topRow(state.session.stacks.topOfCpu(cpu));
      const activity = !status.isPowered ? 'off' : status.isAsleep ? 'asleep' : 'running';
      const isFocus = state.focus.kind === 'cpu' && state.focus.cpu === cpu;
      return [
        isFocus ? '*' : ' ',
        contextText(state, cpu),
        `EL${status.el}`,
        activity,
        await frameText(state, row, true),
      ];
    }),
  );
  return table(rows);
}

const INFOS: Readonly<Record<string, (state: ConsoleState, argument: string) => Promise<string>>> = {
  breakpoints: (state) => Promise.resolve(breakpointTable(state)),
  registers,
  locals: (state) => variables(state, ['local', 'static']),
  args: (state) => variables(state, ['parameter']),
  frame: (state) => hereText(state, true),
  symbol,
  threads: cpus,
};

async function info(state: ConsoleState, argument: string): Promise<string> {
  const [, word = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(argument) ?? [];
  const name = word === 'b' ? 'breakpoints' : Object.keys(INFOS).find((it) => word !== '' && it.startsWith(word));
  if (name === undefined) throw new CommandError(`info about what? One of ${Object.keys(INFOS).join(', ')}`);
  return INFOS[name](state, rest.trim());
}

export const DATA_COMMANDS: readonly Command[] = [
  {
    names: ['print', 'p'],
    usage: '[/x] EXPRESSION',
    help: 'value of a C expression; $x0 and $ESR_EL2.EC are registers',
    run: print,
  },
  { names: ['x'], usage: '[/COUNT FORMAT UNIT] [SPACE:]ADDRESS', help: 'memory: x/8xg, x/4i, x/s', run: examine },
  { names: ['set'], usage: '[var] EXPRESSION', help: 'assign to a variable, register or memory', run: set },
  {
    names: ['info', 'i'],
    usage: Object.keys(INFOS).join('|'),
    help: 'facts about the selected frame and the machine',
    run: info,
  },
];
