/** The browser that tests and benchmarks run in. */
import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

/** Name and main version, as `Chromium 142`. */
export function chromiumVersion(): string {
  const { stdout } = spawnSync(CHROMIUM, ['--version', '--no-sandbox'], { encoding: 'utf8' });
  return /^\w+ \d+/.exec(stdout ?? '')?.[0] ?? 'no Chromium';
}
