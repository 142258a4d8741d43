/** The same input gives the same state, bit for bit, in Chromium and in Node, interpreted, translated and mixed. `npm run bench -- --only hashes` is the long version. */
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { Checkpoint, Tier } from '../src/testing/bench/agent.ts';
import { serveAgent } from '../src/testing/bench/chromium-site.ts';
import { type Engine, startOurs } from '../src/testing/bench/our-machine.ts';
import type { Workload } from '../src/testing/bench/workload.ts';
import { test } from './harness.ts';

/** Some seconds of everything: hashing, floating point, fork and exec, hypercalls, in two domains at once. */
const WORKLOAD: Workload = {
  name: 'same',
  jobs: [
    {
      domain: 1,
      script: 'sha256sum /bin/busybox; for i in 1 2 3 4 5; do /bin/true; cat /sys/hypervisor/version/major; done',
    },
    { domain: 0, script: "awk 'BEGIN { for (i = 1; i < 3000; i++) s += sin(i) * sqrt(i); print s }'" },
  ],
};
/** A cut in the middle of whatever runs. */
const ODD = 1_234_567;

async function checkpointsOf(engine: Engine, tier: Tier, site: Server): Promise<Checkpoint[]> {
  const machine = await startOurs(engine, site);
  try {
    await machine.start(tier);
    await machine.prepare(WORKLOAD);
    await machine.run(WORKLOAD);
    const end = await machine.checkpoint('end');
    await machine.advance(ODD);
    return [end, await machine.checkpoint('after')];
  } finally {
    await machine.stop();
  }
}

test(
  'the states of all tiers in Chromium are those of Node',
  async () => {
    const site = await serveAgent();
    try {
      const expected = await checkpointsOf('node', 'mixed', site);
      assert.notEqual(expected[0].hash, expected[1].hash);
      for (const tier of ['mixed', 'translator', 'interpreter'] as const)
        assert.deepEqual(await checkpointsOf('chromium', tier, site), expected, tier);
    } finally {
      site.close();
      site.closeAllConnections();
    }
  },
  { isClosed: true },
);
