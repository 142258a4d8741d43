/** How fast the page answers: first paint, prompts, steps, scrolling. In Chromium, with the default pack and layout. */
import type { Browser, Page } from 'playwright-core';
import { WorkbenchPage } from '../../../e2e/workbench-page.ts';
import { ensureSite, serveSite } from '../../pack/node/site.ts';
import { addressOf } from '../../pack/node/static-server.ts';
import { launchChromium } from '../chromium.ts';

const STEPS = 60;
const LOADS = 3;

/**
 * Watches the page from inside. A step is over when the worker owes no answer and nothing in the page has changed for `QUIET` ms; it took until the last
 * change.
 */
const PROBE = `{
  const QUIET = 120;
  const Real = window.Worker;
  const owed = new Map();
  let isStopped = false;
  let lastChange = 0;
  window.slowest = new Map();
  window.Worker = class extends Real {
    constructor(url, options) {
      super(url, options);
      if (options.name !== 'machine') return;
      const post = this.postMessage.bind(this);
      this.postMessage = (batch, ...rest) => {
        for (const { t, i, m } of batch) if (t === 'q' && i !== undefined) owed.set(i, [m, performance.now()]);
        post(batch, ...rest);
      };
      this.addEventListener('message', ({ data }) => {
        for (const { t, i, m } of data) {
          if (m === 'stopped') isStopped = true;
          const [name, start] = owed.get(i) ?? [];
          if (name) slowest.set(name, Math.max(slowest.get(name) ?? 0, performance.now() - start));
          if (t === 's') owed.delete(i);
        }
      });
    }
  };
  new MutationObserver(() => { lastChange = performance.now(); })
    .observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  window.addEventListener('keydown', () => {
    isStopped = false;
    slowest.clear();
    window.keyTime = performance.now();
  }, { capture: true });
  window.settled = () => new Promise((resolve) => {
    const look = () => {
      const isQuiet = isStopped && owed.size === 0 && performance.now() - lastChange > QUIET;
      if (isQuiet) resolve(lastChange - keyTime);
      else setTimeout(look, 10);
    };
    look();
  });
  window.framesPerSecond = (move) => new Promise((resolve) => {
    const start = performance.now();
    let frames = 0;
    const frame = () => {
      frames += 1;
      move(frames);
      const elapsed = performance.now() - start;
      if (elapsed < 2000) requestAnimationFrame(frame);
      else resolve((frames * 1000) / elapsed);
    };
    requestAnimationFrame(frame);
  });
}`;

const SCROLL_CODE = `framesPerSecond((n) => {
  const deltaY = n % 120 < 60 ? 57 : -57;
  document.querySelector('.address-scroller[aria-label=Disassembly]').dispatchEvent(new WheelEvent('wheel', { deltaY, cancelable: true }));
})`;
const SCROLL_REGISTERS = `framesPerSecond((n) => {
  document.querySelector('.tree[aria-label=Registers]').closest('.view-body').scrollTop += n % 120 < 60 ? 60 : -60;
})`;

function print(what: string, value: number, unit: string, limit: number, isMost = true): boolean {
  const isGood = isMost ? value <= limit : value >= limit;
  const bound = `${isMost ? 'at most' : 'at least'} ${limit} ${unit}`;
  console.log(
    `${what.padEnd(44)}${value.toFixed(0).padStart(6)} ${unit.padEnd(4)} ${isGood ? '' : `TOO SLOW, `}${bound}`,
  );
  return isGood;
}

function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))];
}

async function openPage(browser: Browser, url: string): Promise<WorkbenchPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript({ content: PROBE });
  const workbench = new WorkbenchPage(page);
  await workbench.open(url);
  return workbench;
}

/** First paint, and the machine running at its prompts: milliseconds since navigation, each time in a browser that has nothing cached. */
async function measureLoad(browser: Browser, url: string): Promise<boolean> {
  const paints: number[] = [];
  const prompts: number[] = [];
  for (let n = 0; n < LOADS; n++) {
    const { page } = await openPage(browser, url);
    prompts.push(await page.evaluate<number>('performance.now()'));
    paints.push(await page.evaluate<number>(`performance.getEntriesByName('first-contentful-paint')[0].startTime`));
    await page.context().close();
  }
  const isPainted = print('first paint, median', percentile(paints, 0.5), 'ms', 1500);
  return print('running at the prompts, median', percentile(prompts, 0.5), 'ms', 5000) && isPainted;
}

async function stepTimes(page: Page, key: string): Promise<number[]> {
  const times: number[] = [];
  const slow = new Map<string, number>();
  for (let n = 0; n < STEPS; n++) {
    await page.keyboard.press(key);
    times.push(await page.evaluate<number>('settled()'));
    for (const [name, ms] of await page.evaluate<[string, number][]>('[...slowest]')) {
      slow.set(name, (slow.get(name) ?? 0) + ms / STEPS);
    }
  }
  const parts = [...slow].toSorted((a, b) => b[1] - a[1]).map(([name, ms]) => `${name} ${ms.toFixed(0)}`);
  console.log(`  mean ms until the answer: ${parts.join(', ')}`);
  return times;
}

async function measureSteps(page: Page, what: string, key: string, limit: number): Promise<boolean> {
  const times = await stepTimes(page, key);
  console.log(`${`${what}, p50`.padEnd(44)}${percentile(times, 0.5).toFixed(0).padStart(6)} ms`);
  return print(`${what}, p95`, percentile(times, 0.95), 'ms', limit);
}

/** Measures and prints everything; rejects when something is slower than it may be. */
export async function measureUi(): Promise<void> {
  await ensureSite();
  const server = await serveSite(0, 'localhost');
  const browser = await launchChromium();
  try {
    const url = addressOf(server);
    const results = [await measureLoad(browser, url)];
    const workbench = await openPage(browser, url);
    const { page } = workbench;
    await workbench.addBreakpoint('major_show', 'd1');
    await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
    await workbench.waitForStop();
    await page.locator('.source-current').waitFor();
    results.push(await measureSteps(page, 'step instruction, key to last change', 'Control+F11', 60));
    results.push(await measureSteps(page, 'step line, key to last change', 'F10', 120));
    results.push(await measureSteps(page, 'step into line, key to last change', 'F11', 120));
    await workbench.show('Disassembly');
    results.push(print('scrolling disassembly', await page.evaluate<number>(SCROLL_CODE), 'fps', 50, false));
    results.push(print('scrolling registers', await page.evaluate<number>(SCROLL_REGISTERS), 'fps', 50, false));
    if (results.includes(false)) throw new Error('The page is slower than it may be.');
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}
