/**
 * Probes on functions: breakpoints that never stop, at the first instruction and where the function is left (its RETs and the branches that leave it for good), so
 * that nothing in a guest is changed and nothing must be planted while it runs.
 */
import { TraceKind } from '../base/trace-record.ts';
import type { System } from '../debugger/contexts/system.ts';
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import { MAX_ARGUMENTS, ProbeError, type ProbeSpec } from './probe-spec.ts';

/** Where events are left. */
export interface EventSink {
  note(cpu: number, kind: number, low: number, high: number): void;
}

/** A probe that is set. */
export interface FunctionProbe {
  readonly id: number;
  readonly spec: ProbeSpec;
  /** `vfs_read`. */
  readonly name: string;
  /** Addresses of entries and exits. */
  readonly entries: readonly bigint[];
  readonly exits: readonly bigint[];
  readonly argumentCount: number;
}

const RET = 0xd65f_0000;
const RET_MASK = 0xffff_fc1f;
/** B to a label: a tail call when it leads out of the function. */
const BRANCH = 0x1400_0000;
const BRANCH_MASK = 0xfc00_0000;
const MAX_FUNCTION = 1 << 20;

interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

export class FunctionProbes {
  private readonly breakpoints = new Map<number, number[]>();
  private readonly probes = new Map<number, FunctionProbe>();
  private nextId = 0;

  constructor(
    private readonly system: System,
    private readonly sink: EventSink,
  ) {}

  get list(): FunctionProbe[] {
    return [...this.probes.values()];
  }

  /** Sets a probe. Rejects with `ProbeError` when there is no such function, or it cannot be read now. */
  async add(spec: ProbeSpec): Promise<FunctionProbe> {
    const module = this.moduleOf(spec);
    const functions = mayExist(module, spec.name) ? await module.file.lookupFunction(spec.name) : [];
    const symbols =
      functions.length > 0 ? functions.map(({ lowPc }) => lowPc) : this.symbolAddresses(module, spec.name);
    if (symbols.length === 0) throw new ProbeError(`${module.name} has no function ${spec.name}`);
    const slide = this.system.slide(module, spec.space);
    if (slide === undefined) throw new ProbeError(`where ${module.name} runs cannot be told yet`);
    const entries = symbols.map((address) => address + slide);
    const exits = (await Promise.all(symbols.map((address) => this.exitsOf(module, spec, address, slide)))).flat();
    const argumentCount = Math.min(MAX_ARGUMENTS, spec.argumentCount ?? (await parameterCount(module, symbols[0])));
    const probe: FunctionProbe = { id: this.nextId++, spec, name: spec.name, entries, exits, argumentCount };
    this.probes.set(probe.id, probe);
    this.plant(probe);
    return probe;
  }

  remove(id: number): void {
    for (const breakpoint of this.breakpoints.get(id) ?? []) this.system.port.remove(breakpoint);
    this.breakpoints.delete(id);
    this.probes.delete(id);
  }

  clear(): void {
    for (const { id } of this.list) this.remove(id);
  }

  private moduleOf({ space }: ProbeSpec): SymbolModule {
    const module = this.system.modules.in(space) ?? this.system.moduleIn(space);
    if (!module)
      throw new ProbeError(`there are no symbols for ${space.kind === 'guest' ? `d${space.domain}` : 'Xen'}`);
    return module;
  }

  private symbolAddresses(module: SymbolModule, name: string): bigint[] {
    return module.file.symbols.named(name).map(({ value }) => value);
  }

  private async exitsOf(module: SymbolModule, spec: ProbeSpec, address: bigint, slide: bigint): Promise<bigint[]> {
    const known = await module.file.functionRanges(address);
    const extent = module.file.symbolExtent(address);
    const ranges: AddressRange[] = known.length > 0 ? known : extent ? [extent] : [];
    return ranges.flatMap((range) => this.exitsIn(spec, range, ranges, slide));
  }

  /** Instructions of a range of a function after which it is left. */
  private exitsIn(
    spec: ProbeSpec,
    { start, end }: AddressRange,
    all: readonly AddressRange[],
    slide: bigint,
  ): bigint[] {
    const length = Math.min(MAX_FUNCTION, Number(end - start));
    const bytes = this.system.read(spec.space, start + slide, length);
    if (bytes.length < length) throw new ProbeError(`the code of ${spec.name} is not in memory now`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const exits: bigint[] = [];
    for (let at = 0; at + 4 <= length; at += 4) {
      const address = start + BigInt(at);
      if (isExit(view.getUint32(at, true), address, all)) exits.push(address + slide);
    }
    return exits;
  }

  private plant(probe: FunctionProbe): void {
    const { port } = this.system;
    const { space } = probe.spec;
    const el = space.kind === 'guest' ? space.el : 2;
    const vmid = space.kind === 'guest' ? this.system.vmidOf(space.domain) : undefined;
    const set = (address: bigint, seen: (cpu: number) => void): number => {
      const accept = (cpu: number): boolean => {
        seen(cpu);
        return false;
      };
      return port.addBreakpoint({ address, space: 'va', filter: { el, vmid, accept } });
    };
    const ids = [
      ...probe.entries.map((address) => set(address, (cpu) => this.entered(cpu, probe))),
      ...probe.exits.map((address) => set(address, (cpu) => this.left(cpu, probe))),
    ];
    this.breakpoints.set(probe.id, ids);
  }

  private entered(cpu: number, { id, argumentCount }: FunctionProbe): void {
    this.sink.note(cpu, TraceKind.probeEntry, id, argumentCount);
    for (let n = 0; n < argumentCount; n++) {
      const value = this.system.port.x(cpu, n);
      this.sink.note(cpu, TraceKind.probeArgument, Number(value & 0xffff_ffffn), Number(value >> 32n));
    }
  }

  private left(cpu: number, { id }: FunctionProbe): void {
    const value = this.system.port.x(cpu, 0);
    this.sink.note(cpu, TraceKind.probeReturn, id, Number(value & 0xffff_ffffn));
  }
}

/** A function with code has a symbol, unless those were stripped: to search all debugging information for a wrong name takes long. */
function mayExist({ file: { symbols } }: SymbolModule, name: string): boolean {
  return symbols.size === 0 || symbols.named(name).length > 0 || symbols.namedWithSuffix(name).length > 0;
}

function isExit(word: number, address: bigint, ranges: readonly AddressRange[]): boolean {
  if ((word & RET_MASK) >>> 0 === RET) return true;
  if ((word & BRANCH_MASK) >>> 0 !== BRANCH) return false;
  const target = BigInt.asUintN(64, address + BigInt(((word << 6) >> 6) * 4));
  return !ranges.some(({ start, end }) => target >= start && target < end);
}

/** Parameters of the function at `address`; 0 when that is not known. */
async function parameterCount(module: SymbolModule, address: bigint): Promise<number> {
  const frames = await module.file.scopesAt(address).catch(() => []);
  const scope = frames.at(-1)?.scopes.at(-1);
  return scope?.variables.filter(({ kind }) => kind === 'parameter').length ?? 0;
}
