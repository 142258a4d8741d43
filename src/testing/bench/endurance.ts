/** An hour of mixed load in little: all three domains run ever other programs, and code, regions and speed are printed by the minute. */
import { serveAgent } from './chromium-site.ts';
import type { Options } from './options.ts';
import { type Engine, startOurs } from './our-machine.ts';
import type { Workload } from './workload.ts';

const MINUTES = 60;
/** Instructions that stand for a minute: enough for each domain to go through its programs about once. */
const MINUTE = 400_000_000;
const MEBIBYTE = 2 ** 20;
/** Most bytes of generated code. */
const LIMIT = 256 * MEBIBYTE;

/** Goes through the programs again and again, in the background so that the prompt is back. */
const forEver = (programs: readonly string[]): string =>
  `while :; do ${programs.join('; ')}; done >/dev/null 2>&1 </dev/null & :`;

const FILES = [
  'ls -lR /sys/devices /bin',
  'find /sys/kernel -type f',
  'tar c /bin | gzip | wc -c',
  'sort -r /proc/kallsyms | head',
];
const TEXT = [
  'sed s/xen/XEN/g /proc/kallsyms',
  'grep -c a.*b /proc/kallsyms',
  'awk {s+=NR*length}END{print\\ s} /proc/kallsyms',
];
const SUMS = [
  'md5sum /bin/busybox',
  'sha1sum /bin/busybox',
  'sha512sum /bin/busybox',
  'cksum /bin/busybox',
  'bzip2 -c /bin/busybox | bunzip2 -c | od -x',
];
const PROCESSES = ['ps', 'free', 'top -b -n1', 'for i in 1 2 3 4 5 6 7 8; do /bin/true; done', 'dmesg'];

const LOAD: Workload = {
  name: 'load',
  jobs: [
    { domain: 0, script: forEver([...FILES, ...PROCESSES, ...SUMS]) },
    { domain: 1, script: forEver([...PROCESSES, ...TEXT, 'cat /sys/hypervisor/version/major', ...SUMS]) },
    { domain: 2, script: forEver([...SUMS, ...FILES, ...TEXT]) },
  ],
};

const SHOWN = 5;

/** Rejects when there is too much code. */
export async function endure({ engines }: Options): Promise<void> {
  for (const engine of engines) await endureIn(engine);
}

async function endureIn(engine: Engine): Promise<void> {
  const site = await serveAgent();
  const machine = await startOurs(engine, site);
  const speeds: number[] = [];
  try {
    await machine.boot('mixed');
    await machine.prepare(LOAD);
    await machine.run(LOAD);
    console.log(`${engine}: minute, million instructions per second, regions and MiB of wasm made so far, MiB alive`);
    for (let minute = 1; minute <= MINUTES; minute++) {
      const { seconds } = await machine.advance(MINUTE);
      const { regions, bytes, alive } = await machine.codeMade();
      speeds.push(MINUTE / seconds / 1e6);
      const cells = [speeds[minute - 1].toFixed(0), regions, inMebibytes(bytes), inMebibytes(alive)];
      if (minute <= SHOWN || minute % SHOWN === 0) console.log([minute, ...cells].join('\t'));
      if (alive > LIMIT) throw new Error(`${inMebibytes(alive)} MiB of generated code`);
    }
  } finally {
    await machine.stop();
    site.close();
    site.closeAllConnections();
  }
  console.log(`first ${SHOWN} minutes ${mean(speeds.slice(0, SHOWN))}, last ${SHOWN} ${mean(speeds.slice(-SHOWN))}`);
}

const inMebibytes = (bytes: number): string => (bytes / MEBIBYTE).toFixed(1);
const mean = (values: readonly number[]): string =>
  `${(values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(0)} MIPS`;
