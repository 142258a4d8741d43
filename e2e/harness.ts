/** How end-to-end tests are written: `test(name, body)`, with a page that is open at the prompts of the real pack. */
import type { Page } from 'playwright-core';
import type { WorkbenchPage } from './workbench-page.ts';

/** What a test is given. */
export interface TestContext {
  readonly page: Page;
  readonly workbench: WorkbenchPage;
  /** Address of the site, with the sub-path it is served from. */
  readonly url: string;
}

/** How the page is opened. */
export interface TestOptions {
  readonly theme?: 'dark' | 'light';
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Leaves the opening to the test. */
  readonly isClosed?: boolean;
}

export interface Test {
  readonly name: string;
  readonly options: TestOptions;
  readonly body: (context: TestContext) => Promise<void>;
}

const tests: Test[] = [];

/** Registers a test. */
export function test(name: string, body: Test['body'], options: TestOptions = {}): void {
  tests.push({ name, body, options });
}

/** All that have been registered. */
export function registeredTests(): readonly Test[] {
  return tests;
}
