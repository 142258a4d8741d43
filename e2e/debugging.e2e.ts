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

test('memory can be read and written in a physical space', async ({ page, workbench }) => {
  await page.keyboard.press('F6');
  await workbench.waitForStop();
  await workbench.show('Memory');
  await page.getByLabel('Memory address').fill('PA:0x14000000');
  await page.keyboard.press('Enter');
  const first = page.locator('.hex-row').first();
  await first.getByText('070701').waitFor();
  // Rows are drawn anew when more of the machine is read after the stop: a click can be lost to that.
  for (let tries = 0; tries < 8 && !(await first.innerText()).includes('0N0701'); tries += 1) {
    await first.locator('.hex-byte').nth(1).click();
    await page.keyboard.type('4e', { delay: 50 });
    await page.waitForTimeout(700);
  }
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
