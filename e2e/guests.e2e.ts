/** What a person does to guests, and what becomes of it. */
import assert from 'node:assert/strict';
import { test } from './harness.ts';
import type { WorkbenchPage } from './workbench-page.ts';

/** Stops DomU1's first `cat` in its kernel. */
async function stopInKernel(workbench: WorkbenchPage): Promise<void> {
  await workbench.addBreakpoint('major_show', 'd1');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForStop();
}

/** Address of a kernel's variable in DomU1, by the debugger's own word. */
async function addressOf(workbench: WorkbenchPage, expression: string): Promise<string> {
  const printed = await workbench.command(`p &${expression}`);
  const address = /0x[0-9a-f]{9,16}/.exec(printed)?.[0];
  assert.ok(address, printed);
  return address;
}

test('memory that was edited is what the guest sees', async ({ page, workbench }) => {
  await stopInKernel(workbench);
  const address = await addressOf(workbench, 'init_uts_ns.name.nodename');
  await workbench.show('Memory');
  await page.getByLabel('Memory address').fill(`d1:EL1:${address}`);
  await page.keyboard.press('Enter');
  const row = page.locator('.hex-row').first();
  await row.getByText(/domU1/).waitFor();
  const at = Number.parseInt(address.slice(-1), 16);
  await row.locator('.hex-byte').nth(at).click();
  await page.keyboard.type('58');
  await row.getByText(/XomU1/).waitFor();
  await page.keyboard.press('F5');
  await workbench.waitForRunning();
  await workbench.type('d1', 'hostname\n');
  await workbench.waitForText('d1', /^XomU1$/m);
});

test('a data breakpoint stops where the value is changed, and nowhere before', async ({ page, workbench }) => {
  await stopInKernel(workbench);
  const address = await addressOf(workbench, 'init_uts_ns.name.nodename');
  await workbench.addBreakpoint(`change d1:EL1:${address} 8`, 'd1');
  await page.keyboard.press('F5');
  await workbench.waitForRunning();
  await workbench.type('d1', 'hostname; hostname renamed\n');
  assert.match(await workbench.waitForStop(), /^paused: data breakpoint .* in DomU1$/);
  await workbench.show('DomU1');
  await workbench.waitForText('d1', /renamed\ndomU1/);
});

test('a scope that is edited decides who stops', async ({ page, workbench }) => {
  await workbench.addBreakpoint('major_show', 'd2');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForText('d1', /major\n4\ndomU1 #/);
  await page.getByRole('button', { name: /Edit/ }).first().click();
  await page.getByLabel('Scope', { exact: true }).selectOption('d1');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  assert.match(await workbench.waitForStop(), /^paused: breakpoint .* in DomU1$/);
});

test('after a crash of the worker one click goes on, with breakpoints kept', async ({ page, workbench }) => {
  await workbench.addBreakpoint('major_show', 'd1');
  await page.workers()[0].evaluate('void Promise.reject(new Error("a defect of the worker"))');
  await page
    .getByRole('alert')
    .getByText(/a defect of the worker/)
    .waitFor();
  await page.getByRole('button', { name: 'Go on from the boot snapshot' }).click();
  await workbench.waitForRunning();
  await page.locator('.breakpoint-glyph.applied').first().waitFor();
  await workbench.waitForText('d1', /domU1 # $/);
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  assert.match(await workbench.waitForStop(), /^paused: breakpoint .* in DomU1$/);
});
