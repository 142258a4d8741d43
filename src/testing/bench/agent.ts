/** What runs beside our machine, in a process or a browser's worker of its own, and obeys the bench. */
import type { PackFiles } from '../../pack/files.ts';
import { loadPack, type Pack } from '../../pack/load.ts';
import { GuestMachine } from './guest-machine.ts';
import type { Timing } from './measured.ts';
import { definition, endMark, functionName, type Workload } from './workload.ts';

/** A translator threshold as JSON has it: Infinity is absent there. */
export type Tier = 'interpreter' | 'translator' | 'mixed';
const TIERS: Readonly<Record<Tier, number | undefined>> = {
  interpreter: Infinity,
  translator: 1,
  mixed: undefined,
};

/** Where a run was, and what the machine's state was there. */
export interface Checkpoint {
  readonly name: string;
  readonly instructions: number;
  readonly hash: string;
}

/** What has been translated since the machine was made. */
export interface CodeMade {
  readonly regions: number;
  readonly bytes: number;
  /** Bytes that may still be in use. */
  readonly alive: number;
}

/** What the bench asks for. Arguments and results are plain data. */
export class Agent {
  private machine: GuestMachine | undefined;
  private pack: Pack | undefined;

  constructor(private readonly files: PackFiles) {}

  /** A cold boot from nothing to all prompts, with making the machine and reading the images. The machine stays. */
  async boot(tier: Tier): Promise<Timing> {
    this.machine = undefined;
    const pack = await this.openPack();
    const begin = performance.now();
    this.machine = new GuestMachine(pack, TIERS[tier]);
    await this.machine.boot();
    const seconds = (performance.now() - begin) / 1000;
    return { seconds, instructions: this.machine.machine.instructions };
  }

  /** A machine at the prompts of the boot snapshot. */
  async start(tier: Tier): Promise<void> {
    this.machine = undefined;
    this.machine = new GuestMachine(await this.openPack(), TIERS[tier]);
    await this.machine.restore();
  }

  async prepare(workload: Workload): Promise<void> {
    const machine = this.started();
    for (const job of workload.jobs) {
      for (const text of [...(workload.setUp ?? []), definition(workload, job)]) {
        machine.type(job.domain, `${text}\n`);
        await machine.until(`d${job.domain}`, / # $/);
      }
    }
  }

  async run({ name, jobs }: Workload): Promise<Timing> {
    const guests = this.started();
    const { instructions } = guests.machine;
    const begin = performance.now();
    for (const { domain } of jobs) guests.type(domain, `${functionName(name)}\n`);
    for (const { domain } of jobs) await guests.until(`d${domain}`, endMark(name));
    const seconds = (performance.now() - begin) / 1000;
    return { seconds, instructions: guests.machine.instructions - instructions };
  }

  async advance(count: number): Promise<Timing> {
    const begin = performance.now();
    await this.started().advance(count);
    return { seconds: (performance.now() - begin) / 1000, instructions: count };
  }

  checkpoint(name: string): Promise<Checkpoint> {
    const guests = this.started();
    return Promise.resolve({ name, instructions: guests.machine.instructions, hash: guests.hash() });
  }

  codeMade(): Promise<CodeMade> {
    const { made, codeBytes } = this.started().machine.translator;
    return Promise.resolve({ ...made, alive: codeBytes });
  }

  private started(): GuestMachine {
    if (!this.machine) throw new Error('no machine was started');
    return this.machine;
  }

  private async openPack(): Promise<Pack> {
    return (this.pack ??= await loadPack(this.files));
  }
}

export const AGENT_METHODS = ['boot', 'start', 'prepare', 'run', 'advance', 'checkpoint', 'codeMade'] as const;
type AgentMethod = (typeof AGENT_METHODS)[number];

export interface Request {
  readonly method: AgentMethod;
  readonly args: readonly unknown[];
}

/** `error` is a message. */
export type Reply = { readonly result: unknown } | { readonly error: string };

export async function obey(agent: Agent, { method, args }: Request): Promise<Reply> {
  try {
    const run = agent[method].bind(agent) as (...args: readonly unknown[]) => Promise<unknown>;
    return { result: await run(...args) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
