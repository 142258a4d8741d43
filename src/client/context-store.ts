/** What every view looks at: one target, one frame of its stack. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { StackFrame } from '../protocol/inspect.ts';
import type { Target } from '../protocol/target.ts';

export interface ContextState {
  readonly target: Target;
  /** The stack of `target` at the current stop; empty while running or when there is none. */
  readonly frames: readonly StackFrame[];
  readonly frameId: number | null;
  /** Why there is no stack. */
  readonly framesError: string | null;
  /** Whether steps are of lines or instructions: instructions while a disassembly has the focus. */
  readonly granularity: 'line' | 'instruction';
}

export type ContextStore = StoreApi<ContextState>;

export function createContextStore(): ContextStore {
  return createStore<ContextState>(() => ({
    target: { kind: 'cpu', cpu: 0 },
    frames: [],
    frameId: null,
    framesError: null,
    granularity: 'line',
  }));
}

/** The frame that views follow. */
export function currentFrame(state: ContextState): StackFrame | undefined {
  return state.frames.find((frame) => frame.id === state.frameId);
}
