/** Recording with awareness: what the worker and the headless runner have in common. */
import { LinuxProbes, XenProbes } from '../awareness/probes.ts';
import { EmulatedDevices } from '../awareness/xen/emulated-devices.ts';
import { LayoutError } from '../debugger/contexts/layout.ts';
import { MemoryReader } from '../debugger/contexts/reader.ts';
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import type { System } from '../debugger/contexts/system.ts';
import type { Machine } from '../emulator/machine.ts';
import { chromeTrace } from '../trace/exports/chrome.ts';
import { statisticsCsv } from '../trace/exports/csv.ts';
import { perfettoTrace } from '../trace/exports/perfetto.ts';
import { type FunctionProbe, FunctionProbes } from '../trace/function-probes.ts';
import { parseProbe, ProbeError, probeText } from '../trace/probe-spec.ts';
import { statisticsOf } from '../trace/statistics.ts';
import { PROBE_SOURCES, type ProbeSource, type ProbeState } from '../protocol/timeline.ts';
import { Recording } from './recording.ts';

/** Files that the recorded timelines can become. */
export const TIMELINE_FORMATS = ['perfetto', 'chrome', 'csv', 'events'] as const;
export type TimelineFormat = (typeof TIMELINE_FORMATS)[number];

interface Closable {
  close(): void;
}

export class Tracing {
  readonly recording: Recording;
  private system: System | undefined;
  private functions: FunctionProbes | undefined;
  private readonly awareness: Closable[] = [];
  private seesSwitches = false;
  private modules: readonly SymbolModule[] = [];
  private readonly wanted = new Set<ProbeSource>(PROBE_SOURCES);

  /** `domidOf` tells whose VMID it is, as long as no hypervisor can be asked; `budget` in bytes of events. */
  constructor(machine: Machine, domidOf: (vmid: number) => number | undefined, budget?: number) {
    this.recording = new Recording(
      machine,
      (vmid) => {
        const known = this.system?.hypervisor?.domidOfVmid(vmid);
        return known ?? domidOf(vmid);
      },
      budget,
    );
  }

  get probes(): readonly FunctionProbe[] {
    return this.functions?.list ?? [];
  }

  /** Watches the schedulers of the hypervisor and the kernels that `modules` describe. Then begins anew. */
  async attach(system: System, modules: readonly SymbolModule[]): Promise<void> {
    this.closeAwareness();
    this.functions?.clear();
    this.system = system;
    this.modules = modules;
    this.functions = new FunctionProbes(system, this.recording);
    for (const source of this.wanted) await this.watch(source);
    await this.nameDevices(system);
    this.begin();
  }

  /** What is watched, and what could be. */
  get probeState(): ProbeState {
    const sources = PROBE_SOURCES.filter((source) => this.modulesOf(source).length > 0);
    return {
      functions: this.probes.map(({ id, spec }) => ({ id, name: probeText(spec) })),
      sources: sources.map((source) => ({ source, isOn: this.wanted.has(source) })),
    };
  }

  /** Switches on or off what awareness watches; the recording begins anew when it cannot go on as it is. */
  async setSource(source: ProbeSource, isOn: boolean): Promise<void> {
    if (this.wanted.has(source) === isOn) return;
    if (isOn) this.wanted.add(source);
    else this.wanted.delete(source);
    this.closeAwareness();
    for (const wanted of this.wanted) await this.watch(wanted);
    this.begin();
  }

  private closeAwareness(): void {
    for (const probe of this.awareness.splice(0)) probe.close();
    this.seesSwitches = false;
  }

  private modulesOf(source: ProbeSource): readonly SymbolModule[] {
    return this.modules.filter(({ role }) => role === (source === 'tasks' ? 'kernel' : 'xen'));
  }

  private async watch(source: ProbeSource): Promise<void> {
    if (!this.system) return;
    for (const module of this.modulesOf(source)) {
      await (source === 'tasks' ? this.watchKernel(this.system, module) : this.watchXen(this.system, module));
    }
  }

  /** Has faults of guests called by the device that Xen emulates there. */
  private async nameDevices(system: System): Promise<void> {
    const { port } = system;
    const file = this.modules.find(({ role }) => role === 'xen')?.file;
    const reader = new MemoryReader(port, () => ({ kind: 'va', view: port.view(0, 2) }));
    this.recording.devices = file && (await orNothing(EmulatedDevices.open(file, reader)));
  }

  /** The machine's state was replaced, or its past is to be forgotten. */
  begin(): void {
    this.recording.begin(this.system?.hypervisor);
    if (this.seesSwitches) this.recording.expectSwitches();
    if (this.system) this.beginTasks(this.system);
  }

  /** Sets a probe on a function (`xen:do_xen_version`, `d1:vfs_read/3`). Rejects with `ProbeError`. */
  async addProbe(text: string): Promise<FunctionProbe> {
    if (!this.functions) throw new ProbeError('probes need symbols, and there are none');
    const probe = await this.functions.add(parseProbe(text));
    this.recording.probes[probe.id] = { name: probe.name };
    return probe;
  }

  removeProbe(id: number): void {
    this.functions?.remove(id);
  }

  /** The recording so far as the pieces of a file. */
  export(format: TimelineFormat): (string | Uint8Array)[] {
    this.recording.update();
    const { model } = this.recording.timelines;
    if (format === 'perfetto') return perfettoTrace(model);
    if (format === 'chrome') return [...chromeTrace(model)];
    if (format === 'events') return this.events();
    return [statisticsCsv(statisticsOf(model, model.start, model.end))];
  }

  /** The records as they are (`base/trace-record.ts`), little-endian. */
  private events(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    this.recording.store.forEachPiece(({ buffer, byteOffset, byteLength }) => {
      pieces.push(new Uint8Array(buffer, byteOffset, byteLength).slice());
    });
    return pieces;
  }

  private async watchXen({ port }: System, { file }: SymbolModule): Promise<void> {
    const probes = await orNothing(XenProbes.open(port, file, this.recording));
    if (!probes) return;
    this.awareness.push(probes);
    this.seesSwitches = probes.isComplete;
  }

  /** Kernels that run at the same place share one probe. */
  private async watchKernel(system: System, { file, domains }: SymbolModule): Promise<void> {
    const slideOf = (domid: number): bigint => system.kernels.get(domid)?.slide() ?? 0n;
    for (const slide of new Set(domains.map(slideOf))) {
      const members = new Set(domains.filter((domid) => slideOf(domid) === slide));
      const accepts = (cpu: number): boolean => {
        const domid = system.hypervisor?.domidOfVmid(system.port.status(cpu).vmid);
        return domid === undefined || members.has(domid);
      };
      const isAll = members.size === domains.length;
      const opening = LinuxProbes.open(system.port, file, this.recording, slide, isAll ? undefined : accepts);
      const probes = await orNothing(opening);
      if (probes) this.awareness.push(probes);
    }
  }

  private beginTasks({ hypervisor, kernels }: System): void {
    for (const { domid, vcpus } of hypervisor?.domains() ?? []) {
      const kernel = kernels.get(domid);
      for (const { address, vcpu } of vcpus) {
        const task = kernel?.currentTask(address);
        const info = task === undefined ? undefined : kernel?.task(task);
        if (info) this.recording.beginTask(domid, vcpu, info.pid, info.comm);
      }
    }
  }
}

/** Symbols that describe something else are as good as none. */
async function orNothing<T>(opening: Promise<T>): Promise<T | undefined> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}
