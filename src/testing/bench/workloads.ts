/** What `npm run bench` measures: the same commands in the same guests, on ours and on QEMU. */

/** A command of one domain. Its name becomes a shell function, so that typing it takes no time. */
export interface Job {
  /** Domain number. */
  readonly domain: number;
  readonly script: string;
}

export interface Workload {
  readonly name: string;
  /** Lines that each of the domains executes before, untimed. */
  readonly setUp?: readonly string[];
  /** All run at once; the workload ends with the last. */
  readonly jobs: readonly Job[];
}

const inDomU1 = (name: string, script: string): Workload => ({ name, jobs: [{ domain: 1, script }] });

const repeat = (count: number, body: string): string => `i=0; while [ $i -lt ${count} ]; do ${body}; i=$((i+1)); done`;

/** A loop of floating-point calls that are the C library's software and the CPU's hardware in turn. */
const floats = (count: number): string =>
  `awk 'BEGIN { for (i = 1; i < ${count}; i++) s += sin(i) * sqrt(i) / i; print s }'`;

/** Follows a chain through 60,000 array elements, which lie all over some megabytes of heap. */
const WALK =
  "awk 'BEGIN { n = 60000; for (i = 0; i < n; i++) a[i] = (i * 7919 + 13) % n; for (k = 0; k < 2 * n; k++) j = a[j + 0]; print j }'";

/** The program that runs the command, busybox itself: six make 7.9 MB. */
const BUSYBOX = '/proc/self/exe';

/** Beside `boot` and `boot-interpreted`, which are no commands. */
export const WORKLOADS: readonly Workload[] = [
  inDomU1('sha256', 'dd if=/dev/zero bs=64k count=512 2>/dev/null | sha256sum'),
  inDomU1('gzip', `cat ${BUSYBOX} ${BUSYBOX} ${BUSYBOX} ${BUSYBOX} ${BUSYBOX} ${BUSYBOX} | gzip | wc -c`),
  inDomU1('shell', `s=0; ${repeat(100_000, 's=$((s + i * 3))')}; echo $s`),
  inDomU1('fork', repeat(500, '/bin/true')),
  inDomU1('awk', floats(300_000)),
  inDomU1('memory', WALK),
  inDomU1('syscalls', 'dd if=/dev/zero of=/dev/null bs=1 count=300000 2>/dev/null'),
  inDomU1('hypercalls', `${repeat(5000, 'read v < /sys/hypervisor/version/major')}; echo $v`),
  {
    name: 'mixed',
    jobs: [
      { domain: 0, script: 'dd if=/dev/zero bs=64k count=256 2>/dev/null | sha256sum' },
      { domain: 2, script: floats(150_000) },
      { domain: 1, script: repeat(200, '/bin/true') },
    ],
  },
];

/** Shell function of a job. */
export const functionName = (name: string): string => `b_${name}`;

/** Command that defines a job's function. What it prints at its end is not in the definition, which the terminal echoes. */
export function definition({ name }: Workload, { script }: Job): string {
  return `${functionName(name)}() { ${script}; echo "end-$((40+2))-${name}"; }`;
}

/** What a job prints when it is done. */
export const endMark = (name: string): RegExp => new RegExp(`end-42-${name}`);
