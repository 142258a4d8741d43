/** The worker's entry: a session behind a message port. */
import { createBirpc } from 'birpc';
import { HttpFiles, LocalFiles, type PackFiles } from '../pack/files.ts';
import { loadPack } from '../pack/load.ts';
import type { LocalFile, PackSource } from '../protocol/pack.ts';
import { MessageBatch } from '../protocol/message-batch.ts';
import { SESSION_EVENT_NAMES, type SessionEvents, type SessionFunctions } from '../protocol/session.ts';
import { createSession } from './session/session.ts';

/** Files of a chosen folder are named with the folder itself in front. */
function nameInFolder(file: LocalFile & { readonly webkitRelativePath?: string }): string {
  return file.webkitRelativePath?.replace(/^[^/]*\//, '') || file.name;
}

function filesOf(source: PackSource): PackFiles {
  if (source.kind === 'url') return new HttpFiles(source.url);
  return new LocalFiles(source.files.map((file) => [nameInFolder(file), file] as const));
}

/** A message to ourselves comes after those that wait already, and without the 4 ms that nested timers are delayed. */
const { port1, port2 } = new MessageChannel();
const waiting: (() => void)[] = [];
port1.onmessage = () => waiting.shift()?.();

function pass(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    if (milliseconds > 0) setTimeout(resolve, milliseconds);
    else {
      waiting.push(resolve);
      port2.postMessage(null);
    }
  });
}

const events = {} as SessionEvents;
const session = createSession(events, {
  openPack: (source) => loadPack(filesOf(source)),
  yield: pass,
  now: () => performance.now(),
});

/** Milliseconds that an answer may wait for others. */
const PATIENCE = 8;

const outbox = new MessageBatch({
  send: (batch) => self.postMessage(batch),
  soon: (callback) => queueMicrotask(callback),
  later: (callback) => setTimeout(callback, PATIENCE),
});
const rpc = createBirpc<SessionEvents, SessionFunctions>(session, {
  post: (data) => outbox.post(data),
  on: (receive) =>
    self.addEventListener('message', ({ data }: MessageEvent<readonly unknown[]>) => {
      outbox.received(data);
      for (const message of data) void receive(message);
    }),
  eventNames: [...SESSION_EVENT_NAMES],
  timeout: -1,
});
for (const name of SESSION_EVENT_NAMES) Object.assign(events, { [name]: rpc[name] });

self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  events.crashed(event.reason instanceof Error ? event.reason.message : String(event.reason));
});
