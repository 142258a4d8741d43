/** Run control, inspection and editing. */
import assert from 'node:assert/strict';
import { test } from './harness.ts';

test('pause, step and continue by keys', async ({ page, workbench }) => {
  await workbench.waitForRunning();
  await page.keyboard.press('F6');
  assert.match(await workbench.waitForStop(), /^paused: at your request/);
  await workbench.step('Control+F11');
  await workbench.step('Alt+F11');
  await page.keyboard.press('Alt+F5');
  await workbench.waitForRunning();
});

test('a register that was edited keeps its value', async ({ page, workbench }) => {
  await page.keyboard.press('F6');
  await workbench.waitForStop();
  await workbench.register('X27');
  await page.locator('.register-value').first().dblclick();
  await page.getByLabel('New value of X27').fill('0x1234abcd');
  await page.keyboard.press('Enter');
  await page.getByText('1234abcd').first().waitFor();
  assert.match(await workbench.register('X27'), /1234abcd$/);
});

test('leaving the field of a value writes it, Escape does not', async ({ page, workbench }) => {
  await page.keyboard.press('F6');
  await workbench.waitForStop();
  await workbench.register('X27');
  const value = page.locator('.register-value').first();
  await value.dblclick();
  await page.getByLabel('New value of X27').fill('0x5678dcba');
  await page.getByRole('searchbox', { name: 'Search registers' }).click();
  await value.getByText('5678dcba').waitFor();
  await value.dblclick();
  await page.getByLabel('New value of X27').fill('0x99');
  await page.keyboard.press('Escape');
  assert.match(await value.innerText(), /5678dcba$/);
});

test(
  'Pause that is pressed while the machine is being loaded is not lost',
  async ({ page, url }) => {
    await page.goto(url);
    await page.locator('.status-bar[data-state=loading]').waitFor();
    await page.keyboard.press('F6');
    await page.locator('.status-bar[data-state=paused]').waitFor({ timeout: 60_000 });
  },
  { isClosed: true },
);

test('memory can be read and written in a physical space', async ({ page, workbench }) => {
  await page.keyboard.press('F6');
  await workbench.waitForStop();
  await workbench.show('Memory');
  await page.getByLabel('Memory address').fill('PA:0x14000000');
  await page.keyboard.press('Enter');
  const first = page.locator('.hex-row').first();
  await first.getByText('070701').waitFor();
  await first.locator('.hex-byte').nth(1).click();
  await page.keyboard.type('4e');
  await first.getByText('0N0701').waitFor();
});

test('the translation of a kernel address is shown level by level', async ({ page, workbench }) => {
  await workbench.addBreakpoint('major_show', 'd1');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForStop();
  await workbench.show('Translation');
  await page.getByLabel('Address to translate').fill('d1:EL1:0xffff800008000000');
  await page.keyboard.press('Enter');
  await page.locator('.walk-table tbody tr').first().waitFor();
  const stages = await page.locator('.walk-table tbody tr td:first-child').allInnerTexts();
  assert.ok(stages.includes('stage 1') && stages.includes('stage 2'), stages.join());
  assert.match(await page.locator('.walk-summary').innerText(), /VMID 2/);
});

test('breakpoints and layout survive a reload', async ({ page, workbench }) => {
  await workbench.addBreakpoint('do_idle', 'd2');
  await page.getByLabel('Enable do_idle').uncheck();
  await workbench.tab('Output').locator('.dock-tab-close').click({ force: true });
  await page.waitForTimeout(600);
  await page.reload();
  await workbench.waitForText('d1', /domU1 # $/);
  assert.equal(await page.getByLabel('Enable do_idle').isChecked(), false);
  assert.equal(await page.locator('.dock-tab', { hasText: /^Output/ }).count(), 0);
});

test('every command is in the palette, with its key', async ({ page }) => {
  await page.keyboard.press('Control+Shift+P');
  await page.getByRole('combobox', { name: 'Command' }).fill('run pause');
  assert.deepEqual(await page.getByRole('option').allInnerTexts(), ['Run\nPause\nF6\nAlt+F6']);
  await page.keyboard.press('Enter');
  await page.locator('.status-bar[data-state=paused]').waitFor();
});
