/** What all parts of a session share: the machine, the pack, and what the debugger knows of the guests at the moment. */
import type { ConsoleId } from '../../awareness/consoles.ts';
import { Debugger } from '../../debugger/debugger.ts';
import { DebugPort } from '../../emulator/debug-port.ts';
import { Machine } from '../../emulator/machine.ts';
import type { Pack } from '../../pack/load.ts';
import type { BreakpointState } from '../../protocol/breakpoints.ts';
import type { SessionEvents } from '../../protocol/session.ts';
import { BreakpointMirror } from '../breakpoint-mirror.ts';
import { GuestConsoles } from '../guest-consoles.ts';
import { GuestHealth } from '../guest-health.ts';
import { GuestView } from '../guest-view.ts';
import { Inspection } from '../inspection.ts';
import { StatusSampler } from '../machine-status.ts';
import { Pacer } from '../pacer.ts';
import { Tracing } from '../tracing.ts';
import { Typing } from '../typing.ts';
import type { SessionHost } from './host.ts';

export class SessionCore {
  readonly machine = new Machine();
  readonly consoles: GuestConsoles;
  readonly port: DebugPort;
  readonly status: StatusSampler;
  readonly pacer: Pacer;
  readonly health: GuestHealth;
  readonly tracing: Tracing;
  readonly typing: Typing;
  readonly mirror = new BreakpointMirror();
  pack: Pack | undefined;
  view: GuestView;
  inspection: Inspection;
  /** The machine goes, by itself or by a step. */
  isRunning = false;
  isOpeningSymbols = false;
  /** Settled when the symbols are there, or are known not to come. */
  symbols: Promise<void> = Promise.resolve();
  /** To be told what a console prints. */
  onPrinted: (id: ConsoleId, bytes: Uint8Array) => void = () => {};
  #change: Promise<void> = Promise.resolve();

  constructor(
    readonly events: SessionEvents,
    readonly host: SessionHost,
  ) {
    const { machine } = this;
    const domainOf = (vmid: number): number | undefined => this.domainOf(vmid);
    const now = (): number => host.now();
    this.status = new StatusSampler(machine, () => this.view, domainOf, now);
    machine.hooks.onTrace = (cpu, kind, argument) => this.status.traced(cpu, kind, argument);
    this.health = new GuestHealth(machine, domainOf);
    this.tracing = new Tracing(machine, domainOf);
    this.consoles = new GuestConsoles(machine, (id, bytes) => this.onPrinted(id, bytes), domainOf);
    // A breakpoint that is hit while Xen switches its console must stop there, not at the end of the slice.
    this.consoles.isStopWanted = true;
    this.typing = new Typing(this.consoles, () => machine.clock.windowStart);
    this.port = new DebugPort(machine, (count) => this.consoles.run(count));
    this.view = this.viewOf(new Debugger(this.port, undefined, []));
    this.inspection = this.newInspection();
    this.pacer = new Pacer(machine.clock, now);
  }

  get debug(): Debugger {
    return this.view.debug;
  }

  /** The guests as a debugger sees them. */
  viewOf(debug: Debugger): GuestView {
    return new GuestView(this.port, debug, (vmid) => this.domainOf(vmid));
  }

  /** Answers to what is asked at one stop. */
  newInspection(): Inspection {
    return new Inspection(this.machine, this.view, () => this.host.now());
  }

  /** Throws as long as no pack is loaded. */
  requirePack(): Pack {
    if (!this.pack) throw new Error('No pack is loaded.');
    return this.pack;
  }

  /** Domain ID of a VMID, by the pack's word. */
  domainOf(vmid: number): number | undefined {
    return this.pack?.manifest.domains.find((domain) => domain.vmid === vmid)?.domid;
  }

  domainName(domid: number): string {
    return this.pack?.manifest.domains.find((domain) => domain.domid === domid)?.name ?? `d${domid}`;
  }

  /** Until symbols are there nobody knows which vCPU is whose, and a scope means nothing. */
  breakpointStates(): BreakpointState[] {
    const states = this.mirror.states(this.debug.breakpoints);
    if (!this.isOpeningSymbols) return states;
    return states.map((each) => {
      return each.state === 'applied' ? { ...each, state: 'pending', message: 'the symbols are being opened' } : each;
    });
  }

  /** Changes of the breakpoints take time and must not overlap: one may move all of them to another debugger. */
  async afterOthers(change: () => Promise<void>): Promise<void> {
    const turn = this.#change.then(change, change);
    this.#change = turn;
    await turn;
  }
}
