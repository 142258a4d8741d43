/**
 * `npm run bench`: workloads on our machine and on native QEMU, in turn in one run, with the same images.
 *
 * QEMU runs from its own boot; ours from the boot snapshot. Both stay up over all workloads, so both have translated code of what ran before.
 */
import { loadPack, type Pack } from '../pack/load.ts';
import { DEFAULT_PACK } from '../pack/node/build-pack.ts';
import { FolderFiles } from '../pack/node/folder-files.ts';
import type { Engine } from '../headless/arguments.ts';
import { bootOurs, OurMachine } from './bench/our-machine.ts';
import { QemuMachine } from './bench/qemu-machine.ts';
import type { Timing } from './bench/measured.ts';
import { commitResults, committedResults, HEADING, line, machineKind, median, type Result } from './bench/report.ts';
import { WORKLOADS, type Workload } from './bench/workloads.ts';

const USAGE = `Usage: npm run bench -- [--json] [--only NAME]... [--engine node] [--runs N] [--commit]
  --json      print the results as one JSON array, the last line
  --only      only these workloads: boot, boot-interpreted, ${WORKLOADS.map(({ name }) => name).join(', ')}
  --runs N    times each is run on each (default 3); the medians count
  --commit    write the results to the file of last results`;

interface Options {
  readonly json: boolean;
  readonly only: readonly string[];
  readonly runs: number;
  readonly commit: boolean;
}

const BOOTS: readonly (readonly [string, Engine])[] = [
  ['boot', 'mixed'],
  ['boot-interpreted', 'interpreter'],
];

function readOptions(words: readonly string[]): Options {
  const options = { json: false, only: [] as string[], runs: 3, commit: false };
  const names = new Set([...BOOTS.map(([name]) => name), ...WORKLOADS.map(({ name }) => name)]);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--json') options.json = true;
    else if (word === '--commit') options.commit = true;
    else if (word === '--only' && names.has(words[i + 1])) options.only.push(words[++i]);
    else if (word === '--runs' && Number(words[i + 1]) >= 1) options.runs = Number(words[++i]);
    else if (word === '--engine' && words[i + 1] === 'node') i++;
    else throw new Error(`${word} ${words[i + 1] ?? ''}: not understood\n${USAGE}`);
  }
  return options;
}

function makeResult(name: string, ours: readonly Timing[], qemu: readonly Timing[]): Result {
  const seconds = (timings: readonly Timing[]): number => median(timings.map((timing) => timing.seconds));
  const oursSeconds = seconds(ours);
  const qemuSeconds = seconds(qemu);
  const instructions = median(ours.map((timing) => timing.instructions ?? 0));
  const mips = instructions / oursSeconds / 1e6;
  return { name, engine: 'node', oursSeconds, qemuSeconds, ratio: oursSeconds / qemuSeconds, instructions, mips };
}

class Bench {
  readonly results: Result[] = [];
  private readonly committed = committedResults();

  constructor(
    private readonly pack: Pack,
    private readonly options: Options,
  ) {}

  private wants(name: string): boolean {
    return this.options.only.length === 0 || this.options.only.includes(name);
  }

  private note(result: Result): void {
    this.results.push(result);
    if (!this.options.json) console.log(line(result, this.committed));
  }

  private async bootQemu(): Promise<Timing> {
    const machine = await QemuMachine.start(DEFAULT_PACK);
    await machine.stop();
    return { seconds: machine.bootSeconds };
  }

  /** Boots of QEMU are the same whatever they are compared with. */
  async boots(): Promise<void> {
    const wanted = BOOTS.filter(([name]) => this.wants(name));
    const ours = wanted.map((): Timing[] => []);
    const qemu: Timing[] = [];
    for (let run = 0; wanted.length > 0 && run < this.options.runs; run++) {
      qemu.push(await this.bootQemu());
      for (const [i, [, engine]] of wanted.entries()) ours[i].push(await bootOurs(this.pack, engine));
    }
    wanted.forEach(([name], i) => this.note(makeResult(name, ours[i], qemu)));
  }

  async commands(): Promise<void> {
    const wanted = WORKLOADS.filter(({ name }) => this.wants(name));
    if (wanted.length === 0) return;
    const qemu = await QemuMachine.start(DEFAULT_PACK);
    try {
      const ours = await OurMachine.start(this.pack, 'mixed');
      for (const workload of wanted) this.note(await this.compare(workload, ours, qemu));
    } finally {
      await qemu.stop();
    }
  }

  private async compare(workload: Workload, ours: OurMachine, qemu: QemuMachine): Promise<Result> {
    const ourTimings: Timing[] = [];
    const qemuTimings: Timing[] = [];
    await qemu.prepare(workload);
    await ours.prepare(workload);
    for (let run = 0; run < this.options.runs; run++) {
      qemuTimings.push(await qemu.run(workload));
      ourTimings.push(await ours.run(workload));
    }
    return makeResult(workload.name, ourTimings, qemuTimings);
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const bench = new Bench(await loadPack(new FolderFiles(DEFAULT_PACK)), options);
  if (!options.json) console.log(`${machineKind()}; medians of ${options.runs}\n${HEADING}`);
  await bench.boots();
  await bench.commands();
  if (options.commit) commitResults(bench.results);
  if (options.json) console.log(JSON.stringify(bench.results));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
