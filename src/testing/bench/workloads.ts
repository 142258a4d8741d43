/** What `npm run bench` measures beside `boot` and `boot-interpreted`, which are no commands. */
import { typedProgram } from './typed-program.ts';
import type { Workload } from './workload.ts';

const inDomU1 = (name: string, script: string, setUp: readonly string[] = []): Workload => ({
  name,
  setUp,
  jobs: [{ domain: 1, script }],
});

const repeat = (count: number, body: string): string => `i=0; while [ $i -lt ${count} ]; do ${body}; i=$((i+1)); done`;

/** A loop of floating-point calls that are the C library's software and the CPU's hardware in turn. */
const floats = (count: number): string =>
  `awk 'BEGIN { for (i = 1; i < ${count}; i++) s += sin(i) * sqrt(i) / i; print s }'`;

/** A MiB of zeros that many times, hashed at the other end of a pipe: two processes that wake each other for every page. */
const hash = (mebibytes: number): string => `dd if=/dev/zero bs=1M count=${mebibytes} 2>/dev/null | sha256sum`;

/**
 * 8 MiB of the kernel's code in memory, from 3.6 MiB after its start on: before and after that, Linux patches instructions for the CPU and the devices it finds,
 * so that ours and QEMU's differ in a few. `/proc/kcore` has an address where it is without its sign, after 12 KiB of headers.
 */
const KERNEL_CODE = 'dd if=/proc/kcore bs=4096 skip=34359772051 count=2048 of=/tmp/image 2>/dev/null';

export const WORKLOADS: readonly Workload[] = [
  inDomU1('sha256', 'sha256sum /tmp/zeros', ['dd if=/dev/zero of=/tmp/zeros bs=1M count=32 2>/dev/null']),
  inDomU1('pipe', hash(32)),
  inDomU1('gzip', 'gzip -c /tmp/image | wc -c', [KERNEL_CODE]),
  inDomU1('shell', `s=0; ${repeat(100_000, 's=$((s + i * 3))')}; echo $s`),
  inDomU1('fork', repeat(500, '/bin/true')),
  inDomU1('awk', floats(300_000)),
  inDomU1('memory', '/tmp/walk && echo walked', typedProgram('walk', '/tmp/walk')),
  inDomU1('syscalls', 'dd if=/dev/zero of=/dev/null bs=1 count=300000 2>/dev/null'),
  inDomU1('hypercalls', `${repeat(5000, 'read v < /sys/hypervisor/version/major')}; echo $v`),
  {
    name: 'mixed',
    jobs: [
      { domain: 0, script: hash(16) },
      { domain: 2, script: floats(150_000) },
      { domain: 1, script: repeat(200, '/bin/true') },
    ],
  },
];
