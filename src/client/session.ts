/** The worker that holds the machine, as the page reaches it. */
import { createBirpc } from 'birpc';
import { MessageBatch } from '../protocol/message-batch.ts';
import type { SessionEvents, SessionFunctions } from '../protocol/session.ts';

/** A running session and how to end it. */
export interface SessionConnection {
  readonly session: SessionFunctions;
  /** Ends the worker at once; calls in flight are rejected. */
  close(): void;
}

/** Starts a session that reports to `events`. */
export type Connect = (events: SessionEvents) => SessionConnection;

/** Starts the emulator worker. An error that escapes it, even while its script is being loaded, arrives as `crashed`. */
export function connectWorker(events: SessionEvents): SessionConnection {
  const worker = new Worker(new URL('../workers/emulator.worker.ts', import.meta.url), {
    type: 'module',
    name: 'machine',
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    events.crashed(event.message || 'the worker could not be started');
  });
  const outbox = new MessageBatch({
    send: (batch) => worker.postMessage(batch),
    soon: (callback) => queueMicrotask(callback),
    later: (callback) => setTimeout(callback),
  });
  const rpc = createBirpc<SessionFunctions, SessionEvents>(events, {
    post: (data) => outbox.post(data),
    on: (receive) =>
      worker.addEventListener('message', ({ data }: MessageEvent<readonly unknown[]>) => {
        for (const message of data) void receive(message);
      }),
    eventNames: [],
    // A cold boot or a long step may rightly take minutes; the progress events say that it is alive.
    timeout: -1,
  });
  return {
    session: rpc,
    close() {
      worker.terminate();
      rpc.$close(new Error('the session was closed'));
    },
  };
}
