/** Composition root: the client, the views, the page. */
import 'dockview-react/dist/styles/dockview.css';
import './ui/theme/theme.css';
import './ui/widgets/widgets.css';
import './ui/workbench/workbench.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Client } from './client/client.ts';
import { followLink, keepLink } from './client/link-keeper.ts';
import { connectWorker } from './client/session.ts';
import { keepWorkspace } from './client/workspace-store.ts';
import { ClientProvider } from './ui/client-context.tsx';
import { followTheme } from './ui/theme/theme.ts';
import { Workbench } from './ui/workbench/workbench.tsx';
import { VIEWS } from './views/index.ts';

const client = new Client(connectWorker);
addEventListener('pagehide', keepWorkspace(client.workspace, client.breakpoints, localStorage));
followTheme(client.workspace);
const link = keepLink(client, window);

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <ClientProvider value={client}>
      <Workbench views={VIEWS} />
    </ClientProvider>
  </StrictMode>,
);

/** `?pack=URL` names another pack folder; relative to the page, so that it works from any sub-path. */
const pack = new URL(new URLSearchParams(location.search).get('pack') ?? './packs/default/', location.href);
void client
  .open({ kind: 'url', url: pack.href.endsWith('/') ? pack.href : `${pack.href}/` })
  .then(() => followLink(client, link));
