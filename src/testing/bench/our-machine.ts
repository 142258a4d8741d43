/** Our machine as the bench sees it: an agent in a fresh process of Node or in a worker of a fresh Chromium, so that no code is left from another run. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../chromium.ts';
import { addressOf } from '../../pack/node/static-server.ts';
import { type Agent, AGENT_METHODS, type Reply, type Request } from './agent.ts';
import type { MeasuredMachine } from './measured.ts';

export const ENGINES = ['chromium', 'node'] as const;
export type Engine = (typeof ENGINES)[number];

/** An agent elsewhere: its methods, and its end. */
export type OurMachine = MeasuredMachine & Pick<Agent, (typeof AGENT_METHODS)[number]>;

/** Starts an agent; `site` serves its files to Chromium. */
export function startOurs(engine: Engine, site: Server): Promise<OurMachine> {
  return engine === 'node' ? startInNode() : startInChromium(addressOf(site));
}

type Send = (request: Request) => Promise<Reply>;

function remote(send: Send, stop: () => Promise<void>): OurMachine {
  const call =
    (method: Request['method']) =>
    async (...args: unknown[]): Promise<unknown> => {
      const reply = await send({ method, args });
      if ('error' in reply) throw new Error(reply.error);
      return reply.result;
    };
  const methods = Object.fromEntries(AGENT_METHODS.map((method) => [method, call(method)]));
  return { ...methods, stop } as unknown as OurMachine;
}

function startInNode(): Promise<OurMachine> {
  const child = fork(join(import.meta.dirname, 'node-agent.ts'), [], { execArgv: ['--import', 'tsx'] });
  return Promise.resolve(
    remote(
      (request) => askChild(child, request),
      async () => {
        child.disconnect();
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    ),
  );
}

function askChild(child: ChildProcess, request: Request): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the process of our machine has ended'));
    child.once('exit', ended);
    child.once('message', (reply) => {
      child.off('exit', ended);
      resolve(reply as Reply);
    });
    child.send(request);
  });
}

async function startInChromium(url: string): Promise<OurMachine> {
  const browser = await launchChromium();
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  return remote(
    (request) => askPage(browser, page, request),
    () => browser.close(),
  );
}

/** The page's only script keeps the worker and defines `ask`. */
function askPage(browser: Browser, page: Page, request: Request): Promise<Reply> {
  if (!browser.isConnected()) throw new Error('Chromium has ended');
  return page.evaluate((message) => {
    const { ask } = globalThis as unknown as { ask: (message: Request) => Promise<Reply> };
    return ask(message);
  }, request);
}
