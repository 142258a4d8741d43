/** The timeline and the statistics as a person uses them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import type { WorkbenchPage } from './workbench-page.ts';

const UNITS: Readonly<Record<string, number>> = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 };

/** Nanoseconds of `12.4 ms`. */
export function nanoseconds(text: string): number {
  const [value, unit] = text.trim().split(' ');
  const factor = UNITS[unit];
  assert.ok(factor !== undefined, `${text} is no duration`);
  return Number(value) * factor;
}

export class TimelinePage {
  constructor(
    private readonly page: Page,
    private readonly workbench: WorkbenchPage,
  ) {}

  /** Every domain has more to do than it has pCPUs for; DomU1 starts programs. Paused when they have been started. */
  async makeBusyAndPause(): Promise<void> {
    await this.workbench.type('d0', 'while :; do :; done & while :; do :; done &\n');
    await this.workbench.type('d2', 'while :; do :; done &\n');
    await this.workbench.type(
      'd1',
      'for i in 1 2 3 4 5 6; do cat /sys/hypervisor/version/major; done; echo all-$((40+2))\n',
    );
    await this.workbench.waitForText('d1', /all-42/, 180_000);
    await this.page.keyboard.press('F6');
    await this.workbench.waitForStop();
    // The whole of the window: otherwise a few rows are in sight.
    await this.workbench.show('Timeline');
    await this.page.keyboard.press('Alt+m');
    await this.page.locator('.timeline-name', { hasText: 'pCPU 0' }).first().waitFor();
  }

  get body(): Locator {
    return this.page.getByRole('group', { name: 'Timeline tracks' });
  }

  async press(key: string): Promise<void> {
    await this.body.focus();
    await this.page.keyboard.press(key);
  }

  async search(text: string): Promise<void> {
    await this.page.getByLabel('Search slices').fill(text);
    await this.page.getByLabel('Search slices').press('Enter');
  }

  async drawerPage(title: string): Promise<void> {
    await this.page.getByLabel('Timeline details').getByRole('button', { name: title, exact: true }).click();
  }

  /** What the chosen event is called; waits until it is `pattern`. */
  async waitForEvent(pattern: RegExp): Promise<void> {
    await this.page.locator('.timeline-event h3').filter({ hasText: pattern }).waitFor();
  }

  async eventText(): Promise<string> {
    return this.page.locator('.timeline-event').innerText();
  }

  /** The stretch that the figures are of, ns. */
  async stretch(): Promise<{ from: number; to: number }> {
    const body = this.page.locator('.timeline-drawer .view-body[data-to][aria-busy=false]');
    await body.waitFor();
    return { from: Number(await body.getAttribute('data-from')), to: Number(await body.getAttribute('data-to')) };
  }

  /** Rows of a table, by the text of their cells. */
  async table(label: string): Promise<string[][]> {
    const table = this.page.getByRole('table', { name: label });
    await table.locator('tbody tr').first().waitFor();
    return table
      .locator('tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.innerText.trim())));
  }

  /** The recording's events, as the page saves them. */
  events(): Promise<Uint8Array> {
    return this.saved('events');
  }

  /** The file that a button of the bar saves. */
  async saved(button: 'perfetto' | 'chrome' | 'csv' | 'events'): Promise<Uint8Array> {
    const download = this.page.waitForEvent('download');
    await this.page.locator('.timeline-bar').getByRole('button', { name: button, exact: true }).click();
    return Uint8Array.from(await readFile(await (await download).path()));
  }

  /** Names of the rows from top to bottom. */
  async names(): Promise<string[]> {
    const rows = await this.page
      .locator('.timeline-name > span, .timeline-group')
      .evaluateAll((names) =>
        names.map((name) => [name.getBoundingClientRect().top, (name.textContent ?? '').trim()] as const),
      );
    return rows.toSorted(([a], [b]) => a - b).map(([, name]) => name);
  }

  async waitForNames(isSo: (names: readonly string[]) => boolean): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (isSo(await this.names())) return;
      await this.page.waitForTimeout(50);
    }
    assert.fail(`the rows are ${(await this.names()).join(', ')}`);
  }

  async sight(): Promise<string> {
    return this.page.locator('.timeline-sight').innerText();
  }

  /** Waits until what is in sight is another length. */
  async waitForSight(isOther: (nanoseconds: number) => boolean): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (isOther(nanoseconds((await this.sight()).replace(' in sight', '')))) return;
      await this.page.waitForTimeout(50);
    }
    assert.fail(`${await this.sight()} is not what was waited for`);
  }
}
