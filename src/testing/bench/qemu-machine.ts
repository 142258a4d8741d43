/** Workloads on native QEMU. */
import { QemuSystem, untilPrompts } from '../qemu-system.ts';
import type { MeasuredMachine, Timing } from './measured.ts';
import { definition, functionName, type Workload } from './workload.ts';

const BOOT_SECONDS = 240;
const RUN_SECONDS = 240;
const SWITCH_SECONDS = 20;

export class QemuMachine implements MeasuredMachine {
  /** Domain that has Xen's console input. */
  private focus = 0;

  private constructor(
    private readonly system: QemuSystem,
    /** Seconds from the start of the program to the prompts of all domains. */
    readonly bootSeconds: number,
  ) {}

  static async start(folder: string): Promise<QemuMachine> {
    const begin = performance.now();
    const system = await QemuSystem.start(folder);
    return new QemuMachine(system, await untilPrompts(system, begin, BOOT_SECONDS));
  }

  stop(): Promise<void> {
    return this.system.stop();
  }

  async prepare(workload: Workload): Promise<void> {
    for (const job of workload.jobs) {
      await this.focusOn(job.domain);
      for (const text of [...(workload.setUp ?? []), definition(workload, job)]) await this.command(text);
    }
  }

  private async command(text: string): Promise<void> {
    await this.system.type(`${text}\n`);
    // A prompt without a line end is not printed for a domain of which Xen prints whole lines: ask for a line.
    await this.system.type('echo ready-$((6*7))\n');
    await this.system.until(/ready-42/, SWITCH_SECONDS);
  }

  /**
   * The time is from the line end that starts the first job: typing has pauses that are none of QEMU's. Jobs but the first are started while those before run,
   * switching Xen's console in between.
   */
  async run({ name, jobs }: Workload): Promise<Timing> {
    await this.focusOn(jobs[0].domain);
    await this.system.type(functionName(name));
    const begin = performance.now();
    this.system.process.stdin.write('\n');
    for (const { domain } of jobs.slice(1)) {
      await this.focusOn(domain);
      await this.system.type(`${functionName(name)}\n`);
    }
    await this.system.until(new RegExp(`(end-42-${name}[^]*?){${jobs.length}}`), RUN_SECONDS);
    return { seconds: (performance.now() - begin) / 1000 };
  }

  private async focusOn(domain: number): Promise<void> {
    // Dom0, the DomUs, then Xen itself.
    const stations = this.system.manifest.domains.length + 1;
    while (this.focus !== domain) {
      await this.system.switchConsole();
      this.focus = (this.focus + 1) % stations;
    }
  }
}
