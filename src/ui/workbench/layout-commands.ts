/** Commands about panels and layouts. */
import type { DockviewApi } from 'dockview-react';
import type { Client } from '../../client/client.ts';
import type { Command } from '../../client/commands.ts';
import { domainsOf } from './domain-panels.ts';
import { defaultPanels } from './layout.ts';
import type { ViewDefinition } from './view.ts';

interface LayoutActions {
  readonly reveal: (panel: string) => void;
  readonly reset: () => void;
}

/** Chords of the panels that have one. */
const PANEL_KEYS: Readonly<Record<string, string>> = {
  map: 'Alt+1',
  targets: 'Alt+2',
  disassembly: 'Alt+3',
  callStack: 'Alt+4',
  registers: 'Alt+5',
  breakpoints: 'Alt+6',
  memory: 'Alt+7',
  debugConsole: 'Alt+8',
  'terminal:d1': 'Alt+9',
};

export function layoutCommands(
  api: DockviewApi,
  client: Client,
  views: readonly ViewDefinition[],
  actions: LayoutActions,
): Command[] {
  const always = (): boolean => true;
  const show = defaultPanels(views, domainsOf(client)).map(({ view, panel }): Command => {
    const id = panel?.id ?? view.id;
    const title = `Show ${panel ? `${view.title} ${panel.title}` : view.title}`;
    const keys = PANEL_KEYS[id] ? [PANEL_KEYS[id]] : [];
    return { id: `view.${id}`, title, category: 'View', keys, isEnabled: always, run: () => actions.reveal(id) };
  });
  return [
    ...show,
    {
      id: 'view.resetLayout',
      title: 'Reset Layout',
      category: 'View',
      keys: [],
      isEnabled: always,
      run: () => actions.reset(),
    },
    {
      id: 'view.maximise',
      title: 'Maximise or Restore Panel',
      category: 'View',
      keys: ['Alt+M'],
      isEnabled: () => api.activePanel !== undefined,
      run: () => (api.hasMaximizedGroup() ? api.exitMaximizedGroup() : api.activePanel?.api.maximize()),
    },
    {
      id: 'view.closePanel',
      title: 'Close Panel',
      category: 'View',
      keys: ['Alt+X'],
      isEnabled: () => api.activePanel !== undefined,
      run: () => api.activePanel?.api.close(),
    },
  ];
}
