/** The page as a person uses it: panels, terminals, keys. */
import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';

/** Milliseconds that a guest may take to answer on a busy test machine. */
const GUEST_TIMEOUT = 60_000;

export type TerminalName = 'xen' | 'd0' | 'd1' | 'd2';

const TAB_TITLES: Readonly<Record<TerminalName, string>> = { xen: 'Xen', d0: 'Dom0', d1: 'DomU1', d2: 'DomU2' };

export class WorkbenchPage {
  constructor(readonly page: Page) {}

  /** Opens the site and waits until the guests run and DomU1 shows its prompt. */
  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.waitForText('d1', /domU1 # $/);
    await this.waitForRunning();
    await this.closeGuide();
  }

  async closeGuide(): Promise<void> {
    const close = this.page.getByRole('button', { name: 'Close the guide' });
    if ((await close.count()) > 0) await close.click();
  }

  tab(title: string): Locator {
    return this.page.locator('.dock-tab', { hasText: new RegExp(`^${title}`) }).first();
  }

  async show(title: string): Promise<void> {
    await this.tab(title).click();
  }

  /** What a terminal shows now, without the blanks that fill its lines. */
  async text(terminal: TerminalName): Promise<string> {
    const rows = await this.page.locator(`[data-terminal=${terminal}] .xterm-rows > div`).allInnerTexts();
    return rows
      .map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** Waits until a terminal's text ends with or contains a match; its tab must be in front. */
  async waitForText(terminal: TerminalName, pattern: RegExp, timeout = GUEST_TIMEOUT): Promise<void> {
    const until = Date.now() + timeout;
    for (;;) {
      const text = `${await this.text(terminal)} `;
      if (pattern.test(text)) return;
      if (Date.now() > until) assert.fail(`${terminal} does not show ${pattern}; it shows:\n${text.slice(-600)}`);
      await this.page.waitForTimeout(100);
    }
  }

  /** Types into a terminal. */
  async type(terminal: TerminalName, text: string): Promise<void> {
    await this.show(TAB_TITLES[terminal]);
    await this.page.locator(`[data-terminal=${terminal}]`).click();
    await this.page.keyboard.type(text);
  }

  /** The words of the status bar: `paused: breakpoint bp1 in DomU1`. */
  async status(): Promise<string> {
    return (await this.page.locator('.status-state').innerText()).trim();
  }

  async waitForStop(timeout = GUEST_TIMEOUT): Promise<string> {
    await this.page.locator('.status-bar[data-state=paused]').waitFor({ timeout });
    return this.status();
  }

  async waitForRunning(): Promise<void> {
    await this.page.locator('.status-bar[data-state=running]').waitFor();
  }

  /** Presses a key of run control and waits for the stop it leads to. */
  async step(key: string): Promise<void> {
    const before = await this.instructions();
    await this.page.keyboard.press(key);
    const counter = this.page.locator('[title^="instructions"]');
    await counter.filter({ hasNotText: before }).waitFor({ timeout: GUEST_TIMEOUT });
    await this.waitForStop();
  }

  async instructions(): Promise<string> {
    return (await this.page.locator('[title^="instructions"]').textContent()) ?? '';
  }

  /** Adds a breakpoint by typing where, with a scope. */
  async addBreakpoint(place: string, scope: string): Promise<void> {
    await this.page.getByLabel('Scope of the new breakpoint').selectOption(scope);
    const field = this.page.getByRole('textbox', { name: 'New breakpoint' });
    const applied = this.page.locator('.breakpoint-glyph.applied');
    const before = await applied.count();
    await field.fill(place);
    await field.press('Enter');
    await applied.nth(before).waitFor({ timeout: GUEST_TIMEOUT });
  }

  /** Rows of the call stack, boundary rows included. */
  async stack(): Promise<string[]> {
    await this.page.locator('.frame').first().waitFor({ timeout: GUEST_TIMEOUT });
    return this.page.locator('.frame-name, .frame-boundary').allInnerTexts();
  }

  /** Waits until a function is in the call stack. */
  async waitForFrame(name: string): Promise<void> {
    await this.page.locator('.frame-name').getByText(name, { exact: true }).first().waitFor({ timeout: GUEST_TIMEOUT });
  }

  /** Runs a line in the debug console; what it printed. */
  async command(line: string): Promise<string> {
    await this.show('Debug Console');
    const entries = this.page.locator('.console-entry');
    const before = await entries.count();
    await this.page.getByLabel('Debugger command').fill(line);
    await this.page.keyboard.press('Enter');
    await entries.nth(before).waitFor({ timeout: 60_000 });
    return entries.nth(before).innerText();
  }

  /** The value of a register that is in sight, as hexadecimal digits. */
  async register(name: string): Promise<string> {
    await this.page.locator('.register-origin:not(:has-text("last stop"))').waitFor();
    await this.page.getByLabel('Search registers').fill(name);
    const row = this.page.locator('.tree-row', { has: this.page.getByText(name, { exact: true }) }).first();
    return (await row.locator('.register-value').innerText()).trim();
  }
}
