/** The whole page: bars, panels, and the dialogs over them. */
import { type ReactElement, useEffect, useState } from 'react';
import { codeCommands } from '../../client/code-commands.ts';
import { runCommands } from '../../client/run-commands.ts';
import { useClient } from '../client-context.tsx';
import { TooltipLayer } from '../widgets/tooltip.tsx';
import { appCommands } from './app-commands.ts';
import { Banner } from './banner.tsx';
import { Dock } from './dock.tsx';
import { Guide } from './guide.tsx';
import { Help } from './help.tsx';
import { Layouts } from './layouts.tsx';
import { Palette } from './palette.tsx';
import { ProgressCard } from './progress.tsx';
import { StatusBar } from './status-bar.tsx';
import { SymbolSearch } from './symbol-search.tsx';
import { Toolbar } from './toolbar.tsx';
import type { ViewDefinition } from './view.ts';

function isTextField(target: EventTarget | null): boolean {
  // The editor of sources reads keys through a field of its own, but nobody can type into it.
  if (target instanceof HTMLElement && target.matches('.source-host .inputarea, .source-host .native-edit-context'))
    return false;
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Keys reach commands before any widget sees them: F10 must step even while a terminal has the focus. */
function useKeys(): void {
  const client = useClient();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!client.commands.handleKey(event, isTextField(event.target))) return;
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, [client]);
}

type Dialog = 'palette' | 'symbols' | 'help' | 'guide' | 'layouts';

function useOpenDialog(): readonly [Dialog | null, (dialog: Dialog | null) => void, boolean] {
  const client = useClient();
  const [dialog, setDialog] = useState<Dialog | null>(() =>
    client.workspace.getState().preferences.guideSeen ? null : 'guide',
  );
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    const remove = client.commands.register([
      ...runCommands(client),
      ...codeCommands(client),
      ...appCommands(client, {
        openPalette: () => setDialog('palette'),
        openSymbols: () => setDialog('symbols'),
        openHelp: () => setDialog('help'),
        openGuide: () => setDialog('guide'),
        openLayouts: () => setDialog('layouts'),
      }),
    ]);
    setReady(true);
    return () => {
      remove();
      setReady(false);
    };
  }, [client]);
  return [dialog, setDialog, isReady];
}

export function Workbench({ views }: { readonly views: readonly ViewDefinition[] }): ReactElement | null {
  const [dialog, setDialog, isReady] = useOpenDialog();
  useKeys();
  if (!isReady) return null;
  const control = (name: Dialog) => ({
    isOpen: dialog === name,
    onOpenChange: (isOpen: boolean) => setDialog(isOpen ? name : null),
  });
  return (
    <>
      <div className="workbench">
        <Toolbar />
        <Banner />
        <main className="dock">
          <Dock views={views} />
          <ProgressCard />
          <Guide {...control('guide')} />
        </main>
        <StatusBar />
      </div>
      <Palette {...control('palette')} />
      <SymbolSearch {...control('symbols')} />
      <Help {...control('help')} />
      <Layouts {...control('layouts')} />
      <TooltipLayer />
    </>
  );
}
