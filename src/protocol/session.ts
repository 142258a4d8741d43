/**
 * The wire between the page and the worker that holds the machine: two interfaces, carried by birpc over one message port. The headless
 * runner uses the same session object without a port.
 */
import type { AddressSpace, Location } from './address.ts';
import type { DomainRow, TaskRow, VcpuRow } from './awareness.ts';
import type { BreakpointPlace, BreakpointSpec, BreakpointState, OutputMessage } from './breakpoints.ts';
import type {
  Disassembly,
  InlineValues,
  MemoryBlock,
  MemorySearch,
  SourcePlace,
  SourceText,
  StackFrame,
  SymbolMatch,
  TranslationWalk,
  Variable,
  VariableScope,
} from './inspect.ts';
import type { PackInfo, PackSource, TerminalId } from './pack.ts';
import type { RegisterSet } from './registers.ts';
import type { ConsoleOutput, MachineStatus, Progress, Unmodelled } from './status.ts';
import type { StepRequest, Stop } from './stop.ts';
import type { Scope, Target } from './target.ts';
import type {
  ProbeInfo,
  ProbeSource,
  ProbeState,
  TimelineEvent,
  TimelineFormat,
  TimelineRequest,
  TimelineSeek,
  TimelineSlice,
  TimelineStatistics,
  TimelineWindow,
} from './timeline.ts';

/**
 * Shorthand: wherever a `stopId` is taken, an older one than the current stop's is answered with the error `STALE_STOP`. Writes take the older ids of a stop
 * that was renewed as well: what a person enters is not lost because symbols were opened meanwhile.
 */
type StopId = number;

/** The machine and who runs it. */
export interface MachineFunctions {
  /** Reads a pack's manifest; nothing runs yet. */
  loadPack(source: PackSource): Promise<PackInfo>;
  /** Puts the machine at the pack's boot snapshot, paused. */
  restart(): Promise<Stop>;
  /** Resets the machine and boots the pack from its first instruction; returns at once with the machine running. */
  coldBoot(): Promise<void>;
  resume(): Promise<void>;
  pause(): Promise<Stop>;
  /** One step; answers when it is complete, or was ended by something else. */
  step(request: StepRequest): Promise<Stop>;
  /** Continues until `place` is reached by whom `scope` allows, or something else stops the machine; answers when the machine runs. */
  runTo(place: BreakpointPlace, scope: Scope): Promise<void>;
  /** Types into a console. UTF-8. */
  consoleInput(terminal: TerminalId, text: string): Promise<void>;
  /** Replaces the whole list; answers with what became of each. */
  setBreakpoints(breakpoints: readonly BreakpointSpec[]): Promise<readonly BreakpointState[]>;
  /** A line of the command console; its output, perhaps empty. */
  execute(line: string, target: Target): Promise<string>;
  completions(line: string): Promise<readonly string[]>;
  unmodelled(): Promise<readonly Unmodelled[]>;
  /** Hash of the whole machine state. */
  stateHash(): Promise<string>;
}

/** What can be read and written where the machine stands. */
export interface ReadFunctions {
  registers(stopId: StopId, target: Target): Promise<RegisterSet>;
  writeRegister(stopId: StopId, target: Target, name: string, value: bigint): Promise<void>;
  readMemory(stopId: StopId, location: Location, length: number): Promise<MemoryBlock>;
  writeMemory(stopId: StopId, location: Location, bytes: Uint8Array): Promise<void>;
  /** Looks for bytes from `from` on, or backwards from before it, through at most `length` bytes. */
  findMemory(
    stopId: StopId,
    from: Location,
    pattern: Uint8Array,
    length: number,
    backwards: boolean,
  ): Promise<MemorySearch>;
  /** The memory at a location as a type of the symbols of its space. */
  overlay(stopId: StopId, location: Location, type: string): Promise<Variable>;
  /** `count` instructions from `before` instructions ahead of `location`. */
  disassemble(stopId: StopId, location: Location, before: number, count: number): Promise<Disassembly>;
  translate(stopId: StopId, location: Location): Promise<TranslationWalk>;
  stackTrace(stopId: StopId, target: Target): Promise<readonly StackFrame[]>;
  scopes(stopId: StopId, frameId: number): Promise<readonly VariableScope[]>;
  variables(stopId: StopId, variablesReference: number): Promise<readonly Variable[]>;
  inlineValues(stopId: StopId, frameId: number): Promise<InlineValues | null>;
  /** A C expression in a frame; throws with a message for the person. */
  evaluate(stopId: StopId, frameId: number | null, expression: string): Promise<Variable>;
  setExpression(stopId: StopId, frameId: number | null, expression: string, value: string): Promise<Variable>;
  domains(stopId: StopId): Promise<readonly DomainRow[]>;
  vcpus(stopId: StopId): Promise<readonly VcpuRow[]>;
  tasks(stopId: StopId, domid: number): Promise<readonly TaskRow[]>;
}

/** What names mean; also while running. */
export interface NameFunctions {
  source(path: string): Promise<SourceText>;
  /** Functions, global variables and files of Xen and a domain (null: of all domains) whose name contains `query`, best first. */
  searchSymbols(query: string, domain: number | null): Promise<readonly SymbolMatch[]>;
  /** Addresses of a function or line where `scope` applies. */
  locate(place: BreakpointPlace, scope: Scope): Promise<readonly Location[]>;
  /** Where `name` is defined as the file `path` of Xen (`domain` null) or a domain sees it. */
  definition(name: string, path: string | null, domain: number | null): Promise<SourcePlace | null>;
  /** Names of structures and unions that contain `query`, for `overlay`. */
  searchTypes(query: string, space: AddressSpace): Promise<readonly string[]>;
}

/** What was recorded; also while running. */
export interface TimelineFunctions {
  timeline(request: TimelineRequest): Promise<TimelineWindow>;
  /** Slices that answer a question, the nearest first. */
  timelineSeek(seek: TimelineSeek): Promise<readonly TimelineSlice[]>;
  /** What is known of a slice; null when there is none. */
  timelineEvent(track: number, time: number, depth: number): Promise<TimelineEvent | null>;
  timelineStatistics(from: number, to: number): Promise<TimelineStatistics>;
  /** Records the calls of a function: `xen:do_xen_version`, `d1:vfs_read`. */
  addProbe(text: string): Promise<ProbeInfo>;
  removeProbe(id: number): Promise<void>;
  probes(): Promise<ProbeState>;
  /** Switches what awareness watches on or off. */
  setProbeSource(source: ProbeSource, isOn: boolean): Promise<void>;
  /** The recording as the pieces of a file. */
  exportTimeline(format: TimelineFormat): Promise<readonly (string | Uint8Array)[]>;
}

/** What the page asks of the session. */
export type SessionFunctions = MachineFunctions & ReadFunctions & NameFunctions & TimelineFunctions;

/** What the session tells the page. None of them is answered. */
export interface SessionEvents {
  status(status: MachineStatus): void;
  stopped(stop: Stop): void;
  /** The machine runs: everything read at the last stop is history. */
  resumed(): void;
  console(output: readonly ConsoleOutput[]): void;
  progress(progress: Progress | null): void;
  breakpointsChanged(states: readonly BreakpointState[]): void;
  /** The command console has changed the list itself: this is all of it. */
  breakpointsEdited(specs: readonly BreakpointSpec[]): void;
  output(message: OutputMessage): void;
  /** The session itself failed; the machine is gone. */
  crashed(message: string): void;
}

/** Names of `SessionEvents`, for the RPC layer: they are sent without waiting for an answer. */
export const SESSION_EVENT_NAMES = [
  'status',
  'stopped',
  'resumed',
  'console',
  'progress',
  'breakpointsChanged',
  'breakpointsEdited',
  'output',
  'crashed',
] as const satisfies readonly (keyof SessionEvents)[];
