/** The default pack from its boot snapshot, with a shell loop in each of its three domains, and the debugger attached to it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { attachDebugger } from '../awareness/attach.ts';
import type { ConsoleId } from '../awareness/consoles.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { DebugPort } from '../emulator/debug-port.ts';
import { Runner } from '../headless/runner.ts';
import { loadPack, type Pack } from '../pack/load.ts';
import { FolderFiles } from '../pack/node/folder-files.ts';
import { openModules } from '../workers/symbol-modules.ts';

export const DEFAULT_PACK = join(import.meta.dirname, '../../public/packs/default');
export const hasDefaultPack = existsSync(join(DEFAULT_PACK, 'boot.snapshot'));

/** `TRAPLINE_THOROUGH=1` does what a release is judged by; otherwise a sample. */
export function sampleSize(usual: number, thorough: number): number {
  return process.env['TRAPLINE_THOROUGH'] === undefined ? usual : thorough;
}

const LIMIT = 100_000_000_000;
/** Processes come and go, ask Xen, write files and pipes. */
const BUSY = 'while true; do cat /sys/hypervisor/version/major /proc/uptime > /tmp/x; ls / | wc > /tmp/y; done &\n';

export interface BusySystem {
  readonly pack: Pack;
  readonly runner: Runner;
  readonly port: DebugPort;
  readonly session: Debugger;
  /** Everything that a console has printed. */
  printed(console: ConsoleId): string;
}

/** Three domains, each with its loop running. */
export async function openBusySystem(): Promise<BusySystem> {
  const pack = await loadPack(new FolderFiles(DEFAULT_PACK));
  const texts = new Map<ConsoleId, string>();
  const decoder = new TextDecoder();
  const runner = new Runner(LIMIT, (id, bytes) => texts.set(id, (texts.get(id) ?? '') + decoder.decode(bytes)));
  const snapshot = await pack.snapshot();
  if (!snapshot) throw new Error('the default pack has no boot snapshot');
  runner.load(snapshot);
  const { machine, run, type } = runner.commandHost;
  const port = new DebugPort(machine, run);
  const modules = await openModules(pack, (message) => {
    throw new Error(message);
  });
  const session = await attachDebugger(port, modules);
  for (const id of ['d0', 'd1', 'd2'] as const) {
    type(id, BUSY);
    port.run(20_000_000);
  }
  return { pack, runner, port, session, printed: (id) => texts.get(id) ?? '' };
}

/** Runs on at random until a pCPU works at `el` for a domain. */
export function runToLevel({ port, session }: BusySystem, el: number, random: (below: number) => number): number {
  for (let tries = 0; tries < 10_000; tries++) {
    port.run(20_000 + random(tries === 0 ? 2_000_000 : 200_000));
    const cpus = Array.from({ length: port.cpuCount }, (_, cpu) => cpu).filter((cpu) => {
      const { isPowered, isAsleep, el: level } = port.status(cpu);
      return isPowered && !isAsleep && level === el && session.system.context(cpu).domain !== undefined;
    });
    const cpu = cpus[random(Math.max(1, cpus.length))];
    if (cpu !== undefined) return cpu;
  }
  throw new Error(`no pCPU came to EL${el}`);
}
