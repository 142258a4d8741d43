import { expect, it, vi } from 'vitest';
import type { Stop } from '../protocol/stop.ts';
import { type Question, Questions } from './questions.ts';

const stop = { stopId: 1 } as Stop;

/** A question whose answer is given by `answer`, and how often it was shown. */
function makeQuestion(isOfFrame = false): {
  question: Question;
  ask: Question['ask'];
  answer: () => void;
  show: () => void;
} {
  const show = vi.fn();
  let answer = (): void => undefined;
  const ask = vi.fn(() => new Promise<() => void>((resolve) => (answer = () => resolve(show))));
  return { question: { isOfFrame, ask }, ask, answer: () => answer(), show };
}

it('shows the answers that are there at once, and the others when they come', async () => {
  const questions = new Questions();
  const [early, late] = [makeQuestion(), makeQuestion()];
  for (const { question } of [early, late]) questions.add(question);
  const answers = questions.ask(stop, false, null);
  early.answer();
  await Promise.resolve();
  await Promise.resolve();
  expect(early.show).not.toHaveBeenCalled();
  answers.show();
  expect(early.show).toHaveBeenCalledTimes(1);
  expect(late.show).not.toHaveBeenCalled();
  late.answer();
  await answers.complete;
  expect(late.show).toHaveBeenCalledTimes(1);
});

it('asks about a frame when there is one, and only what is still wanted', () => {
  const questions = new Questions();
  const [ofStop, ofFrame, gone] = [makeQuestion(), makeQuestion(true), makeQuestion(true)];
  for (const { question } of [ofStop, ofFrame]) questions.add(question);
  questions.add(gone.question)();
  questions.ask(stop, true, 7);
  expect(ofFrame.ask).toHaveBeenCalledWith(stop, 7);
  expect(ofStop.ask).not.toHaveBeenCalled();
  expect(gone.ask).not.toHaveBeenCalled();
});
