/** `npm run pack`: builds the default guest pack, or finds that it is there. */
import { parseArgs } from 'node:util';
import { dirname, join } from 'node:path';
import { buildPack, DEFAULT_PACK } from '../pack/node/build-pack.ts';
import { explain } from '../pack/node/explain.ts';
import { buildOwnPack } from '../pack/node/own-pack.ts';

const USAGE = `Usage: npm run pack -- [--update] [--out DIR]
       npm run pack -- --system FILE [--out DIR]

Builds the guest pack from Debian 12 packages (cache: $XDG_CACHE_HOME/trapline, default ~/.cache/trapline).
  --update        read the package lists again and use the newest versions
  --out DIR       where to put the pack (default: public/packs/default)
  --system FILE   build a pack of the Xen, kernels, file systems and device tree that FILE (JSON, see README.md) describes
                  (default place: public/packs/own, which the page opens at ?pack=packs/own/)`;

/** Where a person's own pack goes. */
const OWN_PACK = join(dirname(DEFAULT_PACK), 'own');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      update: { type: 'boolean' },
      out: { type: 'string' },
      system: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) console.log(USAGE);
  else if (values.system !== undefined) await buildOwnPack(values.system, values.out ?? OWN_PACK);
  else await buildPack(values.out ?? DEFAULT_PACK, { isUpdate: values.update ?? false });
}

main().catch((error: unknown) => {
  const { message, status } = explain(error, USAGE);
  console.error(`\n${message}`);
  process.exitCode = status;
});
