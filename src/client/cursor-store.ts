/** The line or instruction that the person points at in a view of code, for commands about "here". */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { formatLocation } from '../protocol/address.ts';
import type { BreakpointPlace, BreakpointSpec, BreakpointState } from '../protocol/breakpoints.ts';
import { formatScope, type Scope } from '../protocol/target.ts';
import { addBreakpoint, type BreakpointStore, removeBreakpoint } from './breakpoint-store.ts';

/** A place in code, and who executes it there. */
export interface CodeCursor {
  readonly place: Extract<BreakpointPlace, { kind: 'line' | 'address' }>;
  readonly scope: Scope;
  /** The name under the cursor. */
  readonly word?: string;
}

/** The cursor of the view of code that had the focus last. */
export type CursorStore = StoreApi<{ readonly cursor: CodeCursor | null }>;

export function createCursorStore(): CursorStore {
  return createStore(() => ({ cursor: null }));
}

/** True when a breakpoint of a line is in a file, by the name that line tables give it or by its end. */
function isInFile(spec: BreakpointSpec, path: string): boolean {
  return spec.place.kind === 'line' && (spec.place.path === path || path.endsWith(`/${spec.place.path}`));
}

/** The line of a file that a breakpoint is bound to, or would be; undefined when it is elsewhere. Functions and addresses have lines once they are bound. */
export function lineInFile(spec: BreakpointSpec, state: BreakpointState | undefined, path: string): number | undefined {
  if (spec.place.kind === 'line') return isInFile(spec, path) ? (state?.line ?? spec.place.line) : undefined;
  return state?.path === path ? state.line : undefined;
}

/** True when a breakpoint is where the cursor is: on the line it has moved to, at any address it is bound to. */
function isAtCursor(spec: BreakpointSpec, state: BreakpointState | undefined, cursor: CodeCursor): boolean {
  const { place, scope } = cursor;
  if (place.kind === 'line') {
    return lineInFile(spec, state, place.path) === place.line && formatScope(spec.scope) === formatScope(scope);
  }
  const here = formatLocation(place.location);
  if (spec.place.kind === 'address' && formatLocation(spec.place.location) === here) return true;
  return state?.locations.some((location) => formatLocation(location) === here) ?? false;
}

/** Removes the breakpoint at a place, or sets one. */
export function toggleBreakpointAt(store: BreakpointStore, cursor: CodeCursor): void {
  const { specs, states } = store.getState();
  const existing = specs.find((spec) => isAtCursor(spec, states[spec.id], cursor));
  if (existing) removeBreakpoint(store, existing.id);
  else addBreakpoint(store, { enabled: true, place: cursor.place, scope: cursor.scope });
}
