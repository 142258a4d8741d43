/** Who ran when. */
import assert from 'node:assert/strict';
import { test } from './harness.ts';

test('the timeline shows who ran, and a selection its figures', async ({ page, workbench }) => {
  await workbench.type('d1', 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; cat /sys/hypervisor/version/major\n');
  await workbench.waitForText('d1', /major\n4\ndomU1 #/);
  await page.keyboard.press('F6');
  await workbench.waitForStop();
  await workbench.show('Timeline');
  await page.locator('.timeline-name', { hasText: 'pCPU 0' }).first().waitFor();
  await page.getByTitle('Show the whole recording').or(page.getByLabel('Show the whole recording')).first().click();
  const box = await page.locator('.timeline-canvas canvas').boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * 0.05, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.95, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.locator('.timeline-selection tbody tr').first().waitFor();
  assert.match(await page.locator('.timeline-selection tbody').innerText(), /d1v\d/);
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-timeline.png' });
});
