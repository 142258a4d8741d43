/** The docked panels: restores the person's layout, opens what navigation asks for, and keeps every change. */
import {
  type DockviewApi,
  DockviewReact,
  type DockviewReadyEvent,
  type DockviewTheme,
  type IDockviewPanelHeaderProps,
  type IDockviewPanelProps,
} from 'dockview-react';
import { Activity, createContext, type ReactElement, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { Client } from '../../client/client.ts';
import { domainName } from '../../client/machine-store.ts';
import { type OpenSource, showSource, sourcePanelId } from '../../client/navigation.ts';
import { useClient } from '../client-context.tsx';
import { ownerOf } from '../widgets/owner-chip.tsx';
import { Icon } from '../widgets/icon.tsx';
import { domainsOf, followPack } from './domain-panels.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { layoutCommands } from './layout-commands.ts';
import { defaultPanels, openPanel, refoldLayout, resetLayout } from './layout.ts';
import type { ViewDefinition } from './view.ts';

const THEME: DockviewTheme = { name: 'trapline', className: 'dockview-theme-trapline', gap: 0 };

const Views = createContext<readonly ViewDefinition[]>([]);

function Panel({ api, params }: IDockviewPanelProps<Record<string, unknown>>): ReactElement | null {
  const views = useContext(Views);
  const [isVisible, setVisible] = useState(api.isVisible);
  useEffect(() => {
    const subscription = api.onDidVisibilityChange((event) => setVisible(event.isVisible));
    return () => subscription.dispose();
  }, [api]);
  const view = views.find(({ id }) => id === params.view);
  if (!view) return null;
  const View = view.component;
  const content = <View params={params} isVisible={isVisible} />;
  return (
    <ErrorBoundary name={api.title ?? view.title}>
      {view.isAlwaysActive ? content : <Activity mode={isVisible ? 'visible' : 'hidden'}>{content}</Activity>}
    </ErrorBoundary>
  );
}

function Tab({ api, params }: IDockviewPanelHeaderProps<Record<string, unknown>>): ReactElement {
  const [title, setTitle] = useState(api.title ?? '');
  useEffect(() => {
    const subscription = api.onDidTitleChange((event) => setTitle(event.title));
    return () => subscription.dispose();
  }, [api]);
  const owner = params.owner as number | 'xen' | undefined;
  return (
    <div className="dock-tab" data-owner={owner === undefined ? undefined : ownerOf(owner)}>
      {owner !== undefined && <span className="owner-dot" />}
      <span>{title}</span>
      {/* For the mouse only: a tab may hold no control of its own; the keyboard has the command Close Panel. */}
      <span
        className="dock-tab-close"
        aria-hidden="true"
        title={`Close ${title}`}
        onPointerDown={(event) => event.preventDefault()}
        onClick={(event) => {
          event.stopPropagation();
          api.close();
        }}
      >
        <Icon name="close" size={11} />
      </span>
    </div>
  );
}

const COMPONENTS = { view: Panel };
const TAB_COMPONENTS = { tab: Tab };

/** Title of a source tab: the file and whose it is. */
function sourceTitle(client: Client, { path, owner }: OpenSource): string {
  const name = owner.kind === 'xen' ? 'Xen' : domainName(client.machine.getState().pack, owner.domain);
  return `${path.split('/').at(-1)} @ ${name}`;
}

/** Shows a panel without making its group the active one: keys go on to act on what the person works with. */
function revealQuietly(api: DockviewApi, client: Client, views: readonly ViewDefinition[], id: string): void {
  const open = api.getPanel(id);
  if (open) {
    if (!open.api.isVisible) open.group.model.openPanel(open, { skipSetGroupActive: true });
    return;
  }
  const { activePanel } = api;
  reveal(api, client, views, id);
  if (activePanel && activePanel.group !== api.getPanel(id)?.group) activePanel.api.setActive();
}

/** Brings a panel forward, opening it if it is not there. */
function reveal(api: DockviewApi, client: Client, views: readonly ViewDefinition[], id: string): void {
  const open = api.getPanel(id);
  if (open) {
    open.api.setActive();
    return;
  }
  const { source } = client.navigation.getState();
  const sourceView = views.find((view) => view.id === 'source');
  if (source && sourceView && sourcePanelId(source) === id) {
    const owner = source.owner.kind === 'xen' ? 'xen' : source.owner.domain;
    const panel = { id, title: sourceTitle(client, source), owner, params: { source } } as const;
    openPanel(api, { view: sourceView, panel }, views);
    return;
  }
  const panel = defaultPanels(views, domainsOf(client)).find((each) => (each.panel?.id ?? each.view.id) === id);
  if (panel) openPanel(api, panel, views);
}

function restoreLayout(api: DockviewApi, client: Client, views: readonly ViewDefinition[]): void {
  const kept = client.workspace.getState().layouts.current;
  if (kept !== undefined) {
    try {
      api.fromJSON(kept as Parameters<DockviewApi['fromJSON']>[0]);
      if (api.panels.length > 0) return;
    } catch {
      // A layout of another version of the docking library: the default one is always good.
    }
  }
  resetLayout(api, views, domainsOf(client));
}

/** Connects the dock to the client; returns how to disconnect it. */
function attach(api: DockviewApi, client: Client, views: readonly ViewDefinition[], host: HTMLElement): () => void {
  restoreLayout(api, client, views);
  const register = (): (() => void) =>
    client.commands.register(
      layoutCommands(api, client, views, {
        reveal: (id) => reveal(api, client, views, id),
        reset: () => resetLayout(api, views, domainsOf(client)),
      }),
    );
  let removeCommands = register();
  /** Panels and commands of domains are those of the pack. */
  const adopt = (): void => {
    followPack(api, client, views);
    removeCommands();
    removeCommands = register();
  };
  if (client.machine.getState().pack) adopt();
  const stopPacks = client.machine.subscribe(({ pack }, previous) => {
    if (pack && pack !== previous.pack) adopt();
  });
  let own: unknown = client.workspace.getState().layouts.current;
  const layoutChange = api.onDidLayoutChange(() => {
    const current = api.toJSON();
    own = current;
    client.workspace.setState(({ layouts }) => ({ layouts: { ...layouts, current } }));
  });
  // Somebody else has put a layout in place: one that was saved, one of a file, none at all.
  const stopLayouts = client.workspace.subscribe(({ layouts }) => {
    if (layouts.current === own) return;
    own = layouts.current;
    restoreLayout(api, client, views);
    if (client.machine.getState().pack) followPack(api, client, views);
  });
  /** The page is zoomed, or its window made smaller: a layout that the person has not made their own follows. */
  const refold = (): void => {
    const files = Object.values(client.navigation.getState().openSources);
    if (!refoldLayout(api, views, domainsOf(client))) return;
    for (const source of files) showSource(client.navigation, source);
  };
  // The dock measures itself first.
  const observer = new ResizeObserver(() => requestAnimationFrame(refold));
  observer.observe(host);
  const activeChange = api.onDidActivePanelChange((event) => {
    const granularity = event.panel?.id === 'disassembly' ? 'instruction' : 'line';
    client.context.setState({ granularity });
    client.navigation.setState({ active: event.panel?.id ?? null });
  });
  const stopNavigation = client.navigation.subscribe((state, previous) => {
    if (!state.reveal || state.reveal === previous.reveal) return;
    const { panel, isQuiet } = state.reveal;
    if (isQuiet) revealQuietly(api, client, views, panel);
    else reveal(api, client, views, panel);
  });
  return () => {
    removeCommands();
    stopPacks();
    observer.disconnect();
    layoutChange.dispose();
    stopLayouts();
    activeChange.dispose();
    stopNavigation();
  };
}

export function Dock({ views }: { readonly views: readonly ViewDefinition[] }): ReactElement {
  const client = useClient();
  const [api, setApi] = useState<DockviewApi | null>(null);
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => (api && host.current ? attach(api, client, views, host.current) : undefined), [api, client, views]);
  const dock = useMemo(
    () => (
      <DockviewReact
        components={COMPONENTS}
        tabComponents={TAB_COMPONENTS}
        theme={THEME}
        disableFloatingGroups
        onReady={(event: DockviewReadyEvent) => setApi(event.api)}
      />
    ),
    [],
  );
  return (
    <Views.Provider value={views}>
      <div ref={host} className="dock-host">
        {dock}
      </div>
    </Views.Provider>
  );
}
