/** Binds the person's breakpoints to instructions in RAM, and decides at each hit whether it counts. */
import { exceptionClassName } from '../arch/esr.ts';
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { EL } from '../emulator/cpu/state.ts';
import type { Machine } from '../emulator/machine.ts';
import { TraceKind } from '../emulator/trace-events.ts';
import { formatLocation, formatSpace, type Location } from '../protocol/address.ts';
import type { BreakpointPlace, BreakpointSpec, BreakpointState } from '../protocol/breakpoints.ts';
import type { Scope } from '../protocol/target.ts';
import { type AddressSpaces, vcpuOf, vmidOf } from './address-spaces.ts';
import { codeSpaceOf, domainOfCpu } from './machine-status.ts';
import type { SymbolDirectory } from './symbol-directory.ts';

/** X16 of a Xen hypercall is its number; HVC's own immediate is always this one. */
const XEN_HYPERCALL_TAG = 0xea1;

interface Bound {
  readonly spec: BreakpointSpec;
  locations: readonly Location[];
  /** Where it stands in RAM now, by location. */
  linear: Map<string, number>;
  message?: string;
  line?: number;
  hits: number;
  failed: boolean;
}

/** What a hit leads to. */
export type HitAction = 'stop' | 'continue';

export class BreakpointBinder {
  #bound: Bound[] = [];
  /** Number of breakpoints at each linear address, the temporary one included. */
  readonly #planted = new Map<number, number>();
  /** Ids of the breakpoints of the last stop. */
  hitIds: string[] = [];

  constructor(
    private readonly machine: Machine,
    private readonly spaces: AddressSpaces,
    private readonly symbols: () => SymbolDirectory | undefined,
    private readonly domainOf: (vmid: number) => number | undefined,
    private readonly log: (text: string) => void,
  ) {}

  /** Replaces the list; hits of breakpoints that stay are kept. */
  async set(specs: readonly BreakpointSpec[]): Promise<void> {
    const hits = new Map(this.#bound.map((bound) => [bound.spec.id, bound.hits]));
    const bound = await Promise.all(specs.map((spec) => this.#resolve(spec, hits.get(spec.id) ?? 0)));
    for (const each of this.#bound) this.#unplant(each);
    this.#bound = bound;
    this.plant();
  }

  /** Looks up again what needs symbols (they have been opened since). */
  async resolveAgain(): Promise<void> {
    await this.set(this.#bound.map(({ spec }) => spec));
  }

  states(): BreakpointState[] {
    return this.#bound.map(({ spec, locations, linear, message, line, hits, failed }) => {
      const isApplied = linear.size > 0 || spec.place.kind === 'exception';
      const state = !spec.enabled ? 'disabled' : failed ? 'failed' : isApplied ? 'applied' : 'pending';
      const waiting = state === 'pending' && !message ? 'its memory is not mapped yet' : message;
      return { id: spec.id, state, hits, locations, line, message: waiting };
    });
  }

  /** True while some location is not in memory yet, so that `plant` is worth trying again. */
  get hasPending(): boolean {
    return this.#bound.some(({ spec, locations, linear }) => spec.enabled && linear.size < locations.length);
  }

  /** Puts breakpoints where their addresses lead now. */
  plant(): void {
    for (const bound of this.#bound) {
      if (!bound.spec.enabled) continue;
      for (const location of bound.locations) {
        const key = formatLocation(location);
        if (bound.linear.has(key)) continue;
        const linear = this.#linear(location);
        if (linear === 0) continue;
        bound.linear.set(key, linear);
        this.add(linear);
      }
    }
  }

  /** Forgets where everything stands, for a machine in another state. */
  replant(): void {
    for (const bound of this.#bound) this.#unplant(bound);
    this.plant();
  }

  /** Plants one more breakpoint at a linear address. */
  add(linear: number): void {
    const count = this.#planted.get(linear) ?? 0;
    this.#planted.set(linear, count + 1);
    if (count === 0) this.machine.setBreakpoint(linear, true);
  }

  /** Takes one away. */
  remove(linear: number): void {
    const count = this.#planted.get(linear) ?? 0;
    if (count > 1) this.#planted.set(linear, count - 1);
    else if (this.#planted.delete(linear)) this.machine.setBreakpoint(linear, false);
  }

  #unplant(bound: Bound): void {
    for (const linear of bound.linear.values()) this.remove(linear);
    bound.linear = new Map();
  }

  #linear(location: Location): number {
    try {
      return this.spaces.linear(location);
    } catch {
      // The domain has not run yet: pending.
      return 0;
    }
  }

  async #resolve(spec: BreakpointSpec, hits: number): Promise<Bound> {
    const bound: Bound = { spec, locations: [], linear: new Map(), hits, failed: false };
    try {
      await this.#locate(bound, spec.place);
    } catch (error) {
      bound.failed = true;
      bound.message = error instanceof Error ? error.message : String(error);
    }
    return bound;
  }

  async #locate(bound: Bound, place: BreakpointPlace): Promise<void> {
    const symbols = this.symbols();
    const { scope, condition } = bound.spec;
    if (condition !== undefined)
      throw new Error('conditions need an expression evaluator, which this session does not have');
    if (place.kind === 'data') throw new Error('data breakpoints need watched pages, which this session does not have');
    if (place.kind === 'address') bound.locations = [place.location];
    else if (place.kind === 'exception') return;
    else if (!symbols) bound.message = 'symbols are being opened';
    else if (place.kind === 'function') {
      const found = (await symbols.functions(place.name)).filter(({ space }) => isInScope(space, scope));
      bound.locations = found.map(({ space, found: { entry } }) => ({ space, address: entry }));
      if (found.length === 0) bound.message = `no function ${place.name} in ${formatScopeWords(scope)}`;
    } else {
      const found = (await symbols.lines(place.path, place.line)).filter(({ space }) => isInScope(space, scope));
      bound.locations = found.flatMap(({ space, found: { addresses } }) =>
        addresses.map(({ address }) => ({ space, address })),
      );
      bound.line = found[0]?.found.line;
      if (found.length === 0) bound.message = `no code for line ${place.line} or after it`;
      else if (bound.line !== place.line) bound.message = `moved to line ${bound.line}, the next with code`;
    }
  }

  /** A pCPU is about to execute an instruction with a breakpoint. */
  hit(cpu: Cpu): HitAction {
    const here = formatSpace(codeSpaceOf(cpu, domainOfCpu(cpu, this.domainOf)));
    const found = this.#bound.filter(
      ({ spec, locations }) =>
        spec.enabled &&
        this.#matchesScope(cpu, spec.scope) &&
        locations.some(
          ({ space, address }) => address === cpu.state.pc && isSameSpace(formatSpace(space), here, cpu.index),
        ),
    );
    return this.#count(found);
  }

  /** An exception is about to be taken. */
  exception(cpu: Cpu, kind: number, argument: bigint): HitAction {
    if (this.#bound.length === 0) return 'continue';
    const found = this.#bound.filter(
      ({ spec }) =>
        spec.enabled &&
        spec.place.kind === 'exception' &&
        isException(spec.place, cpu, kind, argument) &&
        this.#matchesScope(cpu, spec.scope),
    );
    return found.length > 0 ? this.#count(found) : 'continue';
  }

  #count(found: readonly Bound[]): HitAction {
    const stopping = found.filter((bound) => {
      bound.hits += 1;
      const { logMessage, hitCount } = bound.spec;
      if (bound.hits < (hitCount ?? 1)) return false;
      if (logMessage !== undefined) this.log(logMessage);
      return logMessage === undefined;
    });
    if (stopping.length === 0) return 'continue';
    this.hitIds = stopping.map(({ spec }) => spec.id);
    return 'stop';
  }

  #matchesScope(cpu: Cpu, scope: Scope): boolean {
    const { state, index } = cpu;
    const el = state.get(EL);
    const domain = domainOfCpu(cpu, this.domainOf);
    switch (scope.kind) {
      case 'any':
        return true;
      case 'xen':
        return el === 2;
      case 'domain':
        return el < 2 && domain === scope.domain;
      case 'vcpu':
        return el < 2 && domain === scope.domain && vcpuOf(state) === scope.vcpu;
      case 'cpu':
        return index === scope.cpu;
      case 'vmid':
        return vmidOf(state) === scope.vmid;
      case 'task':
        return false;
    }
  }
}

function formatScopeWords(scope: Scope): string {
  return scope.kind === 'any' ? 'any symbol file' : 'the symbol files of that scope';
}

/** Whether code in a space can be executed by somebody in a scope. */
function isInScope(space: Location['space'], scope: Scope): boolean {
  if (scope.kind === 'xen') return space.kind === 'xen';
  if ('domain' in scope) return space.kind === 'guest' && space.domain === scope.domain;
  return true;
}

function isSameSpace(space: string, here: string, cpu: number): boolean {
  return space === here || space === `p${cpu}` || space === 'PA' || space.endsWith('IPA');
}

const CLASSES: Readonly<Record<string, readonly number[]>> = {
  SVC: [0x15],
  HVC: [0x16],
  SMC: [0x17],
  dataAbort: [0x24, 0x25],
  instructionAbort: [0x20, 0x21],
  undefined: [0x00],
};

function isException(
  place: BreakpointPlace & { readonly kind: 'exception' },
  cpu: Cpu,
  kind: number,
  argument: bigint,
): boolean {
  if (kind === TraceKind.exceptionReturn) return place.exception === 'ERET';
  if (kind === TraceKind.interruptEntry) return place.exception === 'IRQ';
  if (kind !== TraceKind.exceptionEntry) return false;
  const esr = Number(argument & 0xffff_ffffn);
  if (!CLASSES[place.exception]?.includes(esr >>> 26)) return false;
  if (place.immediate === undefined) return true;
  const immediate = esr & 0xffff;
  return (
    immediate === place.immediate || (immediate === XEN_HYPERCALL_TAG && cpu.state.x(16) === BigInt(place.immediate))
  );
}

/** The exception of a trace event in words, for the reason of a stop. */
export function describeException(kind: number, argument: bigint): string {
  if (kind === TraceKind.exceptionReturn) return 'ERET';
  if (kind === TraceKind.interruptEntry) return 'IRQ';
  const esr = Number(argument & 0xffff_ffffn);
  return `${exceptionClassName(esr >>> 26)}${[0x15, 0x16, 0x17].includes(esr >>> 26) ? ` #0x${(esr & 0xffff).toString(16)}` : ''}`;
}
