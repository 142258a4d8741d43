/** Keeps the page's URL at what the person looks at, and goes to what a URL names. */
import type { Client } from './client.ts';
import { type AddressView, decodeLink, encodeLink, isAddressView, type Link } from './link.ts';
import { type OpenSource, revealPanel, showLocation, showSource } from './navigation.ts';
import type { Location } from '../protocol/address.ts';

/** Milliseconds between a change and its being in the URL: browsers refuse it when it is too often. */
const DELAY = 400;

/** The parts of `window` that are used. */
export interface LinkHost {
  readonly location: { readonly hash: string; readonly href: string };
  readonly history: { replaceState(data: unknown, unused: string, url: string): void };
  addEventListener(type: 'hashchange', listener: () => void): void;
}

/** The file in front, at the line of its cursor. */
function sourceInFront(client: Client, panel: string): OpenSource | null {
  const { openSources } = client.navigation.getState();
  const source = openSources[panel];
  if (!source) return null;
  const { cursor } = client.cursor.getState();
  const isHere = cursor?.place.kind === 'line' && cursor.place.path === source.path;
  const line = isHere && cursor.place.kind === 'line' ? cursor.place.line : source.line;
  return { path: source.path, owner: source.owner, ...(line === undefined ? {} : { line }) };
}

function locationIn(client: Client, view: AddressView): Location | null {
  const { cursor } = client.cursor.getState();
  if (view === 'disassembly' && cursor?.place.kind === 'address') return cursor.place.location;
  return client.navigation.getState()[view];
}

/** What the person looks at now. */
export function currentLink(client: Client): Link {
  const { active } = client.navigation.getState();
  const { target } = client.context.getState();
  const source = active === null ? null : sourceInFront(client, active);
  if (source) return { target, view: null, location: null, source };
  return { target, view: active, location: isAddressView(active) ? locationIn(client, active) : null, source: null };
}

/** Goes to what a link names. */
export function followLink(client: Client, { target, view, location, source }: Link): void {
  if (target) client.select(target);
  if (source) showSource(client.navigation, source);
  else if (isAddressView(view) && location) showLocation(client.navigation, view, location);
  else if (view !== null) revealPanel(client.navigation, view);
}

/** Starts writing the URL; returns the link that the page was opened with. */
export function keepLink(client: Client, host: LinkHost): Link {
  const first = decodeLink(host.location.hash);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let written = host.location.hash.replace(/^#/, '');
  const write = (): void => {
    timer = undefined;
    const link = encodeLink(currentLink(client));
    if (link === written || client.machine.getState().phase !== 'ready') return;
    written = link;
    host.history.replaceState(null, '', `${host.location.href.split('#')[0]}#${link}`);
  };
  const schedule = (): void => {
    timer ??= setTimeout(write, DELAY);
  };
  client.context.subscribe((state, previous) => state.target !== previous.target && schedule());
  client.navigation.subscribe(schedule);
  client.cursor.subscribe(schedule);
  host.addEventListener('hashchange', () => {
    written = host.location.hash.replace(/^#/, '');
    followLink(client, decodeLink(written));
  });
  return first;
}
