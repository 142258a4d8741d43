/** The person's breakpoints, and what became of each. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { isSameValue } from '../base/same-value.ts';
import { formatLocation } from '../protocol/address.ts';
import { formatScope } from '../protocol/target.ts';
import type { BreakpointPlace, BreakpointSpec, BreakpointState } from '../protocol/breakpoints.ts';

export interface BreakpointsState {
  readonly specs: readonly BreakpointSpec[];
  readonly states: Readonly<Record<string, BreakpointState>>;
}

export type BreakpointStore = StoreApi<BreakpointsState>;

export function createBreakpointStore(): BreakpointStore {
  return createStore<BreakpointsState>(() => ({ specs: [], states: {} }));
}

/** The smallest `bpN` that is free. */
function freeId(specs: readonly BreakpointSpec[]): string {
  const taken = new Set(specs.map(({ id }) => id));
  let n = 1;
  while (taken.has(`bp${n}`)) n += 1;
  return `bp${n}`;
}

/** Adds a breakpoint; returns its id. */
export function addBreakpoint(store: BreakpointStore, spec: Omit<BreakpointSpec, 'id'>): string {
  const id = freeId(store.getState().specs);
  store.setState(({ specs }) => ({ specs: [...specs, { ...spec, id }] }));
  return id;
}

/** Adds breakpoints that are not there yet; how many were new. */
export function mergeBreakpoints(store: BreakpointStore, added: readonly BreakpointSpec[]): number {
  const wish = ({ place, scope }: BreakpointSpec): string => `${describePlace(place)} ${formatScope(scope)}`;
  const known = new Set(store.getState().specs.map(wish));
  const fresh = added.filter((spec) => !known.has(wish(spec)));
  for (const { id: _id, ...spec } of fresh) addBreakpoint(store, spec);
  return fresh.length;
}

export function updateBreakpoint(
  store: BreakpointStore,
  id: string,
  change: Partial<Omit<BreakpointSpec, 'id'>>,
): void {
  store.setState(({ specs }) => ({ specs: specs.map((spec) => (spec.id === id ? { ...spec, ...change } : spec)) }));
}

export function removeBreakpoint(store: BreakpointStore, id: string): void {
  store.setState(({ specs }) => ({ specs: specs.filter((spec) => spec.id !== id) }));
}

/** Records what the session says; it says it at every stop, and mostly the same. */
export function reportStates(store: BreakpointStore, list: readonly BreakpointState[]): void {
  const states = Object.fromEntries(list.map((state) => [state.id, state]));
  if (!isSameValue(states, store.getState().states)) store.setState({ states });
}

const ACCESS_WORDS = { read: 'read of', write: 'write to', readWrite: 'access to', change: 'change of' } as const;

/** `major_show`, `sys-hypervisor.c:69`, `write to d1:EL1:0x... (4 bytes)`, `HVC #0xea1`. */
export function describePlace(place: BreakpointPlace): string {
  switch (place.kind) {
    case 'function':
      return place.name;
    case 'address':
      return formatLocation(place.location);
    case 'line':
      return `${place.path.split('/').at(-1)}:${place.line}`;
    case 'data':
      return `${ACCESS_WORDS[place.access]} ${formatLocation(place.location)} (${place.size} bytes)`;
    case 'exception':
      return place.immediate === undefined ? place.exception : `${place.exception} #0x${place.immediate.toString(16)}`;
  }
}
