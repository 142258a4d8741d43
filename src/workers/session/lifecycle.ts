/** How a machine comes to be: a pack, its boot snapshot or its first instruction, and the symbols of its guests. */
import { attachDebugger } from '../../awareness/attach.ts';
import { loadMachine } from '../../emulator/machine-state.ts';
import { DRAM_BASE } from '../../emulator/memory-layout.ts';
import type { Pack } from '../../pack/load.ts';
import type { PackInfo, PackSource } from '../../protocol/pack.ts';
import type { Stop } from '../../protocol/stop.ts';
import { indexInBackground } from '../background-index.ts';
import { openModules } from '../symbol-modules.ts';
import type { ConsoleLines } from './console-lines.ts';
import type { SessionCore } from './core.ts';
import { messageOf } from './host.ts';
import type { SessionOutput } from './output.ts';
import type { RunLoop } from './run-loop.ts';
import type { Stops } from './stops.ts';

export class Lifecycle {
  #memoryIsZero = true;
  #hasSymbols = false;

  constructor(
    private readonly core: SessionCore,
    private readonly stops: Stops,
    private readonly output: SessionOutput,
    private readonly running: RunLoop,
    private readonly lines: ConsoleLines,
  ) {}

  async loadPack(source: PackSource): Promise<PackInfo> {
    const pack = await this.core.host.openPack(source);
    this.core.pack = pack;
    const { name, versions, domains, snapshot } = pack.manifest;
    this.core.pacer.prompts = domains.flatMap(({ ready }) => (ready === undefined ? [] : [new RegExp(ready)]));
    return { name, versions, domains, hasSnapshot: snapshot !== undefined };
  }

  async restart(): Promise<Stop> {
    await this.running.halt();
    const { events, machine, consoles, pacer } = this.core;
    const pack = this.core.requirePack();
    events.progress({ title: 'Loading the boot snapshot', detail: pack.manifest.name, fraction: null });
    try {
      const file = await pack.snapshot();
      if (!file) throw new Error('This pack has no boot snapshot: choose Cold Boot.');
      const isFirst = this.#memoryIsZero;
      this.#memoryIsZero = false;
      consoles.restore(loadMachine(machine, file, isFirst));
    } finally {
      events.progress(null);
    }
    pacer.unpacedUntilPrompt = false;
    this.#begin();
    events.console(consoles.recentOutput().map(({ console, bytes }) => ({ terminal: console, bytes })));
    return this.stops.stopNow('entry', 'at the boot snapshot', 0);
  }

  async coldBoot(): Promise<void> {
    const { machine, consoles, pacer } = this.core;
    const pack = this.core.requirePack();
    // Zeroing two gigabytes would commit them all: a new worker has them zero and costs nothing.
    if (!this.#memoryIsZero) throw new Error('A cold boot needs a new session: this one has run already.');
    const images = await this.#loadImages(pack);
    this.#memoryIsZero = false;
    for (const { address, bytes } of images) machine.bytes.set(bytes, DRAM_BASE + address);
    const { pc, x0 } = pack.manifest.entry;
    machine.start(BigInt(pc), BigInt(x0));
    consoles.reset();
    machine.unmodelled.clear();
    pacer.unpacedUntilPrompt = true;
    this.#begin();
    await this.running.resume();
  }

  async #loadImages(pack: Pack): ReturnType<Pack['images']> {
    const { events } = this.core;
    try {
      return await pack.images((done, total) => {
        const detail = `${Math.round(done / 1e6)} of ${Math.round(total / 1e6)} MB`;
        events.progress({ title: 'Loading the guests', detail, fraction: done / total });
      });
    } finally {
      events.progress(null);
    }
  }

  /** A machine in a new state: what was known of the old one is forgotten. */
  #begin(): void {
    const { core } = this;
    this.output.clear();
    core.typing.clear();
    core.port.stateReplaced();
    core.health.reset();
    core.tracing.begin();
    core.inspection = core.newInspection();
    core.pacer.restart();
    if (this.#hasSymbols || !core.pack) return;
    this.#hasSymbols = true;
    const report = (text: string): void => this.output.message('debugger', 'warning', text);
    core.symbols = this.#openSymbols(core.pack, report).catch((error: unknown) => report(messageOf(error)));
  }

  /** Xen's and Linux's own structures become readable; breakpoints move over. */
  async #openSymbols(pack: Pack, report: (message: string) => void): Promise<void> {
    const { core } = this;
    core.isOpeningSymbols = true;
    const domainName = (domid: number): string => core.domainName(domid);
    const attach = async () => {
      const modules = await openModules(pack, report);
      return { modules, debug: await attachDebugger(core.port, modules, { domainName }) };
    };
    const { modules, debug } = await attach().finally(() => {
      core.isOpeningSymbols = false;
    });
    await core.afterOthers(async () => {
      core.debug.breakpoints.clear();
      core.view = core.viewOf(debug);
      this.lines.attach(debug);
      core.inspection = core.newInspection();
      await core.mirror.moveTo(debug.breakpoints);
      await core.tracing.attach(debug.system, modules);
    });
    core.events.breakpointsChanged(core.breakpointStates());
    this.stops.renew();
    await this.#warmUp();
    indexInBackground(modules, { host: core.host, isRunning: () => core.isRunning }).catch((error: unknown) =>
      report(messageOf(error)),
    );
  }

  /** Reads the line tables around every pc: the first look at a module takes long, and the person's first pause should not. */
  async #warmUp(): Promise<void> {
    const { port, view } = this.core;
    for (let cpu = 0; cpu < port.cpuCount; cpu += 1) {
      const { space, pc } = view.context(cpu);
      await view.lookup(space, pc).catch(() => undefined);
    }
  }
}
