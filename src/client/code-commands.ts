/** Commands about the line or instruction under the cursor of the code view that had the focus last. */
import { formatSpace } from '../protocol/address.ts';
import type { Client } from './client.ts';
import type { Command } from './commands.ts';
import { type CodeCursor, toggleBreakpointAt } from './cursor-store.ts';
import { showSource } from './navigation.ts';

/** The cursor; commands that need one are disabled without it. */
function requireCursor(client: Client): CodeCursor {
  const { cursor } = client.cursor.getState();
  if (!cursor) throw new Error('Put the cursor on a line of source or an instruction first.');
  return cursor;
}

async function runToCursor(client: Client): Promise<void> {
  const { place, scope } = requireCursor(client);
  await client.session.runTo(place, scope);
}

/** Moves the pc of the current context, without executing anything. */
async function setNextStatement(client: Client): Promise<void> {
  const { place, scope } = requireCursor(client);
  const { stop } = client.machine.getState();
  const { target, frames } = client.context.getState();
  const here = frames.find((frame) => frame.presentationHint !== 'label')?.location;
  const [location] = await client.session.locate(place, scope);
  if (!location) throw new Error('There is no code at the cursor.');
  if (!here || !stop || formatSpace(here.space) !== formatSpace(location.space))
    throw new Error('The current context does not execute the code at the cursor: its pc cannot be set there.');
  await client.session.writeRegister(stop.stopId, target, 'PC', location.address);
  client.invalidate();
}

/** Shows where the word under the cursor is defined. */
async function goToDefinition(client: Client): Promise<void> {
  const { place, scope, word } = requireCursor(client);
  const path = place.kind === 'line' ? place.path : null;
  const domain = 'domain' in scope ? scope.domain : null;
  const found = word === undefined ? null : await client.session.definition(word, path, domain);
  if (!found) throw new Error(`No definition of ${word ?? 'what is under the cursor'} is in the symbols.`);
  const owner = domain === null ? ({ kind: 'xen' } as const) : ({ kind: 'domain', domain } as const);
  showSource(client.navigation, { ...found, owner, takesFocus: true });
}

export function codeCommands(client: Client): Command[] {
  const hasCursor = (): boolean => client.cursor.getState().cursor !== null;
  const isStoppedAtCursor = (): boolean => client.isStopped && hasCursor();
  return [
    {
      id: 'run.toggleBreakpoint',
      title: 'Toggle Breakpoint at Cursor',
      category: 'Run',
      keys: ['F9'],
      isEnabled: hasCursor,
      run: () => toggleBreakpointAt(client.breakpoints, requireCursor(client)),
    },
    {
      id: 'run.toCursor',
      title: 'Run to Cursor',
      category: 'Run',
      keys: ['Ctrl+F10', 'Alt+C'],
      isEnabled: isStoppedAtCursor,
      run: () => runToCursor(client),
    },
    {
      id: 'run.setNext',
      title: 'Set Next Statement to Cursor',
      category: 'Run',
      keys: ['Ctrl+Shift+F10'],
      isEnabled: isStoppedAtCursor,
      run: () => setNextStatement(client),
    },
    {
      id: 'go.definition',
      title: 'Go to Definition of the Word at the Cursor',
      category: 'Go',
      keys: ['Ctrl+F12', 'Alt+D'],
      isEnabled: () => client.cursor.getState().cursor?.word !== undefined,
      run: () => goToDefinition(client),
    },
  ];
}
