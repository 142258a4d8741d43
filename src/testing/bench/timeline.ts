/**
 * `npm run bench -- --only timeline`: the built page in Chromium, with ten million slices behind it. Every frame zooms or pans; what counts is how much of the page's
 * main thread that takes, whatever else the host does, and how soon the worker answers.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page, type Worker } from 'playwright-core';
import { build } from 'vite';
import { DEFAULT_PACK } from '../../pack/node/build-pack.ts';
import { ensureSite } from '../../pack/node/site.ts';
import { addressOf, serve } from '../../pack/node/static-server.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FRAMES = 120;
/** Milliseconds of the main thread that a frame may take: fifty a second. */
const LONGEST = 20;
/** A laptop's window. */
const VIEWPORT = { width: 1440, height: 900 };

/** What every frame does, as the wheel would. */
const GESTURES: Readonly<Record<string, string>> = {
  'zoom in and out': '{ ctrlKey: true, deltaY: (n % 60) < 30 ? -60 : 60 }',
  'zoom far in and out': '{ ctrlKey: true, deltaY: (n % 120) < 60 ? -150 : 150 }',
  'pan at 1/50 of the recording': '{ deltaX: (n % 120) < 60 ? 25 : -25, deltaY: 0 }',
};

/** The worker's code. */
async function bundle(): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'trapline-timeline-'));
  const entry = join(import.meta.dirname, 'timeline-agent.ts');
  const lib = { entry, name: 'agent', formats: ['iife' as const], fileName: () => 'agent.js' };
  const config = { configFile: false as const, logLevel: 'error' as const, root: ROOT, publicDir: false as const };
  await build({ ...config, build: { outDir, emptyOutDir: true, target: 'es2023', lib } });
  const code = readFileSync(join(outDir, 'agent.js'), 'utf8');
  rmSync(outDir, { recursive: true });
  return code;
}

/** Milliseconds of each frame while a gesture goes on. */
function frames(page: Page, gesture: string): Promise<number[]> {
  return page.evaluate(`new Promise((resolve) => {
    const canvas = document.querySelector('.timeline-canvas canvas');
    const { left, top, width } = canvas.getBoundingClientRect();
    const times = [];
    let last = performance.now();
    const frame = (now) => {
      const n = times.push(now - last);
      last = now;
      if (n > ${FRAMES}) return resolve(times.slice(1));
      canvas.dispatchEvent(new WheelEvent('wheel', {
        bubbles: true, cancelable: true, clientX: left + width * 0.5, clientY: top + 60, ...(${gesture}),
      }));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  })`);
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

async function openTimeline(page: Page, url: string): Promise<Worker> {
  const started = page.waitForEvent('worker', (worker) => worker.url().includes('emulator.worker'));
  await page.goto(url);
  const worker = await started;
  await page.locator('.status-bar[data-state]').waitFor();
  const guide = page.getByRole('button', { name: 'Close the guide' });
  await page.locator('.dock-tab', { hasText: /^Timeline/ }).click();
  if ((await guide.count()) > 0) await guide.click();
  await page.keyboard.press('Alt+m');
  await page.locator('.timeline-name', { hasText: 'pCPU 0' }).first().waitFor({ timeout: 120_000 });
  await page.keyboard.press('F6');
  await page.getByTitle('Show the whole recording').click();
  return worker;
}

/** Process numbers of Chromium's pages; that of the timeline is the busiest. */
async function pageProcesses(browser: Browser): Promise<number[]> {
  const client = await browser.newBrowserCDPSession();
  const { processInfo } = await client.send('SystemInfo.getProcessInfo');
  const pages = processInfo.filter(({ type }) => type === 'renderer');
  return pages.toSorted((a, b) => b.cpuTime - a.cpuTime).map(({ id }) => id);
}

/** Seconds of processor time that the main thread of a process has had. */
function threadSeconds(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
}

/** Milliseconds of the page's main thread for each frame. */
async function measure(page: Page, pid: number, worker: Worker, name: string, gesture: string): Promise<number> {
  await worker.evaluate('answers.length = 0');
  const before = threadSeconds(pid);
  const times = await frames(page, gesture);
  const perFrame = (1000 * (threadSeconds(pid) - before)) / times.length;
  const answers = await worker.evaluate<number[]>('answers');
  const perSecond = (1000 * times.length) / times.reduce((sum, time) => sum + time, 0);
  const figures = [
    `${perFrame.toFixed(1)} ms of processor time a frame`,
    `${perSecond.toFixed(1)} frames/s on this host as busy as it is`,
    `${answers.length} answers, median ${percentile(answers, 0.5).toFixed(1)} ms, 95 % within ${percentile(answers, 0.95).toFixed(1)} ms`,
  ];
  console.log(`${name.padEnd(30)} ${figures.join('; ')}`);
  return perFrame;
}

/** Prints the figures. Rejects when a frame takes too long for fifty in a second. */
export async function benchTimeline(): Promise<void> {
  await ensureSite();
  const code = await bundle();
  const mounts = [
    { path: '/packs/default/', folder: DEFAULT_PACK },
    { path: '/', folder: join(ROOT, 'dist') },
  ];
  const server = await serve(mounts, 0);
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage({ viewport: VIEWPORT });
    await page.route(/emulator\.worker.*\.js$/, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: code }),
    );
    const worker = await openTimeline(page, addressOf(server));
    console.log(`${await worker.evaluate<number>('slices')} slices`);
    const [pid] = await pageProcesses(browser);
    // The first frames are those in which the page's code is compiled.
    for (const gesture of Object.values(GESTURES)) await frames(page, gesture);
    await page.getByTitle('Show the whole recording').click();
    const costs: number[] = [];
    for (const [name, gesture] of Object.entries(GESTURES)) {
      costs.push(await measure(page, pid, worker, name, gesture));
    }
    await page.screenshot({ path: join(tmpdir(), 'trapline-timeline.png') });
    const most = Math.max(...costs);
    if (most > LONGEST) throw new Error(`${most.toFixed(1)} ms for a frame are more than ${LONGEST}`);
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}
