/** Reading code: run to a line, find symbols, definitions, values beside the source. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { test, type TestContext } from './harness.ts';

/** Stops DomU1 in `major_show` with its source in front. */
async function stopInSource({ page, workbench }: TestContext): Promise<void> {
  await workbench.addBreakpoint('major_show', 'd1');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForStop();
  await page.locator('.source-current').waitFor({ timeout: 20_000 });
  await page.locator('.monaco-editor .view-line').first().waitFor();
}

/** Puts the cursor on the current line of the source, and `down` lines further down. */
async function cursorBelowPc(page: Page, down: number): Promise<void> {
  const current = await page.locator('.source-current').first().boundingBox();
  const lines = await page.locator('.view-lines').first().boundingBox();
  assert.ok(current && lines);
  await page.mouse.click(lines.x + 120, current.y + current.height / 2);
  for (let n = 0; n < down; n += 1) await page.keyboard.press('ArrowDown');
}

/** Clicks into a word of the source that is in sight; neighbouring words may share an element. */
async function clickWord(page: Page, word: string): Promise<void> {
  await page.locator('.view-line', { hasText: word }).first().waitFor();
  const place = await page.evaluate<{ x: number; y: number } | null>(`(() => {
    for (const line of document.querySelectorAll('.view-line')) {
      const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        const at = node.textContent.indexOf(${JSON.stringify(word)});
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at + 2);
        range.setEnd(node, at + 3);
        const { x, y, height } = range.getBoundingClientRect();
        return { x, y: y + height / 2 };
      }
    }
    return null;
  })()`);
  assert.ok(place, `${word} is not in sight`);
  await page.mouse.click(place.x, place.y);
}

test('run to cursor stops at the line under it', async (context) => {
  await stopInSource(context);
  const { page, workbench } = context;
  await cursorBelowPc(page, 2);
  await page.keyboard.press('Control+F10');
  await page.locator('.status-state', { hasText: /ran to sys-hypervisor\.c|ran to .*sys-hypervisor\.c/ }).waitFor();
  assert.match(await workbench.status(), /in DomU1$/);
});

test('F9 sets and removes breakpoints in source and disassembly', async (context) => {
  await stopInSource(context);
  const { page, workbench } = context;
  const glyphs = page.locator('.breakpoint');
  await cursorBelowPc(page, 2);
  await page.keyboard.press('F9');
  await page.locator('.breakpoint-place', { hasText: 'sys-hypervisor.c:' }).waitFor();
  await page.keyboard.press('F9');
  await glyphs.nth(1).waitFor({ state: 'detached' });
  await workbench.show('Disassembly');
  await page.locator('.address-scroller[aria-label=Disassembly]').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('F9');
  await page.locator('.breakpoint-place', { hasText: /^d1:EL1:0x/ }).waitFor();
  await page.keyboard.press('F9');
  await glyphs.nth(1).waitFor({ state: 'detached' });
});

test('the next statement can be set', async (context) => {
  await stopInSource(context);
  const { page, workbench } = context;
  await workbench.show('Disassembly');
  await page.locator('.address-scroller[aria-label=Disassembly]').focus();
  await page.keyboard.press('ArrowDown');
  const next = await page.locator('.code-row.cursor .code-address').innerText();
  await page.keyboard.press('Control+Shift+F10');
  await page.locator('.code-row.pc .code-address', { hasText: next }).waitFor();
});

test('symbols are found by parts of their names, and words lead to their definitions', async (context) => {
  await stopInSource(context);
  const { page } = context;
  await page.keyboard.press('Alt+T');
  await page.getByRole('combobox', { name: 'Symbol' }).fill('do_xen_version');
  await page.getByRole('option').first().filter({ hasText: 'do_xen_version' }).waitFor();
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-symbols.png' });
  await page.keyboard.press('Enter');
  await page.locator('.dock-tab', { hasText: 'kernel.c @ Xen' }).waitFor();
  const text = page.locator('.view-line', { hasText: 'DO(xen_version)' });
  await text.first().waitFor();
  await page.keyboard.press('Control+P');
  await page.getByRole('combobox', { name: 'Symbol' }).fill('sys-hypervisor.c');
  await page.getByRole('option').first().filter({ hasText: 'sys-hypervisor.c' }).waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.frame-name', { hasText: 'major_show' }).first().click();
  await clickWord(page, 'HYPERVISOR_xen_version');
  await page.keyboard.press('F12');
  await page.locator('.dock-tab', { hasText: 'hypercall.S @ DomU1' }).waitFor();
});

test('values stand beside the lines that name them, and can be switched off', async (context) => {
  await stopInSource(context);
  const { page } = context;
  await page
    .locator('.source-inline', { hasText: /attr\s=\s0x/ })
    .first()
    .waitFor();
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-inline-values.png' });
  await page.keyboard.press('Control+Shift+P');
  await page.getByRole('combobox', { name: 'Command' }).fill('inline values');
  await page.keyboard.press('Enter');
  await page.locator('.source-inline').first().waitFor({ state: 'detached' });
});

test('a value is shown on hover', async (context) => {
  await stopInSource(context);
  const { page } = context;
  await page
    .locator('.view-line span', { hasText: /^buffer$/ })
    .first()
    .hover();
  await page.locator('.monaco-hover', { hasText: /char \*.*buffer = 0x/ }).waitFor();
});

test('a value is written in the format chosen for it, edited, and watched', async (context) => {
  await stopInSource(context);
  const { page, workbench } = context;
  await workbench.show('Variables');
  const row = page.getByRole('treeitem', { name: /^buffer/ });
  await row.focus();
  await page.getByLabel('Format of buffer').selectOption('decimal');
  await row.locator('.variable-value', { hasText: /^-\d+$/ }).waitFor();
  await page.getByLabel('Format of buffer').selectOption('hex');
  await row.locator('.variable-value', { hasText: /^0x[0-9a-f]+$/ }).waitFor();
  await row.focus();
  await page.keyboard.press('F2');
  await page.getByLabel('New value of buffer').fill('0x1230');
  await page.keyboard.press('Enter');
  await row.locator('.variable-value', { hasText: /^0x1230$/ }).waitFor();
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-variables.png' });
  await workbench.show('Watch');
  await page.getByLabel('New watch expression').fill('(long)buffer + 1');
  await page.keyboard.press('Enter');
  const watch = page.getByRole('treeitem', { name: /^\(long\)buffer/ });
  await watch.locator('.variable-value', { hasText: /^4657$/ }).waitFor();
  await watch.focus();
  await page.getByLabel('Format of (long)buffer + 1').selectOption('binary');
  await watch.locator('.variable-value', { hasText: /0001_0010_0011_0001$/ }).waitFor();
});

test('the source says whom its breakpoints stop, and where they moved', async (context) => {
  await stopInSource(context);
  const { page, workbench } = context;
  const scopes = page.locator('.source-scope', { hasText: /●\sd1$/ });
  // That of the function, whose first line is where it is bound.
  await scopes.first().waitFor();
  await page.locator('.source-breakpoint.applied').first().waitFor();
  await cursorBelowPc(page, 1);
  await page.keyboard.press('F9');
  await scopes.nth(1).waitFor();
  await page.keyboard.press('F9');
  await scopes.nth(1).waitFor({ state: 'detached' });
  const line = Number(await page.locator('.line-numbers.active-line-number').innerText());
  // The closing brace's next line has no code: the breakpoint moves on.
  await workbench.addBreakpoint(`sys-hypervisor.c:${line + 5}`, 'd1');
  await page.locator('.breakpoint-message', { hasText: /moved to line \d+/ }).waitFor();
  await page.locator('.breakpoint-place', { hasText: 'sys-hypervisor.c:' }).click();
  await page.locator('.source-scope', { hasText: /●\sd1,\smoved\shere\sfrom\sline\s\d+/ }).waitFor();
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-breakpoints.png' });
});

test('a file that is not in the pack says where it was looked for', async (context) => {
  const { page } = context;
  await page.evaluate("location.hash = '#file=d1:/no/such/folder/file.c:3'");
  await page.getByRole('list', { name: 'Places looked in' }).locator('li').first().waitFor();
  await page.locator('.source-missing', { hasText: '/no/such/folder/file.c' }).waitFor();
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-missing-source.png' });
});
