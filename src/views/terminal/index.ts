import type { PanelDefinition, ViewDefinition } from '../../ui/workbench/view.ts';
import { TerminalView } from './terminal-view.tsx';

/** DomU1 first: it is where the guided start begins. */
function panels(domains: readonly number[]): readonly PanelDefinition[] {
  const sorted = [...domains].sort((a, b) => Number(a === 0) - Number(b === 0) || a - b);
  const guests = sorted.map((domid): PanelDefinition => {
    const title = domid === 0 ? 'Dom0' : `DomU${domid}`;
    return { id: `terminal:d${domid}`, title, owner: domid, params: { terminal: `d${domid}` } };
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
