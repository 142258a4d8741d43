/** Messages of logpoints, the machine and the debugger. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { OutputMessage } from '../protocol/breakpoints.ts';

/** Messages kept. */
const LIMIT = 5000;

export type OutputStore = StoreApi<{ readonly messages: readonly OutputMessage[] }>;

export function createOutputStore(): OutputStore {
  return createStore(() => ({ messages: [] }));
}

export function addMessage(store: OutputStore, message: OutputMessage): void {
  store.setState(({ messages }) => ({ messages: [...messages.slice(-LIMIT + 1), message] }));
}
