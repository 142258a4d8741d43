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
  await page.locator('.source-current').waitFor({ timeout: 20_000 });
  assert.match(await page.locator('.view-lines').first().innerText(), /HYPERVISOR_xen_version/);
  await page.keyboard.press('F5');
  await workbench.show('DomU1');
  await workbench.waitForText('d1', /major\n4\ndomU1 #/);
});

test('single instructions lead through the HVC into Xen and back', async ({ workbench }) => {
  await workbench.addBreakpoint('HVC #17', 'd1');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  assert.match(await workbench.waitForStop(), /HVC/);
  assert.equal((await workbench.register('ESR_EL2')).replace(/^0+/, ''), '5a000ea1');
  await workbench.step('Control+F11');
  assert.match(await workbench.status(), /in Xen$/);
});
