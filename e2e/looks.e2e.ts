/** What can be checked about looks: accessibility, nothing clipped, no empty panel without a sentence. Screenshots are for people. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { test, type TestContext } from './harness.ts';

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
  }[];
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious problems that axe finds. The policy of the page forbids injected scripts, so axe is run by the debugger protocol. */
async function seriousProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResult;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    );
}

/** Panels that show nothing at all. */
function blankPanels(page: Page): Promise<string[]> {
  return page
    .locator('.dv-content-container')
    .evaluateAll((panels) =>
      panels.filter((panel) => panel.clientHeight > 40 && !panel.querySelector('*')).map((panel) => panel.className),
    );
}

const TABS = [
  'Variables',
  'Watch',
  'pCPUs',
  'Debug Console',
  'Memory',
  'Translation',
  'Domains',
  'vCPUs',
  'Output',
  'Registers',
  'Call Stack',
];

async function visit({ page, workbench }: TestContext, name: string): Promise<void> {
  await workbench.addBreakpoint('major_show', 'd1');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForStop();
  await page.locator('.source-current').waitFor({ timeout: 60_000 });
  for (const tab of TABS) {
    await workbench.show(tab);
    await page.waitForTimeout(200);
    assert.deepEqual(await blankPanels(page), [], `${tab} is blank`);
    await page.screenshot({ path: `e2e/screenshots/${name}-${tab.toLowerCase().replace(' ', '-')}.png` });
  }
  assert.deepEqual(await seriousProblems(page), []);
}

for (const theme of ['dark', 'light'] as const) {
  test(`every view in the ${theme} theme`, (context) => visit(context, `${theme}-1440`), { theme });
}

test(
  'nothing overflows at 1280 x 720',
  async ({ page }) => {
    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight',
    );
    assert.equal(overflow, false);
    await page.screenshot({ path: 'e2e/screenshots/dark-1280.png' });
  },
  { viewport: { width: 1280, height: 720 } },
);

test(
  'at 200 % zoom of a small screen the default layout folds, everything can be reached, and it unfolds again',
  async ({ page, workbench }) => {
    const groups = page.locator('.dv-groupview');
    assert.equal(await groups.count(), 2);
    const isCut = await page.evaluate(`[...document.querySelectorAll('.toolbar > *, .status-bar > *')]
      .some((each) => each.getBoundingClientRect().right > innerWidth)`);
    assert.equal(isCut, false);
    await workbench.show('Breakpoints');
    await workbench.addBreakpoint('major_show', 'd1');
    await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
    await workbench.waitForStop();
    await page.locator('.source-current').waitFor({ timeout: 60_000 });
    await workbench.show('Call Stack');
    await workbench.waitForFrame('major_show');
    await page.screenshot({ path: 'e2e/screenshots/light-640.png' });
    await page.setViewportSize({ width: 1440, height: 900 });
    await groups.nth(7).waitFor();
    await page.locator('.dock-tab', { hasText: 'sys-hypervisor.c @ DomU1' }).waitFor();
  },
  { viewport: { width: 640, height: 360 }, theme: 'light' },
);
