/** Runs workloads on ours, in each engine, and on native QEMU, in turn. */
import type { Server } from 'node:http';
import { DEFAULT_PACK } from '../../pack/node/build-pack.ts';
import type { Tier } from './agent.ts';
import type { MeasuredMachine, Timing } from './measured.ts';
import type { Options } from './options.ts';
import { type Engine, type OurMachine, startOurs } from './our-machine.ts';
import { QemuMachine } from './qemu-machine.ts';
import { makeResult, type Result } from './report.ts';
import type { Workload } from './workload.ts';
import { WORKLOADS } from './workloads.ts';

const BOOTS: readonly (readonly [name: string, tier: Tier])[] = [
  ['boot', 'mixed'],
  ['boot-interpreted', 'interpreter'],
];

/** What `Comparison` measures. */
export const COMPARED: readonly string[] = [...BOOTS, ...WORKLOADS.map(({ name }) => [name])].map(([name]) => name);

async function bootQemu(): Promise<Timing> {
  const machine = await QemuMachine.start(DEFAULT_PACK);
  await machine.stop();
  return { seconds: machine.bootSeconds };
}

async function bootOurs(engine: Engine, site: Server, tier: Tier): Promise<Timing> {
  const machine = await startOurs(engine, site);
  try {
    return await machine.boot(tier);
  } finally {
    await machine.stop();
  }
}

export class Comparison {
  constructor(
    private readonly site: Server,
    private readonly options: Options,
    private readonly note: (result: Result) => void,
  ) {}

  async run(): Promise<void> {
    await this.boots();
    await this.commands();
  }

  private wants(name: string): boolean {
    return this.options.only.length === 0 || this.options.only.includes(name);
  }

  /** Boots of QEMU are the same whatever they are compared with. */
  private async boots(): Promise<void> {
    const wanted = BOOTS.filter(([name]) => this.wants(name)).flatMap(([name, tier]) =>
      this.options.engines.map((engine) => ({ name, tier, engine, timings: [] as Timing[] })),
    );
    const qemu: Timing[] = [];
    for (let run = 0; wanted.length > 0 && run < this.options.runs; run++) {
      qemu.push(await bootQemu());
      for (const { engine, tier, timings } of wanted) timings.push(await bootOurs(engine, this.site, tier));
    }
    for (const { name, engine, timings } of wanted) this.note(makeResult(name, engine, timings, qemu));
  }

  /** QEMU runs from its own boot; ours from the boot snapshot. All stay up over all workloads, so all have translated code of what ran before. */
  private async commands(): Promise<void> {
    const wanted = WORKLOADS.filter(({ name }) => this.wants(name));
    if (wanted.length === 0) return;
    const started: MeasuredMachine[] = [];
    try {
      const qemu = await QemuMachine.start(DEFAULT_PACK);
      started.push(qemu);
      const ours: OurMachine[] = [];
      for (const engine of this.options.engines) {
        const machine = await startOurs(engine, this.site);
        started.push(machine);
        ours.push(machine);
        await machine.start('mixed');
      }
      for (const workload of wanted) await this.compare(workload, qemu, ours);
    } finally {
      for (const machine of started) await machine.stop();
    }
  }

  private async compare(workload: Workload, qemu: QemuMachine, ours: readonly OurMachine[]): Promise<void> {
    const machines: readonly MeasuredMachine[] = [qemu, ...ours];
    const timings = machines.map((): Timing[] => []);
    for (const machine of machines) await machine.prepare(workload);
    for (let run = 0; run < this.options.runs; run++)
      for (const [i, machine] of machines.entries()) timings[i].push(await machine.run(workload));
    const [qemuTimings, ...ourTimings] = timings;
    this.options.engines.forEach((engine, i) =>
      this.note(makeResult(workload.name, engine, ourTimings[i], qemuTimings)),
    );
  }
}
