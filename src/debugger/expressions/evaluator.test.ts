import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileProgram, fileInMemory, runTool } from '../../testing/cross-compile.ts';
import { staticScope } from '../../testing/static-scope.ts';
import { SymbolFile } from '../symbols/symbol-file.ts';
import { evaluate } from './evaluator.ts';
import { formatValue } from './format.ts';
import type { FrameScope } from './frame-scope.ts';
import { chainEntries, listEntries, partsOf } from './parts.ts';
import type { RegisterValue } from './scope.ts';
import { toInteger } from './value.ts';

let path = '';
let file: SymbolFile;
let scope: FrameScope;
let registers: Map<string, RegisterValue>;

beforeAll(async () => {
  path = compileProgram('shapes', ['-O1', '-g']);
  file = await SymbolFile.open(fileInMemory(path), path);
});
beforeEach(async () => {
  const fields = new Map([
    ['EC', { low: 26, width: 6 }],
    ['ISS', { low: 0, width: 25 }],
  ]);
  registers = new Map([['ESR_EL2', { name: 'ESR_EL2', value: 0x5a000ea1n, size: 8, fields }]]);
  scope = await staticScope(file, registers);
});

async function print(text: string): Promise<string> {
  return formatValue(await evaluate(text, scope), scope);
}

/** What gdb prints for each of `expressions`; errors are empty. */
function gdbPrints(expressions: readonly string[]): string[] {
  const commands = expressions.flatMap((it) => ['-ex', `echo @\\n`, '-ex', `output ${it}`, '-ex', 'echo \\n']);
  const printed = runTool('gdb-multiarch', ['-nx', '-batch', '-ex', 'set width 0', ...commands, path]);
  return printed
    .split('@\n')
    .slice(1)
    .map((it) => it.trimEnd());
}

const EXPRESSIONS = [
  '1 + 2 * 3',
  '(1 + 2) * 3',
  '7 / 2',
  '-7 / 2',
  '-7 % 3',
  '7.0 / 2',
  '1 << 40l',
  '0xffffffff',
  '0x7fffffff + 1',
  '-1 > 0u',
  '-1 > 0',
  '~0',
  '!5',
  '1 ? 2 : 3',
  '0 || 4',
  '3 && 0',
  '010',
  '5 & 6 | 8 ^ 1',
  '10 - 3 - 2',
  '2 * -3',
  "'A'",
  "'\\n'",
  'sizeof(struct node)',
  'sizeof(int)',
  'sizeof first.matrix',
  'sizeof(unsigned long [4])',
  'first.inner',
  'first.colour',
  '(enum colour)0',
  '(enum colour)-2',
  '(enum colour)1',
  'GREEN',
  'BLUE + 1',
  'first.matrix',
  'first.matrix[1]',
  'first.matrix[1][2]',
  '*first.matrix[1]',
  'first.ratio',
  'first.ratio * 2',
  'table',
  'table[1]',
  '*table',
  '*(table + 2)',
  'table[0] + table[2]',
  '&table[2] - &table[0]',
  '*table@2',
  'table[0]@3',
  '(char)65',
  '(short)70000',
  '(unsigned char)-1',
  '(long)&first == (long)&first.link',
  '&nodes == nodes.next',
  'nodes.next->prev == &nodes',
  '(int)first.ratio',
  'first.flags.level',
  'first.flags',
  'first.flags.mode + 1',
  'first.view.low',
  '((struct node *)&first)->inner',
  '(unsigned)-1',
  '(long)(int)-1',
  '1 == 1.0',
  '5 % 3 == 2',
  '-5 >> 1',
  '3 > 2 > 1',
  'first.pairs[0].hi',
  'first.b',
];

describe('expressions', () => {
  it('have the values that gdb prints', async () => {
    const expected = gdbPrints(EXPRESSIONS);
    const own = await Promise.all(EXPRESSIONS.map(print));
    const pairs = (values: readonly string[]): string[] => EXPRESSIONS.map((it, i) => `${it} = ${values[i]}`);
    expect(pairs(own)).toEqual(pairs(expected));
  });

  it('read registers and their fields', async () => {
    expect(await print('$x3')).toBe(`${0x3333}`);
    expect(await print('$w3 + 1')).toBe(`${0x3334}`);
    expect(await print('$sp')).toBe(`${0x8000}`);
    expect(await print('$ESR_EL2.EC == 0x16')).toBe('1');
    expect(await print('$esr_el2.iss')).toBe(`${0xea1}`);
  });

  it('assign to variables, members, bit-fields, elements, pointers, registers and their fields', async () => {
    expect(await print('table[1] = 77')).toBe('77');
    expect(await print('table')).toBe('{10, 77, 30}');
    expect(await print('first.inner += 5')).toBe('12');
    expect(await print('first.flags.level = -3')).toBe('-3');
    expect(await print('first.flags')).toBe('{ready = 0, mode = 0, level = -3, wide = 0, last = false}');
    expect(await print('first.parent = &first, first.parent->parent->inner')).toBe('12');
    expect(await print('first.ratio = 3')).toBe('3');
    expect(await print('$ESR_EL2.EC = 0x24')).toBe(`${0x24}`);
    expect(registers.get('ESR_EL2')?.value).toBe(0x92000ea1n);
  });

  it('compute container_of and offsetof', async () => {
    expect(await print('container_of(&first.name, struct node, name) == &first')).toBe('1');
    const view = await file.offsetOf('struct node', 'view.high');
    expect(await print('offsetof(struct node, view.high)')).toBe(`${view?.offset}`);
  });

  it.each([
    ['1 +', 'the expression ends too early'],
    ['nothing_here', 'there is no "nothing_here" here'],
    ['$nothing', 'there is no register "$nothing"'],
    ['first.nothing', '"struct node" has no member "nothing"'],
    ['table.x', '"int [3]" has no members'],
    ['1 / 0', 'division by zero'],
    ['main(1)', 'functions of the program cannot be called'],
    ['(struct unheard_of *)0', 'there is no type "struct unheard_of"'],
    ['1 = 2', 'this is not something that can be assigned to'],
    ['&first.flags.mode', 'a bit-field has no address'],
    ['*(int *)8 + 1', 'the value is unreadable'],
    ['1 2', 'unexpected "2"'],
    ['#', 'unexpected "#"'],
    ['('.repeat(500), 'the expression is nested too deeply'],
  ])('refuse %j and say why', async (text, message) => {
    await expect(evaluate(text, scope)).rejects.toMatchObject({ name: 'ExpressionError', message });
  });
});

describe('expressions where no symbols are known', () => {
  it('still have registers, memory and the types of C', async () => {
    const [table] = file.symbols.named('table');
    const bare = await staticScope(file, registers, false);
    const text = async (it: string): Promise<string> => formatValue(await evaluate(it, bare), bare);
    expect(await text('$x1 + 1')).toBe(`${0x1112}`);
    expect(await text(`((int *)${table.value})[1]`)).toBe('20');
    expect(await text(`*(unsigned char *)${table.value}`)).toBe("10 '\\n'");
    await expect(evaluate('table', bare)).rejects.toThrow('there is no "table" here');
    await expect(evaluate('(struct node *)8', bare)).rejects.toThrow('there is no type "struct node"');
  });
});

describe('values', () => {
  it('show strings behind pointers and in arrays', async () => {
    expect(await print('message')).toMatch(/^0x[0-9a-f]+ "hello"$/);
    expect(await print('first.name')).toBe('"first"');
  });

  it('name the functions and objects that pointers point to', async () => {
    expect(await print('main')).toMatch(/^\{.*\} 0x[0-9a-f]+ <main>$/);
    expect(await print('nodes.next')).toMatch(/^0x[0-9a-f]+ <nodes>$/);
  });

  it('say what cannot be read', async () => {
    expect(await print('*(int *)8')).toBe('<unreadable>');
    expect(await print('(struct node *)8')).toBe('0x8');
  });

  it('unfold into members, anonymous ones in place', async () => {
    const parts = await partsOf(await evaluate('&first', scope), scope);
    expect(parts.map((it) => it.name)).toEqual(expect.arrayContaining(['link', 'name', 'inner', 'a', 'b', 'tail']));
    const inner = parts.find((it) => it.name === 'inner');
    expect([inner?.access, inner && toInteger(inner.value)]).toEqual(['->inner', 7n]);
  });

  it('follow lists, and stop where they close', async () => {
    await evaluate('nodes.next = &first.link, first.link.next = &nodes', scope);
    const type = (await file.typeByName('struct node'))!;
    const head = toInteger(await evaluate('&nodes', scope))!;
    const entries = await listEntries(head, type, 'link', scope);
    expect(await Promise.all(entries.map((it) => formatValue(it, scope)))).toEqual([expect.stringMatching(/<first>$/)]);
  });

  it('follow chains, and stop where they lead back', async () => {
    await evaluate('first.parent = &first', scope);
    const type = (await file.typeByName('struct node'))!;
    const first = toInteger(await evaluate('&first', scope))!;
    expect(await chainEntries(first, type, 'parent', scope)).toHaveLength(1);
  });
});
