/** The proof that engines and tiers compute the same: the hash of the state after a cold boot and after every workload, at the same instruction counts. */
import type { Server } from 'node:http';
import type { Checkpoint, Tier } from './agent.ts';
import { serveAgent } from './chromium-site.ts';
import type { Options } from './options.ts';
import { type Engine, startOurs } from './our-machine.ts';
import { WORKLOADS } from './workloads.ts';

const TIERS: readonly Tier[] = ['mixed', 'translator', 'interpreter'];
/** A cut that falls in the middle of whatever runs. */
const ODD = 1_234_567;

/** The checkpoints of one machine, from a cold boot on. */
async function checkpointsOf(engine: Engine, tier: Tier, site: Server): Promise<Checkpoint[]> {
  const machine = await startOurs(engine, site);
  try {
    await machine.boot(tier);
    const checkpoints = [await machine.checkpoint('boot')];
    for (const workload of WORKLOADS) {
      await machine.prepare(workload);
      await machine.run(workload);
      checkpoints.push(await machine.checkpoint(workload.name));
      await machine.advance(ODD);
    }
    return [...checkpoints, await machine.checkpoint('end')];
  } finally {
    await machine.stop();
  }
}

const describe = ({ name, instructions, hash }: Checkpoint): string =>
  `${name.padEnd(12)} ${String(instructions).padStart(14)} ${hash}`;

/** Prints the checkpoints of the first machine, and for every other one where it differs. Rejects when any does. */
export async function compareHashes({ engines }: Options): Promise<void> {
  const site = await serveAgent();
  let expected: string[] | undefined;
  let differences = 0;
  try {
    for (const engine of engines)
      for (const tier of TIERS) {
        const found = (await checkpointsOf(engine, tier, site)).map(describe);
        expected ??= found;
        const differing = found.filter((text, i) => text !== expected?.[i]);
        differences += differing.length;
        console.log([`${engine}, ${tier}: ${differing.length} of ${found.length} differ`, ...differing].join('\n  '));
      }
  } finally {
    site.close();
    site.closeAllConnections();
  }
  console.log(expected?.join('\n'));
  if (differences > 0) throw new Error(`${differences} states differ`);
}
