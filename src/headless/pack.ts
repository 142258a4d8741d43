/** `npm run pack`: builds the default guest pack, or finds that it is there. */
import { parseArgs } from 'node:util';
import { buildPack, DEFAULT_PACK } from '../pack/node/build-pack.ts';
import { explain } from '../pack/node/explain.ts';

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

main().catch((error: unknown) => {
  const { message, status } = explain(error, USAGE);
  console.error(`\n${message}`);
  process.exitCode = status;
});
