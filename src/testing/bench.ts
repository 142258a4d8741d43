/**
 * `npm run bench`: workloads on our machine, in Chromium and in Node, and on native QEMU, in turn in one run, with the same images; and what else can be measured
 * or proved at length.
 */
import { Comparison, COMPARED } from './bench/comparison.ts';
import { serveAgent } from './bench/chromium-site.ts';
import { type Options, readOptions } from './bench/options.ts';
import { OTHERS } from './bench/others.ts';
import { commitResults, committedResults, HEADING, line, machineKind, type Result } from './bench/report.ts';

async function compare(options: Options): Promise<readonly Result[]> {
  const results: Result[] = [];
  const committed = committedResults();
  const site = await serveAgent();
  const note = (result: Result): void => {
    results.push(result);
    if (!options.json) console.log(line(result, committed));
  };
  if (!options.json) console.log(`${machineKind()}; medians of ${options.runs}\n${HEADING}`);
  try {
    await new Comparison(site, options, note).run();
  } finally {
    site.close();
    site.closeAllConnections();
  }
  return results;
}

async function main(): Promise<void> {
  const others = Object.keys(OTHERS);
  const options = readOptions(process.argv.slice(2), COMPARED, others);
  for (const name of options.only) await OTHERS[name]?.(options);
  if (options.only.length > 0 && options.only.every((name) => others.includes(name))) return;
  const results = await compare(options);
  if (options.commit) commitResults(results);
  if (options.json) console.log(JSON.stringify(results));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
