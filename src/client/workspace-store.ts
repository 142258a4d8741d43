/** The person's own things besides breakpoints, and where they are kept. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { BreakpointStore } from './breakpoint-store.ts';
import { decodeWorkspace, EMPTY_WORKSPACE, encodeWorkspace, type Workspace } from './persistence.ts';

export type WorkspaceState = Omit<Workspace, 'breakpoints' | 'version'>;
export type WorkspaceStore = StoreApi<WorkspaceState>;

/** The part of `localStorage` that is used. */
export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const STORAGE_KEY = 'trapline.workspace';
/** Milliseconds between a change and its being written. */
const SAVE_DELAY = 250;

export function createWorkspaceStore(): WorkspaceStore {
  const { version: _version, breakpoints: _breakpoints, ...rest } = EMPTY_WORKSPACE;
  return createStore<WorkspaceState>(() => rest);
}

/** Everything that is kept, as one document. */
export function exportWorkspace(workspace: WorkspaceStore, breakpoints: BreakpointStore): string {
  return encodeWorkspace({ version: 1, ...workspace.getState(), breakpoints: [...breakpoints.getState().specs] });
}

/** Replaces everything by a document; throws when it is not one. */
export function importWorkspace(text: string, workspace: WorkspaceStore, breakpoints: BreakpointStore): void {
  const { version: _version, breakpoints: specs, ...rest } = decodeWorkspace(text);
  workspace.setState(rest);
  breakpoints.setState({ specs });
}

/**
 * Loads what was kept and writes every later change, a moment after it; what is returned writes at once what still waits, for when the page goes away. A document
 * that cannot be read is left alone until something changes.
 */
export function keepWorkspace(
  workspace: WorkspaceStore,
  breakpoints: BreakpointStore,
  storage: KeyValueStorage,
): () => void {
  const kept = storage.getItem(STORAGE_KEY);
  if (kept !== null) {
    try {
      importWorkspace(kept, workspace, breakpoints);
    } catch {
      // Of an older format: starting empty is better than not starting.
    }
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    storage.setItem(STORAGE_KEY, exportWorkspace(workspace, breakpoints));
  };
  const save = (): void => {
    timer ??= setTimeout(write, SAVE_DELAY);
  };
  workspace.subscribe(save);
  breakpoints.subscribe((state, previous) => {
    if (state.specs !== previous.specs) save();
  });
  return write;
}
