import { expect, it } from 'vitest';
import { Typing } from './typing.ts';

function setUp() {
  const line = {
    isIdle: true,
    typed: [] as string[],
    type: (id: string, text: string) => void line.typed.push(`${id} ${text}`),
  };
  return { line, typing: new Typing(line) };
}

it('puts a long text on the line a few characters at a time, in order', () => {
  const { line, typing } = setUp();
  typing.add('d1', 'echo hello');
  typing.add('d1', ' wörld\n');
  typing.add('d2', 'ls\n');
  for (let slice = 0; slice < 6; slice += 1) typing.pump();
  expect(line.typed).toEqual(['d1 echo hel', 'd1 lo wörld', 'd1 \n', 'd2 ls\n']);
});

it('waits while the line is busy, and forgets on demand', () => {
  const { line, typing } = setUp();
  typing.add('d1', 'x');
  line.isIdle = false;
  typing.pump();
  expect(line.typed).toEqual([]);
  typing.clear();
  line.isIdle = true;
  typing.pump();
  expect(line.typed).toEqual([]);
});
