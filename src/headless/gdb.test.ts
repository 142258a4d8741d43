/** Stock gdb-multiarch on the pack's boot snapshot. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');
const PACK = join(import.meta.dirname, '../../public/packs/default');
const CAT = 'cat /sys/hypervisor/version/major\\n';
const STEPS = ['--type', 'd0', CAT, '--type', 'd1', CAT, '--gdb', '0', '--until', 'd1', '^4'];
const XEN_PID = 0x7ff3;

const SCRIPT = (port: string, folder: string): string => `
set pagination off
set confirm off
set backtrace limit 30
set remotetimeout 60
target extended-remote 127.0.0.1:${port}
add-inferior
inferior 2
file ${join(PACK, 'vmlinux')}
attach 2
add-inferior
inferior 3
attach ${XEN_PID}
inferior 2
set schedule-multiple on
break *major_show
echo @threads\\n
info threads
echo @stop\\n
continue
shell cp ${folder}/log ${folder}/log-at-stop
echo @bt\\n
bt
echo @code\\n
x/4i $pc
echo @registers\\n
p/x $VTTBR_EL2 >> 48
echo @finish\\n
delete
tbreak HYPERVISOR_xen_version
continue
stepi 2
x/i $pc
stepi
p/x $x0
echo @idle\\n
file
inferior 1
file ${join(PACK, 'vmlinux')}
p init_task.comm
p (char *)init_uts_ns.name.nodename
echo @other\\n
inferior 2
file ${join(PACK, 'vmlinux')}
p (char *)init_uts_ns.name.nodename
echo @write\\n
tbreak ksys_write
continue
echo @end\\n
`;

/** The port that the runner says it listens on. */
async function portIn(log: string, runner: ChildProcess): Promise<string> {
  for (;;) {
    const text = readFileSync(log, 'utf8');
    const found = /^gdb: .*127\.0\.0\.1:(\d+)$/m.exec(text);
    if (found) return found[1];
    if (runner.exitCode !== null) throw new Error(text);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.runIf(existsSync(PACK))('gdb-multiarch with the machine at its prompts', () => {
  let folder: string;
  let parts: Readonly<Record<string, string>>;
  let runner: { readonly status: number | null; readonly log: string; readonly logAtStop: string };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gdb-'));
    const log = join(folder, 'log');
    const headless = spawn(process.execPath, ['--import', 'tsx', MAIN, '--pack', PACK, ...STEPS], {
      stdio: ['ignore', 'ignore', openSync(log, 'w')],
    });
    const ended = once(headless, 'exit');
    const port = await portIn(log, headless);
    const script = join(folder, 'script.gdb');
    writeFileSync(script, SCRIPT(port, folder));
    const gdb = spawn('gdb-multiarch', ['-nx', '-batch', '-x', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [gdb.stdout, gdb.stderr])
      stream.on('data', (data: Buffer) => void (output += data.toString()));
    await once(gdb, 'close');
    const [status] = (await ended) as [number | null];
    runner = { status, log: readFileSync(log, 'utf8'), logAtStop: readFileSync(`${log}-at-stop`, 'utf8') };
    parts = Object.fromEntries(
      output.split(/@(?=[a-z]+\n)/).map((part) => [part.split('\n')[0], part.slice(part.indexOf('\n') + 1)]),
    );
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('shows every vCPU of the processes it attached to, and the pCPUs as threads of Xen', () => {
    for (const name of ['Thread 1.1 "d0v0"', 'Thread 1.2 "d0v1"', 'Thread 2.1 "d1v0"', 'Thread 2.2 "d1v1"'])
      expect(parts['threads']).toContain(name);
    for (let cpu = 0; cpu < 4; cpu++) expect(parts['threads']).toContain(`Thread ${XEN_PID}.${cpu + 1} "pCPU ${cpu}"`);
  });

  it('stops DomU1 only, though Dom0 has done the same before', () => {
    expect(parts['stop']).toMatch(/Thread 2\.\d "d1v\d" hit Breakpoint 1, .*major_show/);
    expect(runner.logAtStop).toMatch(/^\[d0\] 4$/m);
    expect(runner.logAtStop).not.toContain('[d1] 4');
    expect(parts['registers']).toContain('$1 = 0x2\n');
  });

  it('unwinds the kernel to its entry', () => {
    const names = ['major_show', 'hyp_sysfs_show', 'sysfs_kf_seq_show', 'seq_read_iter', 'vfs_read', 'el0_svc'];
    const found = names.map((name) => parts['bt'].search(new RegExp(`^#\\d+ .*\\b${name} \\(`, 'm')));
    expect(found).not.toContain(-1);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  });

  it('disassembles at the stop', () => {
    expect(parts['code']).toMatch(/^=> 0x[0-9a-f]+ <major_show>:\tpaciasp$/m);
  });

  it('steps over a hypercall and sees its result', () => {
    expect(parts['finish']).toMatch(/<HYPERVISOR_xen_version\+8>:\thvc\t#0xea1/);
    expect(parts['finish']).toContain('= 0x40011');
  });

  it('reads the memory of each domain, at the same addresses', () => {
    expect(parts['idle']).toContain('= "swapper/0');
    expect(parts['idle']).toMatch(/= 0x[0-9a-f]+ <init_uts_ns.*> "dom0"/);
    expect(parts['other']).toMatch(/= 0x[0-9a-f]+ <init_uts_ns.*> "domU1"/);
  });

  it('goes on, and leaves the machine to the next step when it has detached', () => {
    expect(parts['write']).toMatch(/"d1v\d" hit Temporary breakpoint/);
    expect(parts['end']).toContain('[Inferior 2 (process 2) detached]');
    expect(runner.status).toBe(0);
    expect(runner.log).toMatch(/^\[d1\] 4$/m);
  });
});

it.runIf(existsSync(PACK))(
  'a port that is taken ends the run with status 2',
  async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? `${address.port}` : '';
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', MAIN, '--pack', PACK, '--gdb', port], {
      encoding: 'utf8',
    });
    other.close();
    expect([status, stderr]).toEqual([2, expect.stringMatching(/step 1 \(--gdb\): port \d+: .*EADDRINUSE/)]);
  },
  60_000,
);

const GOES_AWAY = (port: string): string => `
set pagination off
set confirm off
set remotetimeout 60
file ${join(PACK, 'vmlinux')}
target extended-remote 127.0.0.1:${port}
info os processes
monitor xen domains
hbreak vfs_read
continue
p/x $sp
disconnect
echo @again\\n
target extended-remote 127.0.0.1:${port}
p/x $sp
delete
python import os, signal, threading
python interrupt = lambda event: threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
python gdb.events.cont.connect(interrupt)
continue
echo @end\\n
`;

it.runIf(existsSync(PACK))(
  'a GDB that goes away without a detach finds the machine as it left it, and can interrupt it',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gdb-'));
    const log = join(folder, 'log');
    const headless = spawn(
      process.execPath,
      ['--import', 'tsx', MAIN, '--pack', PACK, '--type', 'd0', CAT, '--gdb', '0'],
      {
        stdio: ['ignore', 'ignore', openSync(log, 'w')],
      },
    );
    const ended = once(headless, 'exit');
    const script = join(folder, 'script.gdb');
    writeFileSync(script, GOES_AWAY(await portIn(log, headless)));
    const gdb = spawn('gdb-multiarch', ['-nx', '-batch', '-x', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [gdb.stdout, gdb.stderr])
      stream.on('data', (data: Buffer) => void (output += data.toString()));
    await once(gdb, 'close');
    expect(await ended).toEqual([0, null]);
    rmSync(folder, { recursive: true });
    const [before, after] = output.split('@again\n');
    expect(before).toMatch(/^2 +d1 +DomU1 +\d/m);
    expect(before).toMatch(/^DomU1 +1 +192 +2 /m);
    const sp = /^\$1 = (0x\w+)$/m.exec(before)?.[1];
    expect(/^\$2 = (0x\w+)$/m.exec(after)?.[1]).toBe(sp);
    expect(after).toMatch(/received signal SIGINT[\s\S]*@end/);
  },
  180_000,
);
