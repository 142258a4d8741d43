/**
 * `npm run bench -- --only recording`: what it costs to record, to probe functions, and to have breakpoints that nobody comes to. Two machines with the same three busy
 * domains take turns within one process, some milliseconds each, one with and one without, so that whatever else the host does meets both.
 */
import { readFileSync } from 'node:fs';
import { attachDebugger } from '../../awareness/attach.ts';
import type { SymbolModule } from '../../debugger/contexts/modules.ts';
import { DebugPort } from '../../emulator/debug-port.ts';
import { loadMachine } from '../../emulator/machine-state.ts';
import { Machine } from '../../emulator/machine.ts';
import { openSymbols } from '../../headless/symbols.ts';
import { loadPack, type Pack } from '../../pack/load.ts';
import { STT_FUNC } from '../../formats/elf/symbol-table.ts';
import { FolderFiles } from '../../pack/node/folder-files.ts';
import { GuestConsoles } from '../../workers/guest-consoles.ts';
import { Tracing } from '../../workers/tracing.ts';
import { DEFAULT_PACK } from '../busy-system.ts';

const WARM_UP = 200_000_000;
const MEASURED = 200_000_000;
const SLICE = 2_000_000;
const BREAKPOINTS = 50;

/** Functions on the busiest paths of Xen and of each kernel. */
const HOT_IN_XEN = [
  'do_trap_guest_sync',
  'do_trap_irq',
  'leave_hypervisor_to_guest',
  'vgic_inject_irq',
  'gic_interrupt',
];
const HOT_IN_KERNELS = ['el0t_64_sync_handler', 'invoke_syscall', 'handle_mm_fault', 'vfs_read', '__schedule'];
const HOT = [
  ...HOT_IN_XEN.map((name) => `xen:${name}`),
  ...[0, 1, 2].flatMap((d) => HOT_IN_KERNELS.map((f) => `d${d}:${f}`)),
];

interface Busy {
  readonly machine: Machine;
  readonly port: DebugPort;
  readonly modules: readonly SymbolModule[];
  tracing?: Tracing;
}

/** What makes a machine slower, and by how much at most. */
interface Cost {
  readonly name: string;
  readonly limit: number;
  prepare(busy: Busy): Promise<void>;
}

const COSTS: readonly Cost[] = [
  { name: 'recording', limit: 0.1, prepare: record },
  { name: 'recording and 20 probes', limit: 0.3, prepare: recordCalls },
  { name: '50 breakpoints', limit: 0.05, prepare: setBreakpoints },
  { name: 'recording and 50 breakpoints', limit: 0.1, prepare: recordBetweenBreakpoints },
];

async function record(busy: Busy): Promise<void> {
  const { machine, port, modules } = busy;
  machine.traceRing.enabled = true;
  busy.tracing = new Tracing(machine, () => undefined);
  const { system } = await attachDebugger(port, modules);
  await busy.tracing.attach(system, modules);
}

async function recordCalls(busy: Busy): Promise<void> {
  await record(busy);
  for (const probe of HOT) await busy.tracing?.addProbe(probe);
}

/** On the functions next to the busiest ones: those that nobody calls while the domains become busy. */
function setBreakpoints(busy: Busy): Promise<void> {
  const { port, modules } = busy;
  const places = [...neighbours(modules, 'xen', HOT_IN_XEN), ...neighbours(modules, 'kernel', HOT_IN_KERNELS)];
  const called = new Set<bigint>();
  const ids = places.map(({ address, el }) => {
    const accept = (): boolean => {
      called.add(address);
      return false;
    };
    return port.addBreakpoint({ address, space: 'va', filter: { el, accept } });
  });
  run(busy, WARM_UP);
  for (const id of ids) port.remove(id);
  const chosen = places.filter(({ address }) => !called.has(address)).slice(0, BREAKPOINTS);
  if (chosen.length < BREAKPOINTS) throw new Error(`only ${chosen.length} functions that nobody calls`);
  for (const { address, el } of chosen) port.addBreakpoint({ address, space: 'va', filter: { el } });
  return Promise.resolve();
}

async function recordBetweenBreakpoints(busy: Busy): Promise<void> {
  await setBreakpoints(busy);
  await record(busy);
}

interface Place {
  readonly address: bigint;
  readonly el: number;
}

/** Functions around those that are named, half of them before. */
function neighbours(modules: readonly SymbolModule[], role: SymbolModule['role'], names: readonly string[]): Place[] {
  const table = modules.find((module) => module.role === role)?.file.symbols;
  if (!table) throw new Error(`the pack has no symbols of ${role}`);
  const functions = [
    ...new Set([...table.all()].filter(({ type }) => type === STT_FUNC).map(({ value }) => value)),
  ].sort((a, b) => (a < b ? -1 : 1));
  const around = names.flatMap((name) => {
    const index = functions.indexOf(table.named(name)[0].value);
    return functions.slice(Math.max(0, index - 6), index + 7);
  });
  return [...new Set(around)].map((address) => ({ address, el: role === 'xen' ? 2 : 1 }));
}

/** Three domains that compute, print, read and fork. */
async function busyMachine(pack: Pack): Promise<Busy> {
  const machine = new Machine();
  machine.traceRing.enabled = false;
  const consoles = new GuestConsoles(machine, () => {});
  const port = new DebugPort(machine, (count) => consoles.run(count));
  consoles.restore(loadMachine(machine, (await pack.snapshot()) ?? new Uint8Array(), true));
  const modules = await openSymbols(pack, ['xen', 'kernel']);
  consoles.type('d0', 'while true; do cat /proc/uptime > /dev/null; done\n');
  consoles.type('d1', 'i=0; while true; do i=$((i+1)); cat /sys/hypervisor/version/major; done\n');
  consoles.type('d2', 'while true; do j=0; while [ $j -lt 500 ]; do j=$((j+1)); done; cat /dev/null; done\n');
  return { machine, port, modules };
}

function run({ machine, port, tracing }: Busy, count: number): void {
  const end = machine.instructions + count;
  while (machine.instructions < end) {
    const stop = port.run(Math.min(SLICE, end - machine.instructions));
    tracing?.recording.update();
    if (stop.reason !== 'limit') throw new Error(`a breakpoint that nobody comes to was hit: ${stop.reason}`);
  }
}

/** Seconds that this thread has had a processor, where the host tells; else seconds. */
function threadSeconds(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
  } catch {
    return performance.now() / 1000;
  }
}

function timed(busy: Busy): number {
  const start = threadSeconds();
  run(busy, SLICE);
  return threadSeconds() - start;
}

/** Time with to time without, less 1. */
async function measure(pack: Pack, cost: Cost): Promise<number> {
  const [plain, loaded] = [await busyMachine(pack), await busyMachine(pack)];
  await cost.prepare(loaded);
  run(plain, WARM_UP + loaded.machine.instructions - plain.machine.instructions);
  run(loaded, WARM_UP);
  let [without, with_] = [0, 0];
  for (let done = 0; done < MEASURED; done += SLICE) {
    without += timed(plain);
    with_ += timed(loaded);
  }
  return with_ / without - 1;
}

/** Prints each cost. Rejects when one is above its limit. */
export async function benchRecording(): Promise<void> {
  const pack = await loadPack(new FolderFiles(DEFAULT_PACK));
  const failures: string[] = [];
  for (const cost of COSTS) {
    const found = await measure(pack, cost);
    const text = `${cost.name}: ${(100 * found).toFixed(1)} % slower (at most ${100 * cost.limit} %)`;
    console.log(text);
    if (found > cost.limit) failures.push(text);
  }
  if (failures.length > 0) throw new Error(`too slow: ${failures.join('; ')}`);
}
