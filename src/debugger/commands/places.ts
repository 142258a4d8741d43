/** Reads where a breakpoint is to go: `FUNCTION`, `FILE:LINE`, `LINE`, `*ADDRESS`, each perhaps after a space. */
import type { BreakpointPlace } from '../breakpoints/spec.ts';
import { type AddressSpace, parseScope, type Scope, splitSpace } from '../contexts/spaces.ts';
import { CommandError } from './command.ts';
import type { ConsoleState } from './console-state.ts';
import { sourcePlace } from './text.ts';

/** A place with whom it may stop and when. */
export interface BreakpointRequest {
  readonly place: BreakpointPlace;
  readonly scope: Scope;
  readonly condition: string | undefined;
}

/** `PLACE [inferior N | scope SCOPE] [if CONDITION]`. */
export async function readBreakpoint(state: ConsoleState, text: string): Promise<BreakpointRequest> {
  const { rest, scope, condition } = readTail(text);
  const place = rest === '' ? await hereOf(state) : await readPlace(state, rest);
  return { place, scope, condition };
}

/** Cuts `if ...`, `inferior N` and `scope ...` off. */
export function readTail(text: string): { rest: string; scope: Scope; condition: string | undefined } {
  const [, head, condition] = /^(.*?)(?:(?:^|\s)if\s+(.*))?$/s.exec(text.trim()) ?? ['', text, undefined];
  const match = /(?:^|\s)(inferior|scope|task|thread)\s+(\S+(?: \d+)?)\s*$/.exec(head);
  if (!match) return { rest: head.trim(), scope: { kind: 'any' }, condition };
  const scope = parseScope(match[2]);
  if (!scope) throw new CommandError(`"${match[2]}" is no scope (any, xen, d1, d1v0, d1:pid 42, p2)`);
  return { rest: head.slice(0, match.index).trim(), scope, condition };
}

async function hereOf(state: ConsoleState): Promise<BreakpointPlace> {
  const row = await state.selected();
  return { kind: 'address', location: { space: row.space, address: row.pc } };
}

/** A place of code. */
export async function readPlace(state: ConsoleState, text: string): Promise<BreakpointPlace> {
  const { space, rest } = splitSpace(text.replace(/^\*/, ''));
  if (text.startsWith('*') || rest.startsWith('*') || /^0x[0-9a-f_]+$/i.test(rest)) {
    const address = await readNumber(state, rest.replace(/^\*/, ''));
    return { kind: 'address', location: { space: space ?? (await spaceOf(state)), address } };
  }
  const line = /^(?:(.+):)?(\d+)$/.exec(rest);
  if (line) return { kind: 'line', path: line[1] ?? (await currentFile(state)), line: Number(line[2]), space };
  if (!/^[\w.$]+$/.test(rest)) throw new CommandError(`"${rest}" is neither a function, nor FILE:LINE, nor *ADDRESS`);
  return { kind: 'function', name: rest, space };
}

/** The space that a bare address is meant in: the selected frame's. */
export async function spaceOf(state: ConsoleState): Promise<AddressSpace> {
  return (await state.selected()).space;
}

/** A number, or a C expression that is one. */
export async function readNumber(state: ConsoleState, text: string): Promise<bigint> {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text.trim())) return BigInt(text.trim());
  return state.session.inspector.number(await state.selected(), text);
}

async function currentFile(state: ConsoleState): Promise<string> {
  const place = state.listed ?? sourcePlace(state, await state.selected());
  if (!place) throw new CommandError('there is no current source file');
  return place.file;
}
