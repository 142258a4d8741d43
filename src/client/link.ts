/** The address of what the person looks at: target, view and place, as the part of the page's URL behind `#`. */
import { formatLocation, type Location, parseLocation } from '../protocol/address.ts';
import { formatScope, parseScope, type Target, targetKey } from '../protocol/target.ts';
import type { OpenSource } from './navigation.ts';

export interface Link {
  readonly target: Target | null;
  /** Panel in front; null for a source file, which `source` names. */
  readonly view: string | null;
  /** Address shown in `view`. */
  readonly location: Location | null;
  readonly source: OpenSource | null;
}

const NOTHING: Link = { target: null, view: null, location: null, source: null };

/** Views of which an address is a part. */
const ADDRESS_VIEWS = ['memory', 'disassembly', 'translation'] as const;
export type AddressView = (typeof ADDRESS_VIEWS)[number];

export function isAddressView(view: string | null): view is AddressView {
  return ADDRESS_VIEWS.some((each) => each === view);
}

/** `d1:drivers/xen/sys-hypervisor.c:80`. */
function sourceText({ path, owner, line }: OpenSource): string {
  const whose = formatScope(owner);
  return `${whose}:${path}${line === undefined ? '' : `:${line}`}`;
}

function parseSource(text: string): OpenSource | null {
  const match = /^(xen|d\d+):(.+?)(?::(\d+))?$/.exec(text);
  const owner = match && parseScope(match[1]);
  if (!match || (owner?.kind !== 'xen' && owner?.kind !== 'domain')) return null;
  return { path: match[2], owner, ...(match[3] === undefined ? {} : { line: Number(match[3]) }) };
}

function parseTarget(text: string | null): Target | null {
  const scope = text === null ? undefined : parseScope(text);
  return scope?.kind === 'cpu' || scope?.kind === 'vcpu' || scope?.kind === 'task' ? scope : null;
}

/** Keeps what people read in a link: colons and slashes need no escape behind `#`. */
function escape(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%2F', '/');
}

/** `target=d1v0&view=memory&at=PA:0x14000000`; empty when there is nothing to say. */
export function encodeLink({ target, view, location, source }: Link): string {
  const parts: [string, string][] = [];
  if (target) parts.push(['target', targetKey(target)]);
  if (source) parts.push(['file', sourceText(source)]);
  else if (view !== null) parts.push(['view', view]);
  if (!source && location && isAddressView(view)) parts.push(['at', formatLocation(location)]);
  return parts.map(([name, value]) => `${name}=${escape(value)}`).join('&');
}

/** Reads what `encodeLink` wrote, with or without `#`; what cannot be read is left out. */
export function decodeLink(text: string): Link {
  const parts = new URLSearchParams(text.replace(/^#/, '').replaceAll('+', '%2B'));
  const target = parseTarget(parts.get('target'));
  const file = parts.get('file');
  if (file !== null) return { ...NOTHING, target, source: parseSource(file) };
  const view = parts.get('view');
  const at = parts.get('at');
  const location = at === null ? undefined : parseLocation(at, { kind: 'pa' });
  return { ...NOTHING, target, view, location: (isAddressView(view) && location) || null };
}
