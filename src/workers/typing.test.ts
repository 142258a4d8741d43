import { expect, it } from 'vitest';
import { Typing } from './typing.ts';

function setUp() {
  const line = {
    isIdle: true,
    typed: [] as string[],
    type: (id: string, text: string) => void line.typed.push(`${id} ${text}`),
  };
  const clock = { now: 0 };
  return { line, clock, typing: new Typing(line, () => clock.now) };
}

it('puts a long text on the line a few characters at a time, in order', () => {
  const { line, clock, typing } = setUp();
  typing.add('d1', 'echo hello');
  typing.add('d1', ' wörld\n');
  typing.add('d2', 'ls\n');
  for (; clock.now < 60e6; clock.now += 1e6) typing.pump();
  expect(line.typed).toEqual(['d1 echo hel', 'd1 lo wörld', 'd1 \n', 'd2 ls\n']);
});

it('gives the guest time in between', () => {
  const { line, clock, typing } = setUp();
  typing.add('d1', 'echo hello\n');
  typing.pump();
  clock.now = 9e6;
  typing.pump();
  expect(line.typed).toEqual(['d1 echo hel']);
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
