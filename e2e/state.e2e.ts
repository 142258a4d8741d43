/** What is kept: in the URL, over a reload, in files. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { test } from './harness.ts';

async function runCommand(page: Page, title: string): Promise<void> {
  await page.keyboard.press('Control+Shift+P');
  await page.getByRole('combobox', { name: 'Command' }).fill(title);
  await page.keyboard.press('Enter');
}

/** Saves what a command offers for download; its text. */
async function download(page: Page, title: string): Promise<string> {
  const waiting = page.waitForEvent('download');
  await runCommand(page, title);
  const folder = mkdtempSync(join(tmpdir(), 'download-'));
  const path = join(folder, 'file.json');
  await (await waiting).saveAs(path);
  const text = readFileSync(path, 'utf8');
  rmSync(folder, { recursive: true });
  return text;
}

/** Waits until what the browser keeps for the page contains a text. */
async function waitForKept(page: Page, text: string): Promise<void> {
  const kept = (): Promise<string> => page.evaluate<string>("localStorage.getItem('trapline.workspace') ?? ''");
  while (!(await kept()).includes(text)) await page.waitForTimeout(50);
}

async function upload(page: Page, title: string, text: string): Promise<void> {
  const waiting = page.waitForEvent('filechooser');
  await runCommand(page, title);
  await (await waiting).setFiles({ name: 'file.json', mimeType: 'application/json', buffer: Buffer.from(text) });
}

test(
  'a link leads to the same target, view and address',
  async ({ page, workbench, url }) => {
    await workbench.open(`${url}#target=d1v0&view=memory&at=PA:0x14000000`);
    await page.locator('.target-picker', { hasText: 'd1v0' }).waitFor();
    await page.getByLabel('Memory address').waitFor();
    assert.equal(await page.getByLabel('Memory address').inputValue(), 'PA:0x14000000');
    await page.getByLabel('Memory address').fill('PA:0x14000100');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#target=d1v0&view=memory&at=PA:0x14000100$/);
    await workbench.tab('Registers').click();
    await page.waitForURL(/#target=d1v0&view=registers$/);
    await page.evaluate("location.hash = '#view=output'");
    await page.getByRole('button', { name: 'Unmodelled accesses' }).waitFor();
  },
  { isClosed: true },
);

test('open files, watches and breakpoints survive a reload and travel as one file', async ({ page, workbench }) => {
  await workbench.addBreakpoint('major_show', 'd1');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForStop();
  await page.locator('.source-current').waitFor({ timeout: 20_000 });
  await workbench.show('Watch');
  await page.getByLabel('New watch expression').fill('jiffies');
  await page.keyboard.press('Enter');
  await page.getByRole('treeitem', { name: /^jiffies/ }).waitFor();
  await waitForKept(page, 'jiffies');
  await waitForKept(page, 'sys-hypervisor.c');
  await page.reload();
  await workbench.waitForText('d1', /domU1 # $/);
  await page.locator('.dock-tab', { hasText: 'sys-hypervisor.c @ DomU1' }).waitFor();
  await page.locator('.breakpoint-place', { hasText: 'major_show' }).waitFor();
  const file = await download(page, 'export workspace');
  await page.getByLabel('Remove major_show').click();
  await workbench.tab('sys-hypervisor.c').locator('.dock-tab-close').click({ force: true });
  await page.locator('.dock-tab', { hasText: 'sys-hypervisor.c' }).waitFor({ state: 'detached' });
  await upload(page, 'import workspace', file);
  await page.locator('.breakpoint-place', { hasText: 'major_show' }).waitFor();
  await page.locator('.dock-tab', { hasText: 'sys-hypervisor.c @ DomU1' }).waitFor();
});

test('a file that is no workspace is refused with a reason', async ({ page }) => {
  await upload(page, 'import workspace', '{"version":1,"breakpoints":7}');
  await page.locator('.banner', { hasText: 'not a Trapline workspace: breakpoints' }).waitFor();
  await page.getByLabel('Dismiss').click();
  await upload(page, 'import breakpoints', 'hello');
  await page.locator('.banner', { hasText: 'it is not JSON' }).waitFor();
});

test('breakpoints are exported and imported', async ({ page, workbench }) => {
  await workbench.addBreakpoint('do_idle', 'd2');
  const file = await download(page, 'export breakpoints');
  await page.getByLabel('Remove do_idle').click();
  await page.locator('.breakpoint-place').waitFor({ state: 'detached' });
  await upload(page, 'import breakpoints', file);
  await page.locator('.breakpoint', { hasText: 'do_idle' }).locator('.scope-chip', { hasText: 'd2' }).waitFor();
});

test('layouts are saved by name, chosen and reset', async ({ page, workbench }) => {
  await workbench.tab('Output').locator('.dock-tab-close').click({ force: true });
  await page.locator('.dock-tab', { hasText: /^Output/ }).waitFor({ state: 'detached' });
  await page.keyboard.press('Alt+L');
  await page.getByLabel('Name of the layout').fill('without output');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'without output', exact: true }).waitFor();
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-layouts.png' });
  await page.getByRole('button', { name: 'Reset to the default layout' }).click();
  await page.locator('.dock-tab', { hasText: /^Output/ }).waitFor();
  await page.keyboard.press('Alt+L');
  await page.getByRole('button', { name: 'without output', exact: true }).click();
  await page.locator('.dock-tab', { hasText: /^Output/ }).waitFor({ state: 'detached' });
});

test('keys can be changed, conflicts are shown, and changes survive a reload', async ({ page, workbench }) => {
  await workbench.waitForRunning();
  await runCommand(page, 'keyboard shortcuts');
  await page.getByLabel('Search shortcuts').fill('pause');
  await page.getByLabel('Change the key of Pause').click();
  await page.keyboard.press('F10');
  await page.locator('.key-recorder', { hasText: 'F10 belongs to “Step Over”' }).waitFor();
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-keys.png' });
  await page.keyboard.press('F10');
  await page
    .locator('.help-row', { hasText: /^Pause/ })
    .getByText('F10', { exact: true })
    .waitFor();
  await waitForKept(page, 'F10');
  await page.reload();
  await workbench.waitForText('d1', /domU1 # $/);
  await workbench.waitForRunning();
  await page.keyboard.press('F10');
  await workbench.waitForStop();
  await runCommand(page, 'keyboard shortcuts');
  await page.getByRole('button', { name: 'Reset all keys' }).click();
  await page.getByLabel('Search shortcuts').fill('pause');
  await page
    .locator('.help-row', { hasText: /^Pause/ })
    .getByText('F6', { exact: true })
    .waitFor();
});
