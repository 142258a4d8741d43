/** The first visit, as its guide says. */
import assert from 'node:assert/strict';
import { test } from './harness.ts';

test(
  'the guide leads through the seed walk and sees every step done',
  async ({ page, workbench, url }) => {
    await page.goto(url);
    await workbench.waitForText('d1', /domU1 # $/);
    const guide = page.getByRole('complementary', { name: 'Guided start' });
    const next = async (): Promise<void> => guide.getByRole('button', { name: 'Next' }).click();
    const done = async (): Promise<void> => guide.getByText('✓ Done').waitFor({ timeout: 60_000 });
    await next();
    await guide.getByText('Waiting for you to do it').waitFor();
    await guide.getByRole('button', { name: /^Show DomU1/ }).click();
    await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
    await done();
    await next();
    await guide.getByRole('button', { name: /^Show Breakpoints/ }).click();
    await workbench.addBreakpoint('major_show', 'd1');
    await done();
    await next();
    await page.locator('[data-terminal=d1]').click();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await done();
    await page.locator('.source-current').waitFor({ timeout: 20_000 });
    await page.screenshot({ path: 'e2e/screenshots/dark-1440-guide.png' });
    await next();
    await guide.getByRole('button', { name: /^Step Into/ }).click();
    await workbench.waitForFrame('HYPERVISOR_xen_version');
    for (let n = 0; n < 5 && !(await workbench.status()).endsWith('in Xen'); n += 1) {
      const before = await workbench.instructions();
      await guide.getByRole('button', { name: /^Step Instruction/ }).click();
      await page.locator('[title^="instructions"]').filter({ hasNotText: before }).waitFor();
      await workbench.waitForStop();
    }
    await done();
    await next();
    await guide.getByRole('button', { name: /^Step Out/ }).click();
    await page.locator('.status-state', { hasText: 'in DomU1' }).waitFor();
    await guide.getByRole('button', { name: /^Continue/ }).click();
    await done();
    await next();
    await guide.getByRole('button', { name: 'Done' }).click();
    await guide.waitFor({ state: 'detached' });
    await workbench.waitForText('d1', /major\n4\n[\s\S]*major\n4\ndomU1 #/);
    await page.reload();
    await workbench.waitForText('d1', /domU1 # $/);
    assert.equal(await guide.count(), 0);
  },
  { isClosed: true },
);
