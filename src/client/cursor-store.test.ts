import { expect, it } from 'vitest';
import { addBreakpoint, createBreakpointStore, reportStates } from './breakpoint-store.ts';
import { type CodeCursor, lineInFile, toggleBreakpointAt } from './cursor-store.ts';

const LINE: CodeCursor = {
  place: { kind: 'line', path: 'a.c', line: 10 },
  scope: { kind: 'domain', domain: 1 },
};
const LOCATION = { space: { kind: 'guest', domain: 1, el: 1 }, address: 0x1000n } as const;
const ADDRESS: CodeCursor = { place: { kind: 'address', location: LOCATION }, scope: LINE.scope };

it('sets a breakpoint where there is none and removes it again', () => {
  const store = createBreakpointStore();
  toggleBreakpointAt(store, LINE);
  expect(store.getState().specs).toMatchObject([{ place: LINE.place, scope: LINE.scope, enabled: true }]);
  toggleBreakpointAt(store, LINE);
  expect(store.getState().specs).toEqual([]);
});

it('removes a breakpoint on the line that it has moved to', () => {
  const store = createBreakpointStore();
  toggleBreakpointAt(store, LINE);
  const [{ id }] = store.getState().specs;
  reportStates(store, [{ id, state: 'applied', hits: 0, locations: [LOCATION], line: 12 }]);
  toggleBreakpointAt(store, { ...LINE, place: { kind: 'line', path: 'a.c', line: 12 } });
  expect(store.getState().specs).toEqual([]);
});

it('keeps breakpoints of the same line for different scopes apart', () => {
  const store = createBreakpointStore();
  toggleBreakpointAt(store, LINE);
  toggleBreakpointAt(store, { ...LINE, scope: { kind: 'domain', domain: 2 } });
  expect(store.getState().specs).toHaveLength(2);
});

it('removes a line’s breakpoint at an instruction that it is bound to', () => {
  const store = createBreakpointStore();
  toggleBreakpointAt(store, LINE);
  const [{ id }] = store.getState().specs;
  reportStates(store, [{ id, state: 'applied', hits: 0, locations: [LOCATION] }]);
  toggleBreakpointAt(store, ADDRESS);
  expect(store.getState().specs).toEqual([]);
});

it('knows a line by the end of its file’s path', () => {
  const store = createBreakpointStore();
  toggleBreakpointAt(store, LINE);
  toggleBreakpointAt(store, { ...LINE, place: { kind: 'line', path: '/usr/src/a.c', line: 10 } });
  expect(store.getState().specs).toEqual([]);
});

it('removes a function’s breakpoint on the line that it is bound to', () => {
  const store = createBreakpointStore();
  const id = addBreakpoint(store, { enabled: true, place: { kind: 'function', name: 'f' }, scope: LINE.scope });
  const state = { id, state: 'applied', hits: 0, locations: [LOCATION], path: 'a.c', line: 10 } as const;
  reportStates(store, [state]);
  expect(lineInFile(store.getState().specs[0], state, 'b.c')).toBeUndefined();
  toggleBreakpointAt(store, LINE);
  expect(store.getState().specs).toEqual([]);
});
