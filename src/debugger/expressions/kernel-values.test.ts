/** Values of the kinds that kernels have, as gdb prints them. */
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileProgram, fileInMemory, runTool } from '../../testing/cross-compile.ts';
import { staticScope } from '../../testing/static-scope.ts';
import { SymbolFile } from '../symbols/symbol-file.ts';
import { evaluate } from './evaluator.ts';
import { formatValue } from './format.ts';
import type { FrameScope } from './frame-scope.ts';
import { chainEntries, listEntries } from './parts.ts';
import { toInteger } from './value.ts';

let path = '';
let file: SymbolFile;
let scope: FrameScope;

beforeAll(async () => {
  path = compileProgram('values', ['-O1', '-g']);
  file = await SymbolFile.open(fileInMemory(path), path);
});
beforeEach(async () => {
  scope = await staticScope(file, new Map());
});

async function print(text: string): Promise<string> {
  return formatValue(await evaluate(text, scope), scope);
}

/** What gdb prints for each of `expressions`. With `-write` it assigns to the file that it reads. */
function gdbPrints(program: string, expressions: readonly string[], options: readonly string[] = []): string[] {
  const commands = expressions.flatMap((it) => ['-ex', `echo @\\n`, '-ex', `output ${it}`, '-ex', 'echo \\n']);
  const printed = runTool('gdb-multiarch', ['-nx', ...options, '-batch', '-ex', 'set width 0', ...commands, program]);
  return printed
    .split('@\n')
    .slice(1)
    .map((it) => asOurs(it.trimEnd()));
}

/** We leave out the type of a pointer, which people see beside it, and the NULs that fill an array up. */
function asOurs(text: string): string {
  return text.replace(/^\(.*\) (?=0x[0-9a-f]+(?: <[^>]*>)?$)/, '').replaceAll(/(?:\\000)+"/g, '"');
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  enumerations: [
    'states',
    'states[1]',
    'states[3]',
    'RUNNING',
    '(enum state)3',
    '(enum state)-1',
    'powers',
    'sizeof(power_t)',
    'sizeof(power_t *)',
    'sizeof(powers)',
    'sizeof powers[0]',
  ],
  'flags, joined by |, with what no flag stands for': [
    'accesses',
    ...Array.from({ length: 7 }, (_, i) => `accesses[${i}]`),
    'masks',
    ...Array.from({ length: 4 }, (_, i) => `masks[${i}]`),
    'READ | WRITE',
    '(enum access)(READ | WRITE)',
    'accesses[2] & WRITE',
    'accesses[2] == (READ | WRITE)',
  ],
  'bit-fields': [
    'bits',
    'bits.valid',
    'bits.offset',
    'bits.offset + 5',
    'bits.access',
    'bits.dirty',
    'bits.frame',
    'bits.frame << 12',
    'bits.sign',
    'bits.high',
    'bits.low << 4 | bits.high',
    'bits.single',
    'many_bits',
    'many_bits[1].offset * 2',
    'sizeof(struct bits)',
  ],
  unions: [
    'words',
    'words[0].half',
    'words[0].page',
    'words[0].type',
    'words[1].text',
    'words[1].number',
    'words[0].half.low',
  ],
  'pointers to functions': [
    'operations',
    'operations[0].open',
    'operations[0].close',
    '*operations[0].open',
    'operations[1].open',
    'operations[2].open',
    '*operations[0].others',
    'operations[0].others[1]',
    'operations[0].open == device_open',
    'indirect',
    'device_close',
    '&device_close',
    'device_close + 4',
    'sizeof(device_close)',
    '*device_open == device_open',
  ],
  'arrays of structures': [
    'points',
    'points[10]',
    'points[10].x',
    'grid',
    'grid[1]',
    'grid[1][0].y',
    'points[0]@2',
    'odd',
    'odd.at[1].x',
    '&points[3] - points',
    'sizeof points / sizeof points[0]',
  ],
  strings: [
    'short_text',
    'padded',
    'padded[3]',
    'escapes',
    'texts',
    '*texts',
    'texts[1]',
    'texts[2]',
    'raw',
    'raw[2]',
    '*texts[0]@2',
  ],
  'repeated elements': ['repeated', 'repeated[5]@30'],
  lists: [
    'init',
    '&init.tasks',
    'init.tasks.next',
    'empty',
    '*domain_list',
    'domain_list->next_in_list->next_in_list->id',
  ],
};

it.each(Object.entries(VALUES))('%s are printed as gdb prints them', async (_, expressions) => {
  const expected = gdbPrints(path, expressions);
  const own = await Promise.all(expressions.map(print));
  const pairs = (values: readonly string[]): string[] => expressions.map((it, i) => `${it} = ${values[i]}`);
  expect(pairs(own)).toEqual(pairs(expected));
});

describe('assignment', () => {
  const ASSIGNED = [
    'bits.valid = 0',
    'bits.table = 3',
    'bits.offset = 64',
    'bits.offset = -64',
    'bits.access = 6',
    'bits.access = (enum access)0x102',
    'bits.dirty = 0',
    'bits.frame = 0xfffffffff',
    'bits.frame += 1',
    'bits.sign = 7',
    'bits.low = bits.high',
    'bits.whole = 0x12345',
    'bits.single = 0',
    'many_bits[1].frame = 5',
    'words[0].page = 0xabc',
    'words[1].half.high = 1',
    'states[0] = DEAD',
    'points[1].y = points[10].x',
    'domain_list = 0',
    'operations[1].open = device_open',
  ];

  it('to bit-fields and everything else leaves what gdb leaves, and neighbours alone', async () => {
    const copy = `${path}.copy`;
    copyFileSync(path, copy);
    const left = ['bits', 'many_bits', 'words', 'states', 'points', 'domain_list', 'operations'];
    const expected: string[] = [];
    const own: string[] = [];
    const theirs = gdbPrints(
      copy,
      ASSIGNED.flatMap((it) => [it, ...left]),
      ['-write'],
    );
    for (const [i, assignment] of ASSIGNED.entries()) {
      await evaluate(assignment, scope);
      for (const [j, value] of left.entries()) {
        expected.push(`${assignment}: ${value} = ${theirs[i * (left.length + 1) + 1 + j]}`);
        own.push(`${assignment}: ${value} = ${await print(value)}`);
      }
    }
    execFileSync('rm', [copy]);
    expect(own).toEqual(expected);
  });
});

describe('lists', () => {
  const addressOf = async (text: string): Promise<bigint> => toInteger(await evaluate(text, scope))!;

  it('of list_head are followed from their head, through nested members too', async () => {
    const task = (await file.typeByName('struct task'))!;
    const names = async (head: string, member: string): Promise<string[]> => {
      const entries = await listEntries(await addressOf(head), task, member, scope);
      return Promise.all(entries.map(async (it) => (await formatValue(it, scope)).replace(/.*<(.*)>/, '$1')));
    };
    expect(await names('&init.tasks', 'tasks')).toEqual(['second', 'third']);
    expect(await names('&second.tasks', 'tasks')).toEqual(['third', 'init']);
    expect(await names('&init.family.sibling', 'family.sibling')).toEqual([]);
    expect(await names('&empty', 'tasks')).toEqual([]);
  });

  it('that are damaged end where memory does', async () => {
    const task = (await file.typeByName('struct task'))!;
    expect(await listEntries(await addressOf('&damaged'), task, 'tasks', scope)).toHaveLength(1);
  });

  it('of plain pointers are followed as Xen links domains', async () => {
    const domain = (await file.typeByName('struct domain'))!;
    const entries = await chainEntries(await addressOf('domain_list'), domain, 'next_in_list', scope);
    const ids = await Promise.all(entries.map(async (it) => print(`((struct domain *)${toInteger(it)})->id`)));
    expect(ids).toEqual(['0', '1', '32752']);
  });
});
