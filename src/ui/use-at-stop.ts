/** Reading the machine from a component: once for each stop, never twice for the same question, never shown as current when it is not. */
import { useEffect, useRef, useState } from 'react';
import { messageOf } from '../client/client.ts';
import type { SessionFunctions } from '../protocol/session.ts';
import { STALE_STOP } from '../protocol/stop.ts';
import { useClient, useMachine } from './client-context.tsx';

export interface AtStop<T> {
  /** The answer at the last stop; undefined before the first. */
  readonly data: T | undefined;
  /** The answer at the stop before, for marking what changed. */
  readonly previous: T | undefined;
  readonly error: string | null;
  /** The machine has moved on since `data` was read. */
  readonly isStale: boolean;
}

interface Answer<T> {
  readonly key: string;
  readonly stopId: number;
  /** Instructions retired: a stop that is renewed is the same moment. */
  readonly moment: number;
  readonly data: T | undefined;
  readonly previous: T | undefined;
  readonly error: string | null;
}

/** Asks `read` at every stop; `key` names the question (two questions with the same key are the same), null asks nothing. */
export function useAtStop<T>(
  key: string | null,
  read: (session: SessionFunctions, stopId: number) => Promise<T>,
): AtStop<T> {
  const client = useClient();
  const stop = useMachine((state) => state.stop);
  const revision = useMachine((state) => state.revision);
  const [answer, setAnswer] = useState<Answer<T> | null>(null);
  const readRef = useRef(read);
  useEffect(() => {
    readRef.current = read;
  });
  useEffect(() => {
    if (!stop || key === null) return undefined;
    let isCurrent = true;
    const settle = (data: T | undefined, error: string | null): void => {
      if (!isCurrent) return;
      setAnswer((last) => {
        const { stopId, instructions: moment } = stop;
        const before = last?.moment === moment ? last.previous : last?.data;
        return { key, stopId, moment, data, error, previous: last?.key === key ? before : undefined };
      });
    };
    readRef.current(client.session, stop.stopId).then(
      (data) => settle(data, null),
      (error: unknown) => {
        if (messageOf(error) !== STALE_STOP) settle(undefined, messageOf(error));
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [client, stop, key, revision]);
  const current = answer?.key === key ? answer : null;
  return {
    data: current?.data,
    previous: current?.previous,
    error: current?.error ?? null,
    isStale: !stop || current?.stopId !== stop.stopId,
  };
}

/** `value`, or while there is none the last one: what is on screen stays until its successor has been read. */
export function useLast<T>(value: T | undefined): T | undefined {
  const last = useRef<T | undefined>(undefined);
  useEffect(() => {
    if (value !== undefined) last.current = value;
  }, [value]);
  return value ?? last.current;
}
