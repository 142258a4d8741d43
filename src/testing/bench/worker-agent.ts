/** The agent as a browser's worker; bundled by `chromium-site.ts`, never part of the built site. */
import { HttpFiles } from '../../pack/files.ts';
import { Agent, obey, type Request } from './agent.ts';

interface WorkerScope {
  readonly location: { readonly href: string };
  onmessage: ((event: { readonly data: Request }) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;
const agent = new Agent(new HttpFiles(new URL('packs/default/', scope.location.href).href));
scope.onmessage = ({ data }) => void obey(agent, data).then((reply) => scope.postMessage(reply));
