/** `npm start`: guest pack, built site, web server. */
import type { Server } from 'node:http';
import { parseArgs } from 'node:util';
import { BuildError } from '../pack/node/build-error.ts';
import { buildPack, DEFAULT_PACK } from '../pack/node/build-pack.ts';
import { explain } from '../pack/node/explain.ts';
import { ensureSite, serveSite } from '../pack/node/site.ts';
import { addressOf } from '../pack/node/static-server.ts';

const USAGE = `Usage: npm start -- [--port N] [--host NAME] [--no-pack]

Builds what is missing (guest pack, site), then serves the page.
  --port N      port to listen on (default: 8080, or a free one when that is taken)
  --host NAME   address to listen on (default: 127.0.0.1)
  --no-pack     do not build or check the guest pack`;

const DEFAULT_PORT = 8080;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      'no-pack': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const port = parsePort(values.port);
  if (!values['no-pack']) await buildPack(DEFAULT_PACK, { isUpdate: false });
  await ensureSite();
  const server = await listen(port, values.host);
  console.log(`Trapline is at ${addressOf(server)} (Ctrl-C ends it)`);
}

/** Undefined when the person named none. */
function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new BuildError(`--port ${text}: not a port number`);
  return port;
}

/** The port that was asked for, or the usual one, or when that is taken a free one. */
async function listen(port: number | undefined, host: string): Promise<Server> {
  try {
    return await serveSite(port ?? DEFAULT_PORT, host);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (port !== undefined) throw new BuildError(`Port ${port} is in use. Name another one with --port.`);
    return serveSite(0, host);
  }
}

main().catch((error: unknown) => {
  const { message, status } = explain(error, USAGE);
  console.error(`\n${message}`);
  process.exitCode = status;
});
