/**
 * `npm run e2e [-- --pack DIR] [--only TEXT] [--repeat N] [--throttle RATE]`: real Chromium, real pack. The last line is `N passed, N failed`.
 * Repeats and a throttled page bring to light what depends on time.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { registeredTests, type Test } from '../../e2e/harness.ts';
import { WorkbenchPage } from '../../e2e/workbench-page.ts';
import { ensureSite } from '../pack/node/site.ts';
import { addressOf, serve } from '../pack/node/static-server.ts';
import { launchChromium } from './chromium.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The site must work from any sub-path. */
const BASE = '/some/where/';

function serveEverything(pack: string): Promise<Server> {
  const mounts = [
    { path: `${BASE}packs/default/`, folder: pack },
    { path: BASE, folder: join(ROOT, 'dist') },
  ];
  return serve(mounts, 0);
}

/** Everything the page complains about. */
function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  return complaints;
}

/** Makes the page (not its worker) `rate` times slower. */
async function throttle(page: Page, rate: number): Promise<void> {
  const protocol = await page.context().newCDPSession(page);
  await protocol.send('Emulation.setCPUThrottlingRate', { rate });
}

async function runTest(browser: Browser, url: string, { body, options }: Test, rate: number): Promise<void> {
  const context = await browser.newContext({
    viewport: options.viewport ?? { width: 1440, height: 900 },
    colorScheme: options.theme ?? 'dark',
  });
  try {
    const page = await context.newPage();
    if (rate > 1) await throttle(page, rate);
    const complaints = collectComplaints(page);
    const workbench = new WorkbenchPage(page);
    if (!options.isClosed) await workbench.open(url);
    await body({ page, workbench, url }).catch(async (error: unknown) => {
      await page.screenshot({ path: join(ROOT, 'e2e/screenshots/failed.png') });
      throw error;
    });
    if (complaints.length > 0) throw new Error([...new Set(complaints)].join('\n'));
  } finally {
    await context.close();
  }
}

async function report(name: string, run: Promise<void>): Promise<boolean> {
  const start = Date.now();
  try {
    await run;
    console.log(`  passed  ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    console.log(`  FAILED  ${name}\n${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function loadTests(only: string): Promise<readonly Test[]> {
  const files = readdirSync(join(ROOT, 'e2e')).filter((name) => name.endsWith('.e2e.ts'));
  for (const file of files.toSorted()) await import(pathToFileURL(join(ROOT, 'e2e', file)).href);
  return registeredTests().filter(({ name }) => name.includes(only));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      pack: { type: 'string', default: join(ROOT, 'public/packs/default') },
      only: { type: 'string', default: '' },
      repeat: { type: 'string', default: '1' },
      throttle: { type: 'string', default: '1' },
    },
  });
  mkdirSync(join(ROOT, 'e2e/screenshots'), { recursive: true });
  await ensureSite();
  const chosen = await loadTests(values.only);
  const tests = Array.from({ length: Number(values.repeat) }, () => chosen).flat();
  const server = await serveEverything(values.pack);
  const browser = await launchChromium();
  const url = new URL(BASE, addressOf(server)).href;
  let passed = 0;
  const rate = Number(values.throttle);
  for (const test of tests) if (await report(test.name, runTest(browser, url, test, rate))) passed += 1;
  await browser.close();
  server.close();
  server.closeAllConnections();
  console.log(`${passed} passed, ${tests.length - passed} failed`);
  if (passed < tests.length || tests.length === 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
});
