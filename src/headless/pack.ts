/** `npm run pack`: builds the default guest pack, or finds that it is there. */
import { parseArgs } from 'node:util';
import { BuildError } from '../pack/node/build-error.ts';
import { buildPack, DEFAULT_PACK } from '../pack/node/build-pack.ts';
import { DISK_FULL } from '../pack/node/run.ts';

const USAGE = `Usage: npm run pack -- [--update] [--out DIR]

Builds the guest pack from Debian 12 packages (cache: $XDG_CACHE_HOME/trapline, default ~/.cache/trapline).
  --update    read the package lists again and use the newest versions
  --out DIR   where to put the pack (default: public/packs/default)`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { update: { type: 'boolean' }, out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) console.log(USAGE);
  else await buildPack(values.out ?? DEFAULT_PACK, { isUpdate: values.update ?? false });
}

/** What a person is told, and the exit status. */
function explain(error: unknown): { message: string; status: number } {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof BuildError) return { message, status: 1 };
  if (code === 'ENOSPC') return { message: DISK_FULL, status: 1 };
  if (code?.startsWith('ERR_PARSE_ARGS')) return { message: `${message}\n\n${USAGE}`, status: 2 };
  return { message: error instanceof Error ? (error.stack ?? message) : String(error), status: 1 };
}

main().catch((error: unknown) => {
  const { message, status } = explain(error);
  console.error(`\n${message}`);
  process.exitCode = status;
});
