import { expect, it } from 'vitest';
import { Moment } from './moment.ts';

it('makes its value once for each moment of the machine', () => {
  const port = { instructions: 10, changes: 0 };
  let made = 0;
  const moment = new Moment(port, () => (made += 1));
  expect([moment.value, moment.value]).toEqual([1, 1]);
  port.instructions = 11;
  expect(moment.value).toBe(2);
  port.changes = 1;
  expect([moment.value, moment.value]).toEqual([3, 3]);
});

it('keeps nothing of an attempt that failed', () => {
  let isBroken = true;
  const moment = new Moment({ instructions: 0, changes: 0 }, () => {
    if (isBroken) throw new Error('not yet');
    return 7;
  });
  expect(() => moment.value).toThrow('not yet');
  isBroken = false;
  expect(moment.value).toBe(7);
});
