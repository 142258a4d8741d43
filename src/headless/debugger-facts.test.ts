/** What the debugger says of a busy system with three domains, against what Xen itself says, and steps that must not get lost in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { attachDebugger } from '../awareness/attach.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { DebugPort } from '../emulator/debug-port.ts';
import { loadPack } from '../pack/load.ts';
import { FolderFiles } from '../pack/node/folder-files.ts';
import { randomNumbers } from '../testing/cross-compile.ts';
import { openModules } from '../workers/symbol-modules.ts';
import { Runner } from './runner.ts';

const PACK = 'public/packs/default';
const LIMIT = 4_000_000_000;
/** `TRAPLINE_THOROUGH=1` takes as many steps as a release is judged by. */
const STEPS = process.env['TRAPLINE_THOROUGH'] === undefined ? 60 : 1000;
const BUSY = 'while true; do cat /sys/hypervisor/version/major /proc/uptime > /tmp/x; ls / > /tmp/y; done &\n';

describe.skipIf(!existsSync(join(PACK, 'boot.snapshot')))('the debugger of a busy system', () => {
  let runner: Runner;
  let session: Debugger;
  let xenSays = '';
  beforeAll(async () => {
    const pack = await loadPack(new FolderFiles(PACK));
    const decoder = new TextDecoder();
    runner = new Runner(LIMIT, (id, bytes) => {
      if (id === 'xen') xenSays += decoder.decode(bytes);
    });
    runner.load((await pack.snapshot())!);
    const { machine, run, type } = runner.commandHost;
    const port = new DebugPort(machine, run);
    session = await attachDebugger(port, await openModules(pack, (message) => expect.fail(message)));
    for (const id of ['d0', 'd1', 'd2'] as const) {
      type(id, BUSY);
      port.run(20_000_000);
    }
  }, 120_000);

  it("lists the domains as Xen's q key does", () => {
    runner.step({ kind: 'type', console: 'xen', text: 'q' });
    runner.step({ kind: 'until', console: 'xen', pattern: /Notifying guest 2:0/ });
    const domains = session.system.hypervisor!.domains();
    const blocks = xenSays.split('General information for domain ').slice(1);
    const facts = blocks.map((block) => ({
      domid: Number.parseInt(block, 10),
      pages: Number(/nr_pages=(\d+)/.exec(block)?.[1]),
      vcpus: [...block.matchAll(/VCPU(\d+): CPU/g)].map((match) => Number(match[1])),
    }));
    expect(facts.length).toBe(3);
    expect(domains.map(({ domid, pages, vcpus }) => ({ domid, pages, vcpus: vcpus.map((it) => it.vcpu) }))).toEqual(
      facts,
    );
  }, 60_000);

  it('knows the task that each domain runs for its shell loop', () => {
    for (const [domid, kernel] of session.system.kernels) {
      expect(kernel.slide(), `slide of d${domid}`).toBe(0n);
      const tasks = kernel.tasks();
      expect(tasks.find(({ pid }) => pid === 1)?.comm).toBe('init');
      expect(tasks.filter(({ comm }) => comm === 'sh').length).toBeGreaterThanOrEqual(2);
    }
  });

  it('steps with one task through everything that comes between', async () => {
    const { port } = session.system;
    const random = randomNumbers(7);
    const lost: string[] = [];
    for (let taken = 0; taken < STEPS;) {
      port.run(100_000 + random(2_000_000));
      let cpu = Array.from({ length: port.cpuCount }, (_, i) => i).find(
        (i) => session.system.context(i).domain !== undefined && !port.status(i).isAsleep,
      );
      for (let i = 0; cpu !== undefined && i < 5; i++, taken++) {
        const before = session.system.context(cpu);
        const kind = (['into', 'over', 'out'] as const)[random(3)];
        const granularity = random(4) === 0 ? 'instruction' : 'line';
        const stop = await session.stepper.step(cpu, kind, { granularity, limit: 100_000_000 });
        const after = session.system.context(stop.cpu);
        const isSame = after.domain === before.domain && after.task === before.task;
        if (!isSame || stop.reason !== 'step')
          lost.push(`${kind} ${granularity} from 0x${before.pc.toString(16)}: ${stop.reason}`);
        cpu = stop.cpu;
      }
    }
    expect(lost).toEqual([]);
  }, 240_000);
});
