/** Reading memory: finding bytes and laying structures over them. */
import { test } from './harness.ts';

test('text is found in memory, forwards and backwards', async ({ page, workbench }) => {
  await page.keyboard.press('F6');
  await workbench.waitForStop();
  await workbench.show('Memory');
  await page.getByLabel('Memory address').fill('PA:0x14000000');
  await page.keyboard.press('Enter');
  await page.locator('.hex-row', { hasText: '070701' }).first().waitFor();
  await page.getByLabel('Find bytes or text').click();
  await page.getByLabel('Bytes or text to find').fill('"TRAILER!!!"');
  await page.keyboard.press('Enter');
  await page.locator('.memory-found', { hasText: /^found at PA:0x14/ }).waitFor();
  await page.locator('.hex-byte.marked').nth(9).waitFor();
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-memory-find.png' });
  await page.getByLabel('Bytes or text to find').fill('30 37 30 37 30 31');
  await page.keyboard.press('Shift+Enter');
  await page.locator('.memory-found', { hasText: /^found at PA:0x14/ }).waitFor();
  await page.getByLabel('Bytes or text to find').fill('"this is nowhere in that memory"');
  await page.keyboard.press('Enter');
  await page.locator('.memory-found', { hasText: /^not in PA:0x14.* to 0x15.*16 MB.*find again to go on$/ }).waitFor();
});

test('a structure is laid over memory', async ({ page, workbench }) => {
  await page.keyboard.press('F6');
  await workbench.waitForStop();
  await page.keyboard.press('Alt+T');
  await page.getByRole('combobox', { name: 'Symbol' }).fill('init_task');
  await page.getByRole('option').first().filter({ hasText: 'init_task' }).waitFor();
  await page.keyboard.press('Shift+Enter');
  await page.getByLabel('Lay a structure over the bytes').click();
  await page.getByLabel('Type to lay over the memory').fill('struct task_struct');
  await page.keyboard.press('Enter');
  await page.getByRole('treeitem', { name: /^comm.*swapper\/0/ }).waitFor({ timeout: 60_000 });
  await page.locator('.hex-byte.member0').first().waitFor();
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-memory-structure.png' });
});
