import { beforeEach, expect, it } from 'vitest';
import { MessageBatch } from './message-batch.ts';

const question = (i: string): unknown => ({ t: 'q', i, m: 'registers' });
const answer = (i: string): unknown => ({ t: 's', i });
const event = { t: 'q', m: 'status' };

let sent: (readonly unknown[])[];
let turn: (() => void)[];
let timers: (() => void)[];
let batch: MessageBatch;

beforeEach(() => {
  [sent, turn, timers] = [[], [], []];
  batch = new MessageBatch({
    send: (messages) => sent.push(messages),
    soon: (callback) => turn.push(callback),
    later: (callback) => timers.push(callback),
  });
});

const endTurn = (): void => turn.splice(0).forEach((callback) => callback());
const elapse = (): void => timers.splice(0).forEach((callback) => callback());

it('sends what is posted in one turn as one batch, in order', () => {
  batch.post(question('a'));
  batch.post(event);
  expect(sent).toEqual([]);
  endTurn();
  expect(sent).toEqual([[question('a'), event]]);
});

it('keeps answers until none is owed', () => {
  batch.received([question('a'), question('b'), event]);
  batch.post(answer('a'));
  endTurn();
  expect(sent).toEqual([]);
  batch.post(answer('b'));
  endTurn();
  expect(sent).toEqual([[answer('a'), answer('b')]]);
});

it('does not keep answers for long', () => {
  batch.received([question('a'), question('long')]);
  batch.post(answer('a'));
  elapse();
  expect(sent).toEqual([[answer('a')]]);
});

it('sends what was answered along with an event', () => {
  batch.received([question('a'), question('long')]);
  batch.post(answer('a'));
  batch.post(event);
  endTurn();
  elapse();
  expect(sent).toEqual([[answer('a'), event]]);
});
