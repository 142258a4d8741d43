/**
 * What the machine offers a debugger: registers, translation, memory in any context, breakpoints, watchpoints, catchpoints, run control. It knows nothing
 * of symbols or guests. Reading changes nothing; stopping and going on leaves the machine as if it had never stopped.
 */
export { DebugPort, type RunMachine } from './debug/port.ts';
export type { RegisterDescription } from './debug/registers.ts';
export type { MemoryRead, PortSpace } from './debug/memory.ts';
export type { BreakpointRequest } from './debug/breakpoints.ts';
export type { WatchAccess, WatchHit, WatchRequest, WatchSpace } from './debug/watchpoints.ts';
export type { CatchKind, CatchRequest, ExceptionEvent } from './debug/catchpoints.ts';
export type { CpuStatus, PortStop, StopReason } from './debug/port.ts';
export type { ContextFilter } from './debug/filter.ts';
export type { RegimeRegisterName } from './mmu/regime.ts';
export type { AccessKind, ExplainedWalk, RegimeView, Translated, Translation, WalkStep } from './mmu/translate.ts';
