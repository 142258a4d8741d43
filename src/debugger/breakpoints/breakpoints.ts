/** The list of breakpoints: keeps each bound to the machine, and decides at a hit whether it counts. */
import type { PortStop } from '../../emulator/debug-port.ts';
import type { AddressSpace, Location } from '../contexts/spaces.ts';
import { SpaceError, type System } from '../contexts/system.ts';
import { scopedFilter, spaceFilter } from './filters.ts';
import { type Resolution, type ResolvedLocation, resolvePlace } from './resolver.ts';
import type { Breakpoint, BreakpointPlace, BreakpointSpec } from './spec.ts';

/** Values of C expressions on a CPU that has stopped; rejects with a message for the person. */
export interface ConditionEvaluator {
  /** As a number, for conditions. */
  number(cpu: number, expression: string): Promise<bigint>;
  /** As text, for logpoints. */
  text(cpu: number, expression: string): Promise<string>;
}

interface Entry {
  readonly id: number;
  spec: BreakpointSpec;
  readonly bound: number[];
  locations: readonly Location[];
  message: string | undefined;
  source: Breakpoint['source'];
  hits: number;
  /** What it was resolved to, to see when that changes. */
  resolvedKey: string;
}

/** Which breakpoints stop the machine, and what logpoints said. */
export interface HitResult {
  readonly stops: readonly Breakpoint[];
  readonly logs: readonly string[];
}

export class BreakpointList {
  readonly #entries = new Map<number, Entry>();
  #nextId = 1;
  #refreshedFor = '';

  constructor(
    private readonly system: System,
    private readonly evaluator: () => ConditionEvaluator | undefined = () => undefined,
  ) {}

  /** Adds a breakpoint, which is pending when its place cannot be found. */
  async add(spec: BreakpointSpec): Promise<Breakpoint> {
    const id = this.#nextId++;
    const entry: Entry = {
      id,
      spec,
      bound: [],
      locations: [],
      message: undefined,
      source: undefined,
      hits: 0,
      resolvedKey: '',
    };
    this.#entries.set(id, entry);
    await this.#bind(entry);
    return describe(entry);
  }

  /** Changes what a breakpoint is; false when there is none. */
  async change(id: number, changes: Partial<BreakpointSpec>): Promise<boolean> {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    entry.spec = { ...entry.spec, ...changes };
    this.#unbind(entry);
    await this.#bind(entry);
    return true;
  }

  remove(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry) this.#unbind(entry);
    return this.#entries.delete(id);
  }

  clear(): void {
    for (const id of this.#entries.keys()) this.remove(id);
  }

  get all(): readonly Breakpoint[] {
    return [...this.#entries.values()].map(describe);
  }

  get(id: number): Breakpoint | undefined {
    const entry = this.#entries.get(id);
    return entry && describe(entry);
  }

  /** Looks places up again: symbols came, a kernel was found at another address, a domain was made. */
  async refresh(): Promise<void> {
    const placement = this.#placement();
    if (placement === this.#refreshedFor) return;
    this.#refreshedFor = placement;
    for (const entry of this.#entries.values()) {
      if (!entry.spec.enabled || entry.spec.place.kind === 'exception' || entry.spec.place.kind === 'data') continue;
      const { locations } = await this.#resolve(entry.spec.place, entry.spec);
      if (keyOf(locations) === entry.resolvedKey) continue;
      this.#unbind(entry);
      await this.#bind(entry);
    }
  }

  /** Decides about a stop of the port: conditions, hit counts and logpoints. Temporary ones that stop are removed. */
  async check(stop: PortStop): Promise<HitResult> {
    const stops: Breakpoint[] = [];
    const logs: string[] = [];
    for (const entry of this.#entries.values()) {
      if (!entry.bound.some((id) => stop.hits.includes(id))) continue;
      const verdict = await this.#judge(entry, stop);
      if (verdict.log !== undefined) logs.push(verdict.log);
      if (!verdict.isStop) continue;
      stops.push(describe(entry));
      if (entry.spec.temporary) this.remove(entry.id);
    }
    return { stops, logs };
  }

  /** Which symbols there are and where they are loaded: while that stays the same, so does what they resolve to. */
  #placement(): string {
    const { modules } = this.system;
    const slides = modules.all.flatMap((module) =>
      modules
        .placed(module)
        .map(({ space }) => `${module.name} ${this.system.slide(module, space)} ${this.#vmidIn(space)}`),
    );
    return slides.join();
  }

  #vmidIn(space: AddressSpace): number | undefined {
    return space.kind === 'guest' ? this.system.vmidOf(space.domain) : undefined;
  }

  async #judge(entry: Entry, stop: PortStop): Promise<{ isStop: boolean; log?: string }> {
    const { condition, hitCount = 0, logMessage, place } = entry.spec;
    if (place.kind === 'exception' && place.hypercall !== undefined && !this.#isHypercall(stop, place.hypercall)) {
      return { isStop: false };
    }
    if (condition !== undefined) {
      const failure = await this.#conditionFails(condition, stop.cpu);
      if (failure === true) return { isStop: false };
      // A condition that cannot be evaluated must not pass silently.
      if (typeof failure === 'string') return { isStop: true, log: `breakpoint ${entry.id}: ${failure}` };
    }
    entry.hits++;
    if (entry.hits < hitCount) return { isStop: false };
    if (logMessage === undefined) return { isStop: true };
    return { isStop: false, log: await this.#message(logMessage, stop.cpu) };
  }

  /** Xen takes the hypercall's number in X16. The exception has been taken, which leaves X16 as it was. */
  #isHypercall(stop: PortStop, hypercall: number): boolean {
    return this.system.port.readRegister(stop.cpu, 'X16') === BigInt(hypercall);
  }

  async #conditionFails(condition: string, cpu: number): Promise<boolean | string> {
    const evaluator = this.evaluator();
    if (!evaluator) return 'conditions need symbols';
    try {
      return (await evaluator.number(cpu, condition)) === 0n;
    } catch (error) {
      return `${condition}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  async #message(template: string, cpu: number): Promise<string> {
    let text = '';
    for (const part of template.split(/(\{[^{}]*\})/)) {
      text += part.startsWith('{') ? await this.#valueText(part.slice(1, -1), cpu) : part;
    }
    return text;
  }

  async #valueText(expression: string, cpu: number): Promise<string> {
    try {
      return (await this.evaluator()?.text(cpu, expression)) ?? `{${expression}}`;
    } catch (error) {
      return `{${expression}: ${error instanceof Error ? error.message : String(error)}}`;
    }
  }

  async #resolve(place: BreakpointPlace, spec: BreakpointSpec): Promise<Resolution> {
    if (place.kind === 'function' || place.kind === 'line') return resolvePlace(this.system, place, spec.scope);
    if (place.kind === 'exception') return { locations: [], message: undefined };
    return { locations: [{ ...place.location, module: undefined }], message: undefined };
  }

  async #bind(entry: Entry): Promise<void> {
    const { spec } = entry;
    const { locations, message, line } = await this.#resolve(spec.place, spec);
    entry.locations = locations.map(({ space, address }) => ({ space, address }));
    entry.resolvedKey = keyOf(locations);
    entry.message = message;
    const source = await this.#sourceOf(locations.at(0));
    // Several lines may begin at one address: the one that was asked for counts.
    entry.source = source && { ...source, line: line ?? source.line };
    if (!spec.enabled) return;
    if (spec.place.kind === 'exception') this.#bindException(entry, spec.place);
    else for (const location of locations) this.#bindLocation(entry, location);
  }

  async #sourceOf(location: ResolvedLocation | undefined): Promise<Breakpoint['source']> {
    if (!location?.module) return undefined;
    const slide = this.system.slide(location.module, location.space) ?? 0n;
    const info = await location.module.file.lookupAddress(BigInt.asUintN(64, location.address - slide));
    const frame = info.frames.at(0);
    return frame && { file: frame.file, line: frame.line };
  }

  #bindException(entry: Entry, place: Extract<BreakpointPlace, { kind: 'exception' }>): void {
    const filter = scopedFilter(this.system, {}, entry.spec.scope, undefined);
    const { exception, immediate, ec } = place;
    entry.bound.push(
      this.system.port.addCatchpoint({
        kind: exception,
        filter,
        ...(immediate === undefined ? {} : { immediate }),
        ...(ec === undefined ? {} : { ec }),
      }),
    );
  }

  #bindLocation(entry: Entry, location: ResolvedLocation): void {
    try {
      if (entry.spec.place.kind === 'data') this.#bindData(entry, location, entry.spec.place);
      else this.#bindCode(entry, location);
    } catch (error) {
      if (!(error instanceof SpaceError)) throw error;
      entry.message = error.message;
    }
  }

  #bindCode(entry: Entry, { space, address, module }: ResolvedLocation): void {
    const { port } = this.system;
    if (space.kind === 'ipa' || space.kind === 'pa') {
      const physical = port.physical(this.system.portSpace(space), address);
      if (physical === undefined) throw new SpaceError('not mapped to RAM');
      const filter = scopedFilter(this.system, spaceFilter(this.system, space), entry.spec.scope, undefined);
      entry.bound.push(port.addBreakpoint({ address: BigInt(physical), space: 'pa', filter }));
      return;
    }
    const program = module?.role === 'program' ? module : undefined;
    const filter = scopedFilter(this.system, spaceFilter(this.system, space), entry.spec.scope, program);
    entry.bound.push(port.addBreakpoint({ address, space: 'va', filter }));
  }

  #bindData(entry: Entry, { space, address }: Location, place: Extract<BreakpointPlace, { kind: 'data' }>): void {
    const { system } = this;
    const accessor = scopedFilter(system, {}, entry.spec.scope, undefined);
    const context = spaceFilter(system, space);
    const isVirtual = space.kind === 'xen' || space.kind === 'guest' || space.kind === 'cpu';
    const watched = isVirtual ? ({ kind: 'va', context } as const) : ({ kind: 'pa' } as const);
    for (const part of pageParts(address, place.size)) {
      const request = { ...part, space: watched, access: place.access, accessor };
      entry.bound.push(system.port.addWatchpoint(request, this.#portSpace(space)));
    }
  }

  #portSpace(space: AddressSpace): ReturnType<System['portSpace']> {
    return this.system.portSpace(space);
  }

  #unbind(entry: Entry): void {
    for (const id of entry.bound.splice(0)) this.system.port.remove(id);
  }
}

const PAGE = 4096n;

/** A range cut at page boundaries. */
function pageParts(address: bigint, size: number): { address: bigint; size: number }[] {
  const parts: { address: bigint; size: number }[] = [];
  for (let at = address; at < address + BigInt(size);) {
    const end = (at / PAGE + 1n) * PAGE;
    const next = end < address + BigInt(size) ? end : address + BigInt(size);
    parts.push({ address: at, size: Number(next - at) });
    at = next;
  }
  return parts;
}

function keyOf(locations: readonly ResolvedLocation[]): string {
  return locations.map(({ space, address }) => `${JSON.stringify(space)} ${address}`).join();
}

function describe(entry: Entry): Breakpoint {
  const { id, spec, bound, locations, message, hits, source } = entry;
  const state = !spec.enabled ? 'disabled' : bound.length > 0 ? 'applied' : 'pending';
  return { ...spec, id, state, message, hits, locations, source };
}
