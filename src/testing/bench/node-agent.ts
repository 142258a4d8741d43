/** The agent as a process of Node. */
import { DEFAULT_PACK } from '../../pack/node/build-pack.ts';
import { FolderFiles } from '../../pack/node/folder-files.ts';
import { Agent, obey, type Request } from './agent.ts';

const agent = new Agent(new FolderFiles(DEFAULT_PACK));
process.on('message', (request: Request) => void obey(agent, request).then((reply) => process.send?.(reply)));
