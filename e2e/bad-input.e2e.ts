/** What is wrong with a pack or a guest is said, and the page goes on working. */
import assert from 'node:assert/strict';
import type { Page, Route } from 'playwright-core';
import { test } from './harness.ts';

const MESSAGE_TIMEOUT = 60_000;

/** Answers requests for a file of the pack with something else, until `undo` is called. */
async function replace(
  page: Page,
  file: string,
  answer: (route: Route) => Promise<void>,
): Promise<() => Promise<void>> {
  const pattern = `**/packs/default/${file}`;
  await page.context().route(pattern, answer);
  return () => page.context().unroute(pattern);
}

async function waitForMessage(page: Page, pattern: RegExp): Promise<void> {
  await page.getByText(pattern).first().waitFor({ timeout: MESSAGE_TIMEOUT });
}

test(
  'a damaged snapshot is told of, and the page starts once it is whole again',
  async ({ page, workbench, url }) => {
    const undo = await replace(page, 'boot.snapshot', (route) => route.fulfill({ body: 'cut short' }));
    await page.goto(url);
    await waitForMessage(page, /boot\.snapshot has 9 bytes; the manifest says \d+/);
    await undo();
    await workbench.closeGuide();
    await page.getByRole('button', { name: 'Restart from Boot Snapshot' }).first().click();
    await workbench.show('DomU1');
    await workbench.waitForText('d1', /domU1 # $/);
  },
  { isClosed: true },
);

test(
  'a pack of another format is told of',
  async ({ page, url }) => {
    await replace(page, 'manifest.json', (route) => route.fulfill({ json: { format: 99 } }));
    await page.goto(url);
    await waitForMessage(page, /format.*99|99.*format/);
  },
  { isClosed: true },
);

test('a guest that panics is told of, and the others go on', async ({ page, workbench }) => {
  await workbench.type('d2', 'echo c > /proc/sysrq-trigger\n');
  await workbench.show('Output');
  await waitForMessage(page, /DomU2 has died: Kernel panic - not syncing: sysrq triggered crash/);
  await workbench.type('d1', 'echo $((6*7)) lives\n');
  await workbench.waitForText('d1', /^42 lives$/m);
  assert.equal(await page.locator('.status-bar[data-state=running]').count(), 1);
});
