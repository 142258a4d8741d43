/** Requests to show something: which view, and what in it. The workbench opens the panel, the view reads its request. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Location } from '../protocol/address.ts';

/** An open source file. */
export interface OpenSource {
  readonly path: string;
  /** Whose source it is: decides the tab's title and the default scope of breakpoints set in it. */
  readonly owner: { readonly kind: 'xen' } | { readonly kind: 'domain'; readonly domain: number };
  /** Line to reveal. */
  readonly line?: number;
  /** The person asked for this file, so its editor takes the focus. */
  readonly takesFocus?: boolean;
}

export interface NavigationState {
  readonly memory: Location | null;
  readonly disassembly: Location | null;
  readonly translation: Location | null;
  readonly source: OpenSource | null;
  /** Files that are open, by panel. */
  readonly openSources: Readonly<Record<string, OpenSource>>;
  /** The panel that has the focus, or had it last. */
  readonly active: string | null;
  /**
   * Panel to bring forward, and a number that grows with every request so that the same one can be made twice. A quiet one only shows it: the person goes
   * on where they work.
   */
  readonly reveal: { readonly panel: string; readonly serial: number; readonly isQuiet: boolean } | null;
}

export type NavigationStore = StoreApi<NavigationState>;

export function createNavigationStore(): NavigationStore {
  return createStore<NavigationState>(() => ({
    memory: null,
    disassembly: null,
    translation: null,
    source: null,
    openSources: {},
    active: null,
    reveal: null,
  }));
}

/** Brings a panel forward, opening it when needed. */
export function revealPanel(store: NavigationStore, panel: string, isQuiet = false): void {
  store.setState(({ reveal }) => ({ reveal: { panel, serial: (reveal?.serial ?? 0) + 1, isQuiet } }));
}

export function showLocation(
  store: NavigationStore,
  view: 'memory' | 'disassembly' | 'translation',
  location: Location,
): void {
  store.setState({ [view]: location });
  revealPanel(store, view);
}

/** Panel id of a source file. */
export function sourcePanelId({ path, owner }: OpenSource): string {
  return `source:${owner.kind === 'xen' ? 'xen' : `d${owner.domain}`}:${path}`;
}

export function showSource(store: NavigationStore, source: OpenSource): void {
  store.setState({ source });
  revealPanel(store, sourcePanelId(source), source.takesFocus !== true);
}
