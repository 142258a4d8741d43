/** Commands about the app itself: workspace files, theme, help. */
import { mergeBreakpoints } from '../../client/breakpoint-store.ts';
import type { Client } from '../../client/client.ts';
import type { Command } from '../../client/commands.ts';
import { encodeLink } from '../../client/link.ts';
import { currentLink } from '../../client/link-keeper.ts';
import { addMessage } from '../../client/output-store.ts';
import { decodeBreakpoints, encodeBreakpoints } from '../../client/persistence.ts';
import { exportWorkspace, importWorkspace } from '../../client/workspace-store.ts';
import type { LocalFile } from '../../protocol/pack.ts';

/** What the workbench itself offers. */
export interface AppActions {
  readonly openPalette: () => void;
  readonly openSymbols: () => void;
  readonly openHelp: () => void;
  readonly openGuide: () => void;
  readonly openLayouts: () => void;
}

function saveFile(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Asks for files; resolves to none when the person changes their mind. */
function chooseFiles(change: (input: HTMLInputElement) => void): Promise<readonly File[]> {
  const input = document.createElement('input');
  input.type = 'file';
  change(input);
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve([...(input.files ?? [])]));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}

async function openLocalPack(client: Client): Promise<void> {
  const files = await chooseFiles((input) => {
    input.webkitdirectory = true;
  });
  if (files.length > 0) await client.open({ kind: 'files', files: files as readonly LocalFile[] });
}

async function importFile(client: Client): Promise<void> {
  const [file] = await chooseFiles((input) => {
    input.accept = 'application/json,.json';
  });
  if (file) importWorkspace(await file.text(), client.workspace, client.breakpoints);
}

async function importBreakpoints(client: Client): Promise<void> {
  const [file] = await chooseFiles((input) => {
    input.accept = 'application/json,.json';
  });
  if (file) mergeBreakpoints(client.breakpoints, decodeBreakpoints(await file.text()));
}

async function copyLink(client: Client): Promise<void> {
  const url = `${location.href.split('#')[0]}#${encodeLink(currentLink(client))}`;
  try {
    await navigator.clipboard.writeText(url);
  } catch {
    throw new Error(`The browser does not let the page write to the clipboard. The link is ${url}`);
  }
  addMessage(client.output, { category: 'debugger', severity: 'info', text: `Copied ${url}`, instructions: 0 });
}

const THEMES = ['system', 'dark', 'light'] as const;

function cycleTheme(client: Client): void {
  const { preferences } = client.workspace.getState();
  const theme = THEMES[(THEMES.indexOf(preferences.theme) + 1) % THEMES.length];
  client.workspace.setState({ preferences: { ...preferences, theme } });
}

function togglePreference(client: Client, name: 'followExceptions' | 'inlineValues'): void {
  const { preferences } = client.workspace.getState();
  client.workspace.setState({ preferences: { ...preferences, [name]: !preferences[name] } });
}

export function appCommands(client: Client, actions: AppActions): Command[] {
  const isEnabled = (): boolean => true;
  const command = (
    category: Command['category'],
    id: string,
    title: string,
    run: Command['run'],
    keys: readonly string[] = [],
  ): Command => ({ id, title, category, keys, isEnabled, run });
  return [
    command('File', 'file.openPack', 'Open Pack from Folder…', () => openLocalPack(client)),
    command('File', 'file.export', 'Export Workspace…', () =>
      saveFile('workspace.trapline.json', exportWorkspace(client.workspace, client.breakpoints)),
    ),
    command('File', 'file.import', 'Import Workspace…', () => importFile(client)),
    command('File', 'file.exportBreakpoints', 'Export Breakpoints…', () =>
      saveFile('breakpoints.trapline.json', encodeBreakpoints(client.breakpoints.getState().specs)),
    ),
    command('File', 'file.importBreakpoints', 'Import Breakpoints…', () => importBreakpoints(client)),
    command('File', 'file.copyLink', 'Copy Link to What Is Shown', () => copyLink(client)),
    command('View', 'view.layouts', 'Layouts: Save, Choose, Reset…', () => actions.openLayouts(), ['Alt+L']),
    command('View', 'view.theme', 'Change Theme: System, Dark, Light', () => cycleTheme(client)),
    command('Run', 'run.followExceptions', 'Step into Exceptions: On or Off', () =>
      togglePreference(client, 'followExceptions'),
    ),
    command('View', 'view.inlineValues', 'Inline Values in the Source: On or Off', () =>
      togglePreference(client, 'inlineValues'),
    ),
    command('Go', 'go.palette', 'Command Palette', () => actions.openPalette(), ['Ctrl+Shift+P', 'F1']),
    command('Go', 'go.symbol', 'Go to Function, Variable or File…', () => actions.openSymbols(), ['Ctrl+P', 'Alt+T']),
    command('Help', 'help.keys', 'Keyboard Shortcuts: Show and Change', () => actions.openHelp(), ['?']),
    command('Help', 'help.guide', 'Guided Start', () => actions.openGuide()),
  ];
}
