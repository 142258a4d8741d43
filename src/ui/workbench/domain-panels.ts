/** Panels that belong to domains: those of the pack that is open, under the names that it gives them. */
import type { DockviewApi } from 'dockview-react';
import type { Client } from '../../client/client.ts';
import { defaultPanels, openPanel } from './layout.ts';
import type { NamedDomain, ViewDefinition } from './view.ts';

/** The domains of the pack; until it is there, those of the layout that was kept. */
export function domainsOf(client: Client): readonly NamedDomain[] {
  const { pack } = client.machine.getState();
  const nameOf = (domid: number): string => (domid === 0 ? 'Dom0' : `DomU${domid}`);
  return pack?.domains ?? client.workspace.getState().domains.map((domid) => ({ domid, name: nameOf(domid) }));
}

/** Closes panels of domains that the pack has not, and opens those of domains that the layout was not made for; what the person closed stays so. */
export function followPack(api: DockviewApi, client: Client, views: readonly ViewDefinition[]): void {
  const domains = domainsOf(client);
  const madeFor = client.workspace.getState().domains;
  const wanted = defaultPanels(views, domains).filter(({ panel }) => typeof panel?.owner === 'number');
  const template = views.filter(({ panels }) => panels !== undefined).map(({ id }) => id);
  for (const { panel, view } of wanted) {
    const open = panel && api.getPanel(panel.id);
    if (open) open.api.setTitle(panel.title);
    else if (!madeFor.includes(Number(panel?.owner))) openPanel(api, { view, panel }, views, true);
  }
  for (const panel of api.panels) {
    const { view, owner } = panel.params ?? {};
    const isForeign = typeof owner === 'number' && !domains.some(({ domid }) => domid === owner);
    if (isForeign && template.includes(String(view))) panel.api.close();
  }
  client.workspace.setState({ domains: domains.map(({ domid }) => domid) });
}
