import type { NamedDomain, PanelDefinition, ViewDefinition } from '../../ui/workbench/view.ts';
import { TerminalView } from './terminal-view.tsx';

/** Guests first: DomU1 is where the guided start begins. */
function panels(domains: readonly NamedDomain[]): readonly PanelDefinition[] {
  const sorted = domains.toSorted((a, b) => Number(a.domid === 0) - Number(b.domid === 0) || a.domid - b.domid);
  const guests = sorted.map(({ domid, name }): PanelDefinition => {
    return { id: `terminal:d${domid}`, title: name, owner: domid, params: { terminal: `d${domid}` } };
  });
  return [...guests, { id: 'terminal:xen', title: 'Xen', owner: 'xen', params: { terminal: 'xen' } }];
}

export const terminalViewDefinition: ViewDefinition = {
  id: 'terminal',
  title: 'Terminal',
  place: 'bottom',
  component: TerminalView,
  isAlwaysActive: true,
  panels,
};
