/** The same input gives the same state, bit for bit, in Chromium and in Node, interpreted and translated. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { test } from './harness.ts';

const ROOT = join(import.meta.dirname, '..');
const INSTRUCTIONS = 60_000_000;

/** The bundle of `machine-page.ts`, which defines `machinePage.hashAfter`. */
async function bundle(): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'machine-page-'));
  const lib = {
    entry: join(ROOT, 'src/testing/machine-page.ts'),
    name: 'machinePage',
    formats: ['iife' as const],
    fileName: 'page',
  };
  await build({
    configFile: false,
    logLevel: 'error',
    root: ROOT,
    publicDir: false,
    build: { outDir, emptyOutDir: true, lib },
  });
  const code = readFileSync(join(outDir, 'page.iife.js'), 'utf8');
  rmSync(outDir, { recursive: true });
  return code;
}

function hashInNode(): string {
  const args = [
    '--import',
    'tsx',
    'src/headless/main.ts',
    '--quiet',
    '--instructions',
    String(INSTRUCTIONS),
    '--hash',
    '--json',
  ];
  const output = execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  return (JSON.parse(output.trim().split('\n').at(-1) ?? '') as { hash: string }).hash;
}

test(
  'the state after sixty million instructions is that of Node',
  async ({ page, url }) => {
    const code = await bundle();
    // The script must come from the page's own origin: its Content-Security-Policy allows no other.
    await page.route('**/machine-page.js', (route) => route.fulfill({ contentType: 'text/javascript', body: code }));
    const expected = hashInNode();
    for (const threshold of [Infinity, 1])
      assert.equal(await runInChromium(page, new URL('packs/default/', url).href, threshold), expected);
  },
  { isClosed: true },
);

async function runInChromium(
  page: Parameters<Parameters<typeof test>[1]>[0]['page'],
  packUrl: string,
  threshold: number,
): Promise<string> {
  await page.goto(new URL('manifest.json', packUrl).href);
  await page.addScriptTag({ url: new URL('machine-page.js', packUrl).href });
  return page.evaluate(
    ([pack, instructions, limit]) => {
      const { machinePage } = globalThis as unknown as { machinePage: typeof import('../src/testing/machine-page.ts') };
      return machinePage.hashAfter(pack as string, Number(instructions), limit === 'all' ? 1 : Infinity);
    },
    [packUrl, String(INSTRUCTIONS), threshold === 1 ? 'all' : 'none'],
  );
}
