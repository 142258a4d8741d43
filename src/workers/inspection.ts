/** Answers to the page's questions about one stop: registers, code, stacks, variables, tables. */
import type { Debugger } from '../debugger/debugger.ts';
import type { FrameRow } from '../debugger/stack/inspection.ts';
import type { StackRow } from '../debugger/stack/call-stack.ts';
import type { PhysicalFrame } from '../debugger/unwinding/frame.ts';
import type { Machine } from '../emulator/machine.ts';
import type { Location } from '../protocol/address.ts';
import type { DomainRow, TaskRow, VcpuRow } from '../protocol/awareness.ts';
import type { InlineValues, StackFrame, Variable, VariableScope } from '../protocol/inspect.ts';
import type { RegisterSet } from '../protocol/registers.ts';
import type { ExceptionLevel } from '../protocol/status.ts';
import { type Target, targetKey } from '../protocol/target.ts';
import type { GuestView } from './guest-view.ts';
import { liveRegisters, savedRegisters } from './register-sets.ts';
import { inlineValues } from './inline-values.ts';
import { SpaceScope, typesOf } from './space-scope.ts';
import { VariableTables } from './variable-tables.ts';

/** Frames that are shown. */
const MAX_FRAMES = 96;
/** Milliseconds after which frames go without their parameters; the first few always have them. */
const PARAMETER_TIME = 60;
const FIRST_FRAMES = 3;
/** Characters of the parameters of one frame. */
const PARAMETER_LENGTH = 120;

/** State letters of `xl vcpu-list` for the runstates. */
const STATE_LETTERS = { running: 'r--', runnable: '---', blocked: '-b-', offline: '--p' } as const;

/** Why a stack ends where it does not begin. */
const ENDINGS: Readonly<Record<string, string>> = {
  noRule: 'no rule to go on from here',
  unreadable: 'the stack cannot be read from here',
  notProgressing: 'the stack leads nowhere from here',
  limit: 'more frames are not shown',
};

export class Inspection {
  readonly #variables: VariableTables;
  /** Rows of the last stack that was read of each target, by frame id. */
  readonly #rows = new Map<number, FrameRow>();
  #nextFrame = 1;

  constructor(
    private readonly machine: Machine,
    private readonly view: GuestView,
    private readonly now: () => number,
  ) {
    this.#variables = new VariableTables(view.debug);
  }

  get #debug(): Debugger {
    return this.view.debug;
  }

  registers(target: Target): RegisterSet {
    const cpu = this.view.cpuOf(target);
    if (cpu !== undefined) {
      const label = target.kind === 'cpu' ? `pCPU ${cpu}` : `${targetKey(target)} on pCPU ${cpu}`;
      return { origin: 'live', label, registers: liveRegisters(this.machine, this.view.port, cpu) };
    }
    const address = this.view.vcpuAddress(target);
    const values = address === undefined ? undefined : this.#debug.system.hypervisor?.guestRegisters(address);
    if (!values) throw new Error(`${targetKey(target)} is not on a core at this moment`);
    return { origin: 'saved', label: values.label, registers: savedRegisters(this.view.port, values) };
  }

  writeRegister(target: Target, name: string, value: bigint): void {
    const cpu = this.view.cpuOf(target);
    const address = this.view.vcpuAddress(target);
    const isDone =
      cpu !== undefined
        ? this.view.port.writeRegister(cpu, name, value)
        : address !== undefined && this.#debug.system.hypervisor?.guestRegisters(address).write(name, value);
    if (!isDone) throw new Error(`${name} of ${targetKey(target)} cannot be written`);
  }

  #top(target: Target): PhysicalFrame {
    const cpu = this.view.cpuOf(target);
    if (cpu !== undefined) return this.#debug.top({ kind: 'cpu', cpu });
    const address = this.view.vcpuAddress(target);
    if (address === undefined) throw new Error(`${targetKey(target)} is not on a core at this moment`);
    return this.#debug.top({ kind: 'vcpu', address });
  }

  /** The stack of a target, across exception levels. */
  async stack(target: Target): Promise<StackFrame[]> {
    const frames: StackFrame[] = [];
    const until = this.now() + PARAMETER_TIME;
    let below: StackFrame | undefined;
    for await (const row of this.#debug.stacks.rows(this.#top(target), MAX_FRAMES)) {
      const isInTime = frames.length < FIRST_FRAMES || this.now() < until;
      const frame = row.kind === 'frame' ? await this.#frame(row, isInTime) : label(row, below);
      if (frame) frames.push(frame);
      below = frame ?? below;
    }
    return frames;
  }

  async #frame(row: FrameRow, wantsParameters: boolean): Promise<StackFrame> {
    const { space, pc, frame } = row;
    const id = this.#nextFrame++;
    this.#rows.set(id, row);
    const parameters = wantsParameters ? await this.#parameters(row) : undefined;
    return {
      id,
      name: frame.function || `0x${pc.toString(16)}`,
      presentationHint: frame.file ? 'normal' : 'subtle',
      el: (space.kind === 'guest' ? space.el : 2) as ExceptionLevel,
      domain: space.kind === 'guest' ? space.domain : null,
      location: { space, address: pc },
      source: frame.file ? { path: frame.file, line: frame.line, column: frame.column } : undefined,
      parameters,
      isInlined: frame.inlined,
    };
  }

  async #parameters(row: FrameRow): Promise<string | undefined> {
    try {
      const text = await this.#debug.inspector.parameters(row);
      return text.length > PARAMETER_LENGTH ? `${text.slice(0, PARAMETER_LENGTH)}…` : text;
    } catch {
      // Damaged or missing debugging information of one function must not cost the stack.
      return undefined;
    }
  }

  #known(frameId: number): FrameRow {
    const row = this.#rows.get(frameId);
    if (!row) throw new Error('this frame belongs to a stop that is over');
    return row;
  }

  scopes(frameId: number): VariableScope[] {
    return this.#variables.scopes(this.#known(frameId));
  }

  variables(reference: number): Promise<Variable[]> {
    return this.#variables.variables(reference);
  }

  async evaluate(frameId: number | null, expression: string, target: Target): Promise<Variable> {
    const row = frameId === null ? await this.#debug.topRow(this.#top(target)) : this.#known(frameId);
    return this.#variables.evaluate(row, expression);
  }

  inlineValues(frameId: number): Promise<InlineValues | null> {
    return inlineValues(this.#debug.inspector, this.#known(frameId));
  }

  /** The memory at a location as a type of the symbols of its space. */
  async overlay(location: Location, typeName: string): Promise<Variable> {
    const module = typesOf(this.view, location.space);
    if (!module) throw new Error('there are no symbols for this space');
    const type = await module.file.typeByName(typeName);
    if (!type) throw new Error(`the symbols of ${module.name} know no type ${typeName}`);
    return this.#variables.overlay(location, type, new SpaceScope(this.view, location.space, module));
  }

  #hypervisor(): NonNullable<Debugger['system']['hypervisor']> {
    const { hypervisor } = this.#debug.system;
    if (!hypervisor) throw new Error('This list is read from Xen’s structures, which takes Xen’s symbols.');
    return hypervisor;
  }

  domains(): DomainRow[] {
    return this.#hypervisor()
      .domains()
      .map(({ name, domid, pages, vcpus, state, time, vmid, vttbr, address }) => {
        return { name, domid, memory: pages / 256, vcpus: vcpus.length, state, time, vmid, vttbr, address };
      });
  }

  vcpus(): VcpuRow[] {
    const hypervisor = this.#hypervisor();
    return hypervisor.domains().flatMap(({ name, domid, vcpus }) =>
      vcpus.map((vcpu): VcpuRow => {
        const values = hypervisor.guestRegisters(vcpu.address);
        const pc = values.read('PC') ?? 0n;
        const isUser = ((values.read('PSTATE') ?? 4n) & 0xcn) === 0n;
        return {
          domainName: name,
          domid,
          vcpu: vcpu.vcpu,
          cpu: vcpu.isDown ? null : vcpu.processor,
          runstate: vcpu.runstate,
          state: STATE_LETTERS[vcpu.runstate],
          time: vcpu.time,
          affinity: `${vcpu.hardAffinity} / ${vcpu.softAffinity}`,
          address: vcpu.address,
          pc,
          symbol: this.view.nameNow({ kind: 'guest', domain: domid, el: isUser ? 0 : 1 }, pc),
        };
      }),
    );
  }

  tasks(domid: number): TaskRow[] {
    const kernel = this.#debug.system.kernels.get(domid);
    if (!kernel) return [];
    const vcpus = this.#hypervisor().domain(domid)?.vcpus ?? [];
    const current = new Map(vcpus.map(({ address, vcpu }) => [kernel.currentTask(address), vcpu]));
    return kernel.tasks().map(({ address, pid, tgid, comm, state }) => ({
      domid,
      pid,
      tgid,
      comm,
      state,
      address,
      vcpu: current.get(address) ?? null,
    }));
  }
}

/** A row that is no frame: a boundary, or the reason why there are no more frames. */
function label(row: Exclude<StackRow, FrameRow>, below: StackFrame | undefined): StackFrame | undefined {
  const name = row.kind === 'boundary' ? row.label : ENDINGS[row.reason];
  if (name === undefined || !below) return undefined;
  return { ...below, id: -1, name, presentationHint: 'label', source: undefined, parameters: undefined };
}
