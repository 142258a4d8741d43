/** The first promise: the page is at the prompts, and they answer. */
import assert from 'node:assert/strict';
import { test } from './harness.ts';

test('all three domains answer at their own terminals', async ({ workbench }) => {
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForText('d1', /major\n4\ndomU1 #/);
  await workbench.type('d0', 'echo $((6*7)) from $(hostname)\n');
  await workbench.waitForText('d0', /^42 from dom0$/m);
  await workbench.type('d2', 'echo $((6*8)) from $(hostname)\n');
  await workbench.waitForText('d2', /^48 from domU2$/m);
});

test('no request leaves the page’s own origin', async ({ page, workbench, url }) => {
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== new URL(url).origin)
      foreign.push(request.url());
  });
  await page.reload();
  await workbench.waitForText('d1', /domU1 # $/);
  assert.deepEqual(foreign, []);
});

test('guests run while the map and the counters move', async ({ workbench }) => {
  await workbench.waitForRunning();
  const before = await workbench.instructions();
  await workbench.type('d1', 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; echo loop is done\n');
  await workbench.waitForText('d1', /^loop is done$/m);
  assert.notEqual(await workbench.instructions(), before);
});
