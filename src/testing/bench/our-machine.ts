/** Workloads on our machine in Node. */
import { ENGINES, type Engine } from '../../headless/arguments.ts';
import { Runner } from '../../headless/runner.ts';
import type { Pack } from '../../pack/load.ts';
import type { MeasuredMachine, Timing } from './measured.ts';
import { definition, endMark, functionName, type Workload } from './workloads.ts';

const LIMIT = 1e12;

function makeRunner(engine: Engine): Runner {
  const runner = new Runner(LIMIT, () => {});
  const threshold = ENGINES[engine];
  if (threshold !== undefined) runner.machine.translator.threshold = threshold;
  return runner;
}

function time(runner: Runner, work: () => void): Timing {
  const { instructions } = runner.machine;
  const begin = performance.now();
  work();
  return { seconds: (performance.now() - begin) / 1000, instructions: runner.machine.instructions - instructions };
}

/** Seconds and instructions from the first instruction to the prompts of all domains. */
export async function bootOurs(pack: Pack, engine: Engine): Promise<Timing> {
  const runner = makeRunner(engine);
  const images = await pack.images();
  return time(runner, () => {
    runner.coldBoot(images, pack.manifest.entry);
    for (const { domid, hostname } of pack.manifest.domains)
      runner.step({ kind: 'until', console: `d${domid}`, pattern: new RegExp(`${hostname} # `) });
  });
}

export class OurMachine implements MeasuredMachine {
  private constructor(private readonly runner: Runner) {}

  /** A machine at the prompts of the pack's boot snapshot. */
  static async start(pack: Pack, engine: Engine): Promise<OurMachine> {
    const runner = makeRunner(engine);
    const snapshot = await pack.snapshot();
    if (!snapshot) throw new Error('the pack has no boot snapshot');
    runner.load(snapshot);
    return new OurMachine(runner);
  }

  prepare(workload: Workload): Promise<void> {
    for (const job of workload.jobs) {
      this.type(job.domain, definition(workload, job));
      this.await(job.domain, / # $/);
    }
    return Promise.resolve();
  }

  run({ name, jobs }: Workload): Promise<Timing> {
    const timing = time(this.runner, () => {
      for (const { domain } of jobs) this.type(domain, `${functionName(name)}\n`);
      for (const { domain } of jobs) this.await(domain, endMark(name));
    });
    return Promise.resolve(timing);
  }

  private type(domain: number, text: string): void {
    this.runner.step({ kind: 'type', console: `d${domain}`, text });
  }

  private await(domain: number, pattern: RegExp): void {
    this.runner.step({ kind: 'until', console: `d${domain}`, pattern });
  }
}
