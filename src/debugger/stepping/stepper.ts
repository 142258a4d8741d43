/**
 * Steps of a person: by instruction or line, into, over and out. A step stays with its logical context. Into SVC and HVC it goes up to the higher level, out
 * follows the exception return, and over treats the whole trap as a call.
 */
import { decode } from '../../arch/a64/decode.ts';
import type { SymbolModule } from '../contexts/modules.ts';
import type { AddressSpace } from '../contexts/spaces.ts';
import type { SymbolFile } from '../symbols/symbol-file.ts';
import type { System } from '../contexts/system.ts';
import type { CallStacks } from '../stack/call-stack.ts';
import { ownerOf } from '../stack/code-space.ts';
import { LogicalSteps, type Outcome, type Place } from './logical-context.ts';
import type { DebugStop, RunControl } from './run-control.ts';

export type StepKind = 'into' | 'over' | 'out';
export type Granularity = 'instruction' | 'line';

export interface StepOptions {
  readonly granularity: Granularity;
  /** Go into every exception taken on the way, instead of letting it run. */
  readonly followExceptions?: boolean;
  /** Instructions of all CPUs that the step may take. */
  readonly limit?: number;
}

/** More than an eighth of a second of virtual time on four busy CPUs. */
const DEFAULT_LIMIT = 500_000_000;

/** Source place of an address. */
interface LinePlace {
  readonly file: string;
  readonly line: number;
  /** Addresses of the line around the PC, as they run. */
  readonly ranges: readonly { readonly start: bigint; readonly end: bigint }[];
  /** Functions at the PC, outermost first: the last ones may be inlined. */
  readonly functions: readonly string[];
  readonly isStart: boolean;
}

export class Stepper {
  constructor(
    private readonly system: System,
    private readonly control: RunControl,
    private readonly stacks: CallStacks,
  ) {}

  /** One step of whatever pCPU `cpu` executes. */
  async step(cpu: number, kind: StepKind, options: StepOptions): Promise<DebugStop> {
    await this.control.breakpoints.refresh();
    const steps = new LogicalSteps(this.system, this.control, cpu, options.limit ?? DEFAULT_LIMIT);
    const run = new StepRun(this.system, this.stacks, steps, options.followExceptions ?? false);
    const { start } = steps;
    const end =
      kind === 'out'
        ? await run.out(start)
        : options.granularity === 'instruction'
          ? await run.instruction(start, kind)
          : await run.line(start, kind);
    return this.#finish(end, steps);
  }

  /** Runs until the context of `cpu` comes to an address in its present space. */
  async runTo(cpu: number, address: bigint, limit = DEFAULT_LIMIT): Promise<DebugStop> {
    const steps = new LogicalSteps(this.system, this.control, cpu, limit);
    return this.#finish(await steps.runTo(steps.start, [address]), steps);
  }

  #finish(end: Place | DebugStop, steps: LogicalSteps): DebugStop {
    if ('reason' in end) {
      const used = `${steps.used.toLocaleString('en')} instructions`;
      if (end.reason === 'limit') return { ...end, message: `the step has not ended after ${used}` };
      // What has a reason of its own, as the end of the task, keeps it.
      if (end.reason !== 'pause' || end.message !== undefined) return end;
      return { ...end, cpu: steps.start.cpu, message: `the step was interrupted after ${used}` };
    }
    const { port } = this.system;
    const portStop = {
      reason: 'step' as const,
      cpu: end.cpu,
      hits: [],
      watchHits: [],
      event: undefined,
      instructions: port.instructions,
    };
    return { reason: 'step', cpu: end.cpu, breakpoints: [], portStop };
  }
}

/** One step on its way. */
class StepRun {
  constructor(
    private readonly system: System,
    private readonly stacks: CallStacks,
    private readonly steps: LogicalSteps,
    private readonly followExceptions: boolean,
  ) {}

  async instruction(start: Place, kind: 'into' | 'over'): Promise<Place | DebugStop> {
    const returnAddress = kind === 'over' && this.#isCall(start) ? start.pc + 4n : undefined;
    if (returnAddress !== undefined) return this.steps.runTo(start, [returnAddress], start.sp);
    return ended(await this.#one(start, kind));
  }

  /** Steps until another line begins. */
  async line(start: Place, kind: 'into' | 'over'): Promise<Place | DebugStop> {
    let from = await this.#lineOf(start);
    if (!from) return this.instruction(start, kind);
    const first = from;
    for (let at = start; ;) {
      const next = await this.#lineInstruction(at, kind);
      if ('reason' in next) return next;
      // Another level: the first instruction there is where a person wants to be.
      if (next.el !== at.el || next.key !== at.key) return next;
      if (isWithin(from, next.pc)) {
        at = next;
        continue;
      }
      if (this.#hasReturned(start, next)) return next;
      if (kind === 'over' && (await this.#isTailCall(next, first))) return this.out(next);
      const line = await this.#lineOf(next);
      if (!line) {
        // Code without lines is stepped over as a whole.
        const back = await this.out(next);
        if ('reason' in back || this.#hasReturned(start, back)) return back;
        at = back;
        continue;
      }
      const isInner = kind === 'over' && isInlinedInto(line, first);
      if (!isInner && line.isStart && !isSameLine(line, first)) return next;
      from = line;
      at = next;
    }
  }

  /** Runs until the function returns: to its caller, or through the exception return to what was interrupted. */
  async out(start: Place): Promise<Place | DebugStop> {
    const inlined = await this.#outOfInlined(start);
    if (inlined) return inlined;
    const frame = this.stacks.topOfCpu(start.cpu);
    const boundary = await this.stacks.boundaryBelow(frame);
    if (boundary) return this.#outOfException(start, levelOf(ownerOf(boundary.interrupted).space));
    const found = await this.stacks.unwinder.caller(frame);
    if (typeof found === 'string' || found.caller.pc === undefined) return this.#outOfException(start, undefined);
    return this.steps.runTo(start, [found.caller.pc], found.caller.cfa);
  }

  /** One instruction of a line step; calls are run through for `over`, and where there is no source to stop in. */
  async #lineInstruction(at: Place, kind: 'into' | 'over'): Promise<Place | DebugStop> {
    if (!this.#isCall(at)) return ended(await this.#one(at, kind));
    if (kind === 'over') return this.steps.runTo(at, [at.pc + 4n], at.sp);
    const entered = ended(await this.#one(at, kind));
    if ('reason' in entered || (await this.#lineOf(entered))) return this.#pastPrologue(entered);
    return this.steps.runTo(entered, [at.pc + 4n], at.sp);
  }

  /** A function is entered where its parameters can be read. */
  async #pastPrologue(entered: Place | DebugStop): Promise<Place | DebugStop> {
    if ('reason' in entered) return entered;
    const located = this.#locate(entered);
    const fn = located && (await located.module.file.functionAt(located.address));
    if (!located || !fn || fn.entry <= located.address || located.address !== fn.lowPc) return entered;
    return this.steps.runTo(entered, [BigInt.asUintN(64, fn.entry + located.slide)]);
  }

  #one(at: Place, kind: StepKind): Promise<Outcome> {
    return this.steps.one(at, this.followExceptions ? 'everything' : kind === 'into' ? 'calls' : 'nothing');
  }

  /** From the lowest frame of a level: until the level is left for the one that was interrupted. */
  async #outOfException(start: Place, target = this.#interruptedLevel(start)): Promise<Place | DebugStop> {
    const { system } = this;
    const vcpu = system.hypervisor?.currentVcpuAddress(start.cpu);
    const isOwn = (cpu: number): boolean =>
      vcpu === undefined ? cpu === start.cpu : system.hypervisor?.currentVcpuAddress(cpu) === vcpu;
    const task = start.el === 1 ? system.context(start.cpu).task : undefined;
    const accept = (cpu: number): boolean => {
      const { el, sp } = system.port.status(cpu);
      if (el !== start.el || sp < start.sp) return false;
      return task === undefined ? isOwn(cpu) : system.context(cpu).task === task;
    };
    return this.steps.runToReturn(target, accept);
  }

  /** SPSR of the level says where the exception came from, as long as no other one has been taken since. */
  #interruptedLevel(start: Place): number {
    const spsr = this.system.port.readRegister(start.cpu, `SPSR_EL${start.el}`) ?? 0n;
    return Number((spsr >> 2n) & 3n);
  }

  /** Leaves an inlined function: for the next statement of the function it is part of, or that one's caller. */
  async #outOfInlined(start: Place): Promise<Place | DebugStop | undefined> {
    const located = this.#locate(start);
    const statements = located && (await statementsAround(located.module.file, located.address));
    if (!located || !statements) return undefined;
    const found = await this.stacks.unwinder.caller(this.stacks.topOfCpu(start.cpu));
    const caller = typeof found === 'string' || found.caller.pc === undefined ? [] : [found.caller.pc];
    const addresses = statements.map((address) => BigInt.asUintN(64, address + located.slide));
    return this.steps.runTo(start, [...addresses, ...caller], start.sp);
  }

  #isCall(at: Place): boolean {
    const word = this.#word(at);
    const name = word === undefined ? undefined : decode(word)?.row.name;
    return name !== undefined && /^BLR?_/.test(`${name}_`);
  }

  #word(at: Place): number | undefined {
    const view = this.system.port.view(at.cpu);
    const { bytes, fault } = this.system.port.read({ kind: 'va', view }, at.pc, 4);
    return fault === undefined ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) : undefined;
  }

  #hasReturned(start: Place, now: Place): boolean {
    return now.sp > start.sp && now.el === start.el && this.#isOtherFunction(start, now);
  }

  #isOtherFunction(start: Place, now: Place): boolean {
    const [a, b] = [this.#symbolOf(start), this.#symbolOf(now)];
    return a === undefined || b === undefined || a !== b;
  }

  #symbolOf(place: Place): string | undefined {
    const located = this.#locate(place);
    return located?.module.file.symbols.covering(located.address)?.name;
  }

  /** A branch to the beginning of another function, with the same caller. */
  async #isTailCall(now: Place, first: LinePlace): Promise<boolean> {
    const located = this.#locate(now);
    const fn = located && (await located.module.file.functionAt(located.address));
    return fn !== undefined && located?.address === fn.lowPc && fn.name !== first.functions[0];
  }

  /** Module and link address of a place. */
  #locate(place: Place): { module: SymbolModule; address: bigint; slide: bigint } | undefined {
    const { space, task } = this.system.context(place.cpu);
    const module = this.system.moduleIn(space as AddressSpace, task);
    if (!module) return undefined;
    const slide = this.system.slide(module, space) ?? 0n;
    return { module, slide, address: BigInt.asUintN(64, place.pc - slide) };
  }

  async #lineOf(place: Place): Promise<LinePlace | undefined> {
    const located = this.#locate(place);
    if (!located) return undefined;
    const { file } = located.module;
    const statement = await file.statementRanges(located.address);
    if (!statement || statement.line === 0) return undefined;
    const { frames } = await file.lookupAddress(located.address);
    return {
      file: statement.file,
      line: statement.line,
      ranges: statement.ranges.map(({ start, end }) => ({ start: start + located.slide, end: end + located.slide })),
      functions: frames.map((frame) => frame.function).toReversed(),
      isStart: await file.isStatementStart(located.address),
    };
  }
}

/** Longer functions are left as a whole. */
const MAX_FUNCTION = 0x1_0000n;

/** Where statements begin in the function around `address` but outside of the inlined function there; undefined when none is. */
async function statementsAround(file: SymbolFile, address: bigint): Promise<bigint[] | undefined> {
  const [inner] = await file.scopesAt(address);
  const inlined = inner?.isInlined ? inner.scopes.find(({ kind }) => kind === 'inlined') : undefined;
  if (!inlined) return undefined;
  const isInside = (at: bigint): boolean => inlined.ranges.some(({ start, end }) => start <= at && at < end);
  const ranges = await file.functionRanges(address);
  if (ranges.reduce((sum, { start, end }) => sum + end - start, 0n) > MAX_FUNCTION) return undefined;
  const found: bigint[] = [];
  for (const { start, end } of ranges) {
    for (let at = start; at < end; at += 4n) {
      if (!isInside(at) && (await file.isStatementStart(at))) found.push(at);
    }
  }
  return found;
}

function levelOf(space: AddressSpace): number {
  return space.kind === 'guest' ? space.el : 2;
}

function ended(outcome: Outcome): Place | DebugStop {
  return outcome.kind === 'stopped' ? outcome.stop : outcome.place;
}

function isWithin({ ranges }: LinePlace, pc: bigint): boolean {
  return ranges.some(({ start, end }) => start <= pc && pc < end);
}

function isSameLine(a: LinePlace, b: LinePlace): boolean {
  return a.line === b.line && a.file === b.file;
}

/** `line` is in a function inlined below the one that `first` is in. */
function isInlinedInto(line: LinePlace, first: LinePlace): boolean {
  return line.functions.length > first.functions.length && isInlinedOrSame(line, first);
}

function isInlinedOrSame(line: LinePlace, first: LinePlace): boolean {
  return first.functions.every((name, i) => line.functions[i] === name);
}
