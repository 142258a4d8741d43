/** The walk from `cat` in DomU1 through its kernel into Xen and back. */
import assert from 'node:assert/strict';
import { test } from './harness.ts';

test('a breakpoint in DomU1 stops DomU1 in its source, and Dom0 not', async ({ page, workbench }) => {
  await workbench.addBreakpoint('major_show', 'd1');
  await workbench.type('d0', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForText('d0', /major\n4\ndom0 #/);
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  assert.match(await workbench.waitForStop(), /^paused: breakpoint .* in DomU1$/);
  const stack = await workbench.stack();
  assert.equal(stack[0], 'major_show');
  assert.ok(stack.includes('seq_read_iter'), stack.join(' '));
  await page.locator('.source-current').waitFor({ timeout: 60_000 });
  assert.match(await page.locator('.view-lines').first().innerText(), /HYPERVISOR_xen_version/);
  await page.keyboard.press('F5');
  await workbench.show('DomU1');
  await workbench.waitForText('d1', /major\n4\ndomU1 #/);
});

test('steps lead from the kernel through the HVC into Xen and back, by keys alone', async ({ page, workbench }) => {
  await workbench.addBreakpoint('major_show', 'd1');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForStop();
  await workbench.step('F11');
  assert.equal((await workbench.stack())[0], 'HYPERVISOR_xen_version');
  for (let n = 0; n < 4 && !(await workbench.status()).endsWith('in Xen'); n += 1) await workbench.step('Control+F11');
  assert.match(await workbench.status(), /in Xen$/);
  assert.equal((await workbench.register('ESR_EL2')).replace(/^0+/, ''), '5a000ea1');
  const stack = await workbench.stack();
  const boundaries = stack.filter((row) => /→/.test(row));
  assert.match(boundaries[0], /HVC #0xEA1 → EL2/i);
  assert.match(boundaries[1], /SVC #0 read → EL1/);
  assert.ok(stack.indexOf('bb_cat') > stack.indexOf('major_show'), stack.join(' '));
  await workbench.step('Shift+F11');
  assert.match(await workbench.status(), /in DomU1$/);
  await workbench.waitForFrame('HYPERVISOR_xen_version');
  await page.keyboard.press('F5');
  await workbench.show('DomU1');
  await workbench.waitForText('d1', /major\n4\ndomU1 #/);
});

test('the walk is made by mouse as well; only names and the guest’s command are typed', async ({ page, workbench }) => {
  const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).first().click();
  await workbench.tab('Targets').click();
  await page.getByRole('treeitem', { name: /^d1v0/ }).click();
  await page.getByRole('menuitem', { name: 'Go' }).click();
  await page.getByRole('menuitem', { name: /^Go to Function/ }).click();
  await page.getByRole('combobox', { name: 'Symbol' }).fill('major_show');
  await page.getByRole('option').filter({ hasText: 'major_show' }).first().click();
  await page.locator('.dock-tab', { hasText: 'sys-hypervisor.c @ DomU1' }).waitFor({ timeout: 60_000 });
  await page.locator('.line-numbers.active-line-number').click();
  await page.locator('.source-breakpoint.applied').waitFor({ timeout: 60_000 });
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForStop();
  await workbench.waitForFrame('major_show');
  await press('Step Into');
  await workbench.waitForFrame('HYPERVISOR_xen_version');
  for (let n = 0; n < 5 && !(await workbench.status()).endsWith('in Xen'); n += 1) {
    const before = await workbench.instructions();
    await press('Step Instruction');
    await page.locator('[title^="instructions"]').filter({ hasNotText: before }).waitFor();
    await workbench.waitForStop();
  }
  assert.match(await workbench.status(), /in Xen$/);
  await page.locator('.frame-name', { hasText: /^major_show$/ }).click();
  await page.locator('.frame[aria-selected=true]', { hasText: 'major_show' }).waitFor();
  await press('Step Out');
  await page.locator('.status-state', { hasText: 'in DomU1' }).waitFor();
  await workbench.waitForFrame('HYPERVISOR_xen_version');
  await press('Continue');
  await workbench.show('DomU1');
  await workbench.waitForText('d1', /major\n4\ndomU1 #/);
});

test('a breakpoint on a hypercall stops at its exception, with the whole way it came', async ({ workbench }) => {
  await workbench.addBreakpoint('HVC #17', 'd1');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  assert.match(await workbench.waitForStop(), /HVC/);
  await workbench.waitForFrame('major_show');
});

test('do_xen_version shows its parameters and returns the version', async ({ page, workbench }) => {
  await workbench.addBreakpoint('major_show', 'd1');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForStop();
  await workbench.command('tbreak do_xen_version');
  await workbench.command('continue');
  await workbench.waitForFrame('do_xen_version');
  await workbench.show('Variables');
  await page.locator('.tree-row', { hasText: /^cmd/ }).filter({ hasText: '0' }).waitFor();
  assert.match(await workbench.command('finish'), /0x40011/);
});
