/** Reading the machine from a component: once for each stop, never twice for the same question, never shown as current when it is not. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { messageOf } from '../client/client.ts';
import type { SessionFunctions } from '../protocol/session.ts';
import { STALE_STOP, type Stop } from '../protocol/stop.ts';
import { useClient, useMachine, useTargetContext } from './client-context.tsx';

export interface AtStop<T> {
  /** The answer at the last stop; undefined before the first. */
  readonly data: T | undefined;
  /** The answer at the stop before, for marking what changed. */
  readonly previous: T | undefined;
  readonly error: string | null;
  /** The machine has moved on since `data` was read. */
  readonly isStale: boolean;
}

interface NewAnswer<T> {
  readonly key: string | null;
  readonly frame: number | null;
  readonly stop: Stop;
  readonly data: T | undefined;
  readonly error: string | null;
}

interface Answer<T> {
  readonly key: string | null;
  readonly frame: number | null;
  readonly stopId: number;
  /** Instructions retired: a stop that is renewed is the same moment. */
  readonly moment: number;
  readonly data: T | undefined;
  readonly previous: T | undefined;
  readonly error: string | null;
}

type Read<T> = (session: SessionFunctions, stopId: number) => Promise<T>;
type FrameRead<T> = (session: SessionFunctions, stopId: number, frameId: number | null) => Promise<T | undefined>;

/** Asks `read` at every stop; `key` names the question (two questions with the same key are the same), null asks nothing. */
export function useAtStop<T>(key: string | null, read: Read<T>): AtStop<T> {
  return useQuestion(key, null, false, read);
}

/** As `useAtStop`, in the current frame; asks nothing where there is none. */
export function useAtFrame<T>(
  key: string | null,
  read: (session: SessionFunctions, stopId: number, frameId: number) => Promise<T>,
): AtStop<T> {
  return useInFrame(key, async (session, stopId, frameId) =>
    frameId === null ? undefined : read(session, stopId, frameId),
  );
}

/** As `useAtStop`, in the current frame or in none. */
export function useInFrame<T>(key: string | null, read: FrameRead<T>): AtStop<T> {
  const frameId = useTargetContext((state) => state.frameId);
  return useQuestion(key, frameId, true, read);
}

function useQuestion<T>(key: string | null, frameId: number | null, isOfFrame: boolean, read: FrameRead<T>): AtStop<T> {
  const client = useClient();
  const stop = useMachine((state) => state.stop);
  const revision = useMachine((state) => state.revision);
  const [answer, setAnswer] = useState<Answer<T> | null>(null);
  const readRef = useRef(read);
  /** What was asked last. */
  const asked = useRef('');
  useEffect(() => {
    readRef.current = read;
  });

  const ask = useCallback(
    async (at: Stop, frame: number | null): Promise<() => void> => {
      const name = nameOf(key, at, frame, client.machine.getState().revision);
      const settle = (data: T | undefined, error: string | null): void => {
        if (asked.current === name) setAnswer((last) => follow(last, { key, frame, stop: at, data, error }));
      };
      if (key === null) return () => undefined;
      asked.current = name;
      try {
        const data = await readRef.current(client.session, at.stopId, frame);
        return () => settle(data, null);
      } catch (error) {
        const message = messageOf(error);
        return () => message !== STALE_STOP && settle(undefined, message);
      }
    },
    [client, key],
  );

  useEffect(() => client.questions.add({ isOfFrame, ask }), [client, isOfFrame, ask]);
  useEffect(() => {
    if (!stop || asked.current === nameOf(key, stop, frameId, revision)) return;
    void ask(stop, frameId).then((show) => show());
  }, [stop, key, frameId, revision, ask]);

  const current = answer?.key === key && answer.frame === frameId ? answer : null;
  return {
    data: current?.data,
    previous: current?.previous,
    error: current?.error ?? null,
    isStale: !stop || current?.stopId !== stop.stopId,
  };
}

function nameOf(key: string | null, { stopId }: Stop, frame: number | null, revision: number): string {
  return `${key} at ${stopId} in ${frame}, ${revision}`;
}

/** The answer after `last`, which knows what the same question was answered with at the stop before. */
function follow<T>(last: Answer<T> | null, next: NewAnswer<T>): Answer<T> {
  const { key, frame, stop, data, error } = next;
  const { stopId, instructions: moment } = stop;
  const before = last?.moment === moment ? last.previous : last?.data;
  return { key, frame, stopId, moment, data, error, previous: last?.key === key ? before : undefined };
}

/** `value`, or while there is none the last one: what is on screen stays until its successor has been read. */
export function useLast<T>(value: T | undefined): T | undefined {
  const last = useRef<T | undefined>(undefined);
  useEffect(() => {
    if (value !== undefined) last.current = value;
  }, [value]);
  return value ?? last.current;
}
