/** Frames, and what the unwinder has to know of the program that they belong to. */
import type { SymbolFile } from '../symbols/symbol-file.ts';
import type { Registers } from './registers.ts';

/** A file with symbols as it is loaded: `slide` is added to its link addresses. */
export interface Module {
  readonly file: SymbolFile;
  readonly slide: bigint;
}

/** The address space of a run of frames (Xen, one domain's kernel, one program) and what is loaded in it. */
export interface UnwindSpace {
  /** The module whose code is at `pc`. */
  moduleAt(pc: bigint): Module | undefined;
  /** Rejects when the range cannot be read. */
  readMemory(address: bigint, length: number): Promise<Uint8Array>;
}

/** How a frame's caller was found. */
export type UnwindMethod = 'callFrameInformation' | 'codeAnalysis' | 'framePointer' | 'linkRegister';

/** A frame on the stack; functions inlined into it have no frame of their own. */
export interface PhysicalFrame {
  readonly space: UnwindSpace;
  readonly registers: Registers;
  readonly pc: bigint;
  /**
   * True when `pc` is where a call returns to: the call itself, one instruction before, tells the source line and scope. False for the youngest frame and
   * for one that was interrupted.
   */
  readonly isReturnAddress: boolean;
  /** Value of SP in the caller at the call; undefined where no caller could be found. */
  readonly cfa?: bigint;
}

/** Why unwinding stopped. */
export type UnwindEnd = 'outermost' | 'noRule' | 'unreadable' | 'notProgressing' | 'limit';

/**
 * An exception boundary: the frames below it belong to what was interrupted, perhaps at another exception level. `label` names
 * the exception (`HVC #0xEA1`).
 */
interface Boundary {
  readonly label: string;
  readonly interrupted: PhysicalFrame;
}

/** Recognises frames of exception entry code, whose "caller" is what the exception interrupted. */
export type BoundaryDetector = (frame: PhysicalFrame) => Promise<Boundary | undefined>;

/** One step of a walk along the stack. */
export type StackEntry =
  | { readonly kind: 'frame'; readonly frame: PhysicalFrame; readonly method: UnwindMethod | undefined }
  | { readonly kind: 'boundary'; readonly label: string }
  | { readonly kind: 'end'; readonly reason: UnwindEnd };

/** The address whose symbols, scopes and unwinding rules describe `frame`, as linked in `module`. */
export function lookupPc(frame: PhysicalFrame, module: Module): bigint {
  return frame.pc - (frame.isReturnAddress ? 1n : 0n) - module.slide;
}
