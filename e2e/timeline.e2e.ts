/** Who ran when, who was late and because of whom, and what the hypervisor cost: the page's tables against the events themselves. */
import assert from 'node:assert/strict';
import { test } from './harness.ts';
import { rawFigures } from './raw-events.ts';
import { nanoseconds, TimelinePage } from './timeline-page.ts';

/** Durations have three digits. */
function assertDuration(text: string, expected: number, what: string): void {
  const found = nanoseconds(text);
  assert.ok(Math.abs(found - expected) <= expected * 0.0051 + 1, `${what}: ${text}, but the events say ${expected} ns`);
}

/** Exits that are not over when a stretch ends are counted in neither or both: one for each pCPU. */
function assertCount(text: string, expected: number, what: string): void {
  assert.ok(Math.abs(Number(text) - expected) <= 4, `${what}: ${text}, but the events say ${expected}`);
}

test('the tables of the timeline are what the events say', async ({ page, workbench }) => {
  const timeline = new TimelinePage(page, workbench);
  await timeline.makeBusyAndPause();
  await page.getByTitle('Show the whole recording').click();
  await timeline.press('Control+a');
  const { from, to } = await timeline.stretch();
  const raw = rawFigures(await timeline.events(), from, to);

  // When does each domain run, and at which level?
  const times = await timeline.table('Time by vCPU');
  for (const [name, levels] of raw.levels) {
    const row = times.find(([who]) => who.endsWith(name));
    assert.ok(row, `${name} has a row`);
    levels.forEach((level, i) =>
      assertDuration(row[1 + i], level, `${name} ${['at EL0', 'at EL1', 'at EL2', 'asleep'][i]}`),
    );
    const running = levels.reduce((sum, level) => sum + level);
    assertDuration(row[5], running, `${name} running`);
  }
  assert.ok(raw.levels.size >= 4, 'three domains were busy');

  await timeline.drawerPage('Exits');
  const exits = await timeline.table('Exits by reason');
  for (const [name, count] of raw.exits) {
    const own = exits.filter(([who]) => who.endsWith(name));
    assertCount(String(own.reduce((sum, row) => sum + Number(row[2]), 0)), count, `exits of ${name}`);
  }
  const totalOf = (reason: string): string =>
    String(exits.filter((row) => row[1] === reason).reduce((sum, row) => sum + Number(row[2]), 0));
  assertCount(totalOf('xen_version'), raw.versionCalls, 'hypercalls for the version');
  assertCount(totalOf('WFI'), raw.wfi, 'WFI');
  assert.ok(raw.versionCalls >= 6, 'six programs asked for the version');

  // What is the overhead, and what causes it? Who is late, and who is responsible?
  await workbench.show('Statistics');
  for (const [who, share, el2] of await timeline.table('Overhead')) {
    const domid = who === 'Dom0' ? 0 : Number(who.replace('DomU', ''));
    const own = [...raw.levels].filter(([name]) => name.startsWith(`d${domid}v`)).map(([, levels]) => levels);
    const spent = own.reduce((sum, levels) => sum + levels[2], 0);
    const all = own.reduce((sum, levels) => sum + levels[0] + levels[1] + levels[2], 0);
    assertDuration(el2, spent, `EL2 of ${who}`);
    assert.ok(Math.abs(Number.parseFloat(share) - (100 * spent) / all) < 0.06, `${share} is ${spent} of ${all}`);
  }
  const [[late, waited]] = await timeline.table('Waits');
  assert.ok(late.endsWith(raw.longestWaiter), `${late} waited longest, but the events say ${raw.longestWaiter}`);
  assertDuration(waited, raw.longestWait, 'the longest wait');
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-statistics.png' });

  // The row leads to its place.
  await page.getByRole('table', { name: 'Waits' }).locator('tbody tr').first().click();
  await timeline.waitForEvent(/^(preempted|runnable)$/);
  assert.match(await timeline.eventText(), new RegExp(raw.longestWaiter));
  await page.screenshot({ path: 'e2e/screenshots/dark-1440-timeline.png' });
});

test('a drag over the timeline selects what it says', async ({ page, workbench }) => {
  const timeline = new TimelinePage(page, workbench);
  await timeline.makeBusyAndPause();
  await page.getByTitle('Show the whole recording').click();
  const box = await page.locator('.timeline-canvas canvas').boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * 0.3, box.y + 90);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 90, { steps: 5 });
  await page.mouse.up();
  const { from, to } = await timeline.stretch();
  const raw = rawFigures(await timeline.events(), from, to);
  const times = await timeline.table('Time by vCPU');
  for (const [name, levels] of raw.levels) {
    const row = times.find(([who]) => who.endsWith(name));
    assert.ok(row, `${name} has a row`);
    levels.slice(0, 3).forEach((level, el) => assertDuration(row[1 + el], level, `${name} at EL${el}`));
  }
  // Sorted by another column, the other way round.
  const head = page.getByRole('table', { name: 'Time by vCPU' }).getByRole('button', { name: /^EL2/ });
  await head.click();
  await head.click();
  const sorted = (await timeline.table('Time by vCPU')).map((row) => nanoseconds(row[3]));
  assert.deepEqual(
    sorted,
    sorted.toSorted((a, b) => a - b),
  );
});

test('the timeline by keyboard: search, along the track, along an arrow, to the code', async ({ page, workbench }) => {
  const timeline = new TimelinePage(page, workbench);
  await timeline.makeBusyAndPause();
  await timeline.press('/');
  await page.keyboard.type('xen_version');
  await page.keyboard.press('Enter');
  await timeline.waitForEvent(/^xen_version$/);
  const text = await timeline.eventText();
  assert.match(text, /ESR_EL2/);
  assert.match(text, /HYPERVISOR_xen_version/);
  assert.match(text, /SVC \w+: EL0 → EL1/);
  assert.match(text, /task \w+ \d+/);

  // The arrow of the hypercall leads from the vCPU, and back to it.
  await timeline.press('[');
  await timeline.waitForEvent(/^pCPU \d$/);
  await timeline.press(']');
  await page
    .locator('.timeline-event h3')
    .filter({ hasNotText: /^pCPU \d$/ })
    .waitFor();
  await timeline.search('xen_version');
  await timeline.waitForEvent(/^xen_version$/);
  await timeline.press('.');
  await timeline.waitForEvent(/^EL1$/);
  await timeline.press(',');
  await timeline.waitForEvent(/^xen_version$/);

  await timeline.press('f');
  await timeline.press('f');
  await timeline.waitForSight((length) => length < 20_000);
  await timeline.press('s');
  await timeline.press('r');
  const { from, to } = await timeline.stretch();
  assert.ok(to - from < 20_000);
  await timeline.press('Home');
  await timeline.waitForSight((length) => length > 1e6);

  await page.getByLabel('Timeline details').getByRole('button', { name: 'Event', exact: true }).click();
  await page.keyboard.press('Alt+m');
  await page.locator('.timeline-frame .address-link').first().click();
  await page.locator('.address-scroller', { hasText: 'hvc' }).first().waitFor();
});

test('tracks are pinned, moved, folded and found', async ({ page, workbench }) => {
  const timeline = new TimelinePage(page, workbench);
  await timeline.makeBusyAndPause();
  await timeline.press('.');
  await page.locator('.timeline-event').waitFor();
  await timeline.press('p');
  await page.locator('.timeline-pin[aria-pressed=true]').waitFor();
  const names = await timeline.names();
  assert.match(names[0], /Pinned/);
  await timeline.press('p');
  await page.locator('.timeline-group', { hasText: 'Pinned' }).waitFor({ state: 'detached' });

  const group = page.locator('.timeline-group', { hasText: 'DomU1 (d1)' });
  await group.click();
  await page.locator('.timeline-name', { hasText: /^d1v0$/ }).waitFor({ state: 'detached' });
  await group.click();
  await page.locator('.timeline-name', { hasText: /^d1v0$/ }).waitFor();
  await page.locator('.timeline-group', { hasText: 'Counters' }).click();

  await timeline.press('t');
  await page.keyboard.type('d1v');
  await page.locator('.timeline-name', { hasText: 'pCPU 0' }).first().waitFor({ state: 'detached' });
  assert.ok((await timeline.names()).every((name) => /DomU1|d1v/.test(name)));
  await page.getByLabel('Find tracks').fill('');

  // The row of the event that `.` chose, the first of its group.
  const focused = (await page.locator('.timeline-name[data-focus=true]').innerText()).trim();
  const before = (await timeline.names()).indexOf(focused);
  await timeline.press('Alt+ArrowDown');
  await timeline.waitForNames((now) => now.indexOf(focused) > before);

  // Reloaded, the tracks are as they were.
  await page.reload();
  await timeline.waitForNames((now) => now.indexOf(focused) > before);
  const counters = page.locator('.timeline-group', { hasText: 'Counters' });
  assert.equal(await counters.getAttribute('aria-expanded'), 'false');
});

test('the recording is saved for other programs', async ({ page, workbench }) => {
  const timeline = new TimelinePage(page, workbench);
  await timeline.makeBusyAndPause();
  const text = async (button: 'chrome' | 'csv'): Promise<string> =>
    new TextDecoder().decode(await timeline.saved(button));
  const { traceEvents } = JSON.parse(await text('chrome')) as { traceEvents: { ph: string; name: string }[] };
  const calls = traceEvents.filter(({ ph, name }) => ph === 'X' && name === 'xen_version').length;
  assert.ok(calls >= 6, `${calls} hypercalls for the version`);

  const rows = (await text('csv')).split('\r\n').map((line) => line.split(','));
  assert.deepEqual(rows[0].slice(0, 5), ['table', 'domain', 'vcpu', 'name', 'count']);
  const counted = rows.filter(([table, , , name]) => table === 'exit' && name === 'xen_version');
  assert.equal(
    counted.reduce((sum, row) => sum + Number(row[4]), 0),
    calls,
  );

  // A Perfetto trace is a sequence of packets, each field 1 of the file; its names are in it as they are.
  const trace = await timeline.saved('perfetto');
  assert.equal(trace[0], 0x0a);
  assert.ok(new TextDecoder('latin1').decode(trace).includes('xen_version'));
});

test('stops, steps and logpoints are marked, probed functions are drawn', async ({ page, workbench }) => {
  const timeline = new TimelinePage(page, workbench);
  await workbench.addBreakpoint('do_xen_version', 'xen');
  await workbench.type('d1', 'cat /sys/hypervisor/version/major\n');
  await workbench.waitForStop();
  await workbench.step('F11');
  await workbench.show('Timeline');
  await page.locator('.timeline-name', { hasText: 'Marks' }).waitFor();
  await timeline.search('do_xen_version');
  await timeline.waitForEvent(/do_xen_version/);
  assert.match(await timeline.eventText(), /debugger/);
  await timeline.search('after a step');
  await timeline.waitForEvent(/after a step/);

  await timeline.drawerPage('Probes');
  await page.getByLabel('New probe').fill('d1:vfs_read/3');
  await page.getByLabel('New probe').press('Enter');
  await page.getByRole('list', { name: 'Probed functions' }).getByText('d1:vfs_read/3').waitFor();
  await page.getByLabel('New probe').fill('d1:no_such_function');
  await page.getByLabel('New probe').press('Enter');
  await page.getByRole('alert').getByText('no_such_function').waitFor();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page
    .locator('.timeline-name', { hasText: /d1v\d functions/ })
    .first()
    .waitFor({ timeout: 60_000 });
});
