/** The debugger of one machine: its parts put together, and whom the person looks at. */
import type { DebugPort } from '../emulator/debug-port.ts';
import { BreakpointList } from './breakpoints/breakpoints.ts';
import type { Hypervisor } from './contexts/guests.ts';
import { ModuleList, type SymbolModule } from './contexts/modules.ts';
import { System } from './contexts/system.ts';
import { CallStacks } from './stack/call-stack.ts';
import { type FrameRow, Inspector } from './stack/inspection.ts';
import { type DebugStop, RunControl } from './stepping/run-control.ts';
import { Stepper } from './stepping/stepper.ts';
import type { PhysicalFrame } from './unwinding/frame.ts';

/** Text of a source file by the name in a module's line table; undefined when it is not at hand. */
export type SourceReader = (module: SymbolModule, path: string) => Promise<string | undefined>;

/** Whom the person looks at: a pCPU, or a vCPU wherever it is. */
export type Focus =
  | { readonly kind: 'cpu'; readonly cpu: number }
  | { readonly kind: 'vcpu'; readonly address: bigint };

export class Debugger {
  readonly system: System;
  readonly breakpoints: BreakpointList;
  readonly control: RunControl;
  readonly stacks: CallStacks;
  readonly inspector: Inspector;
  readonly stepper: Stepper;
  /** Gets what logpoints print. */
  onLog: (text: string) => void = () => {};

  constructor(
    port: DebugPort,
    hypervisor: Hypervisor | undefined,
    modules: readonly SymbolModule[],
    readonly source: SourceReader = () => Promise.resolve(undefined),
  ) {
    this.system = new System(port, hypervisor, new ModuleList(modules));
    this.stacks = new CallStacks(this.system);
    this.inspector = new Inspector(this.system, this.stacks);
    this.breakpoints = new BreakpointList(this.system, () => ({
      number: async (cpu, expression) =>
        this.inspector.number(await this.topRow(this.stacks.topOfCpu(cpu)), expression),
      text: async (cpu, expression) => this.inspector.text(await this.topRow(this.stacks.topOfCpu(cpu)), expression),
    }));
    this.control = new RunControl(this.system, this.breakpoints, (text) => this.onLog(text));
    this.stepper = new Stepper(this.system, this.control, this.stacks);
  }

  /** The youngest frame of a focus. */
  top(focus: Focus): PhysicalFrame {
    return focus.kind === 'cpu' ? this.stacks.topOfCpu(focus.cpu) : this.stacks.topOfVcpu(focus.address);
  }

  /** pCPU on which a focus executes; undefined for a vCPU that is switched away from. */
  cpuOf(focus: Focus): number | undefined {
    return focus.kind === 'cpu' ? focus.cpu : this.system.hypervisor?.cpuOf(focus.address);
  }

  /** The first logical frame. */
  async topRow(top: PhysicalFrame): Promise<FrameRow> {
    for await (const row of this.stacks.rows(top, 1)) if (row.kind === 'frame') return row;
    throw new Error('there is no frame');
  }

  /** Runs until a breakpoint, or `limit` instructions of all CPUs. */
  run(limit: number, past?: number): Promise<DebugStop> {
    return this.control.run(limit, past);
  }
}
