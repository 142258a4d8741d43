/** The page answers while guests run flat out. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { test } from './harness.ts';
import type { WorkbenchPage } from './workbench-page.ts';

/** Samples of which the median counts. */
const WINDOW = 5;
/** Samples that are taken before the page counts as slow: somebody else may be using the machine. */
const MOST = 40;

const LOOP = 'while :; do :; done &';

/** Loops in three domains keep all four pCPUs busy. The domain that is typed to always finds one of them free, so that its answer does not take long. */
async function makeBusy(workbench: WorkbenchPage): Promise<void> {
  const loops = { d2: LOOP, d1: `${LOOP} ${LOOP}`, d0: LOOP } as const;
  for (const domain of ['d2', 'd1', 'd0'] as const) {
    await workbench.type(domain, `${loops[domain]} echo all $((1+1)) run\n`);
    await workbench.waitForText(domain, /^all 2 run$/m);
  }
}

/** Lowest median of `WINDOW` samples in a row, which ends early when it is below `limit`. */
async function bestMedian(limit: number, sample: () => Promise<number>): Promise<number> {
  const samples: number[] = [];
  let best = Infinity;
  while (best > limit && samples.length < MOST) {
    samples.push(await sample());
    if (samples.length < WINDOW) continue;
    const median = samples.slice(-WINDOW).toSorted((a, b) => a - b)[(WINDOW - 1) / 2];
    best = Math.min(best, median);
  }
  console.log(`    ${samples.map((ms) => Math.round(ms)).join(' ')} ms`);
  return best;
}

/** Clicks a button; milliseconds until the status bar says `state`, measured in the page. */
function clickUntil(page: Page, name: string, state: string): Promise<number> {
  const script = `new Promise((resolve) => {
    const bar = document.querySelector('.status-bar');
    const start = performance.now();
    const observer = new MutationObserver(() => {
      if (bar.dataset.state !== '${state}') return;
      observer.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - start));
    });
    observer.observe(bar, { attributes: true });
    document.querySelector('button[aria-label="${name}"]').click();
  })`;
  return page.evaluate<number>(script);
}

test('Pause is shown within 200 ms of the click while guests run flat out', async ({ page, workbench }) => {
  await makeBusy(workbench);
  const median = await bestMedian(200, async () => {
    const took = await clickUntil(page, 'Pause', 'paused');
    await clickUntil(page, 'Continue', 'running');
    // The guests get back to full speed.
    await page.waitForTimeout(500);
    return took;
  });
  assert.ok(median <= 200, `${median} ms`);
});

/** Lets the test send messages of its own to the page's worker, in the form of a batch of birpc's calls. */
const PROBE = `{
  const Real = window.Worker;
  let serial = 0;
  window.Worker = class extends Real {
    constructor(url, options) {
      super(url, options);
      if (options.name === 'machine') window.machineWorker = this;
    }
  };
  window.roundTrip = () => new Promise((resolve) => {
    const id = 'probe ' + (serial += 1);
    const start = performance.now();
    const onMessage = ({ data }) => {
      if (!data.some(({ i }) => i === id)) return;
      machineWorker.removeEventListener('message', onMessage);
      resolve(performance.now() - start);
    };
    machineWorker.addEventListener('message', onMessage);
    machineWorker.postMessage([{ t: 'q', m: 'completions', a: [''], i: id }]);
  });
}`;

test(
  'no message waits longer than 50 ms while guests run flat out',
  async ({ page, workbench, url }) => {
    await page.addInitScript({ content: PROBE });
    await workbench.open(url);
    await makeBusy(workbench);
    const median = await bestMedian(50, () => page.evaluate<number>('roundTrip()'));
    assert.ok(median <= 50, `${median} ms`);
  },
  { isClosed: true },
);
