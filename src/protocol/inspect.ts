/** Memory, code, stacks, variables and translations at a stop. DAP names where DAP has the thing. */
import type { AddressSpace, Location } from './address.ts';
import type { ExceptionLevel } from './status.ts';

/** A run of memory. Bytes that cannot be read are marked, not made up. */
export interface MemoryBlock {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** One entry for each byte: 1 where it could be read. */
  readonly readable: Uint8Array;
  /** Why the first unreadable byte is unreadable. */
  readonly fault?: string;
}

/** One row of disassembly. */
export interface DisassembledInstruction {
  readonly address: bigint;
  /** The 32-bit word; null when the memory cannot be read. */
  readonly word: number | null;
  readonly mnemonic: string;
  readonly operands: string;
  /** `do_xen_version+0x14`. */
  readonly symbol?: string;
  /** Where a branch or literal goes, and its name. */
  readonly target?: { readonly address: bigint; readonly symbol?: string };
  readonly source?: { readonly path: string; readonly line: number };
}

/** Rows in the address order asked for. */
export interface Disassembly {
  /** The space asked for, resolved: never `cpu`. */
  readonly space: AddressSpace;
  readonly rows: readonly DisassembledInstruction[];
}

/** DAP `StackFrame`. A boundary between exception levels is a frame with `presentationHint: 'label'`. */
export interface StackFrame {
  readonly id: number;
  readonly name: string;
  readonly presentationHint: 'normal' | 'label' | 'subtle';
  readonly el: ExceptionLevel;
  /** Null in Xen. */
  readonly domain: number | null;
  readonly location: Location;
  readonly source?: { readonly path: string; readonly line: number; readonly column: number };
  /** `(cmd=0, arg=...)`. */
  readonly parameters?: string;
  readonly isInlined?: boolean;
}

/** DAP `Scope`. */
export interface VariableScope {
  readonly name: 'Locals' | 'Arguments' | 'Globals' | 'Statics';
  readonly variablesReference: number;
}

/** An integer, pointer, enumeration or bit-field as a number. */
export interface ScalarValue {
  readonly value: bigint;
  readonly bits: number;
}

/** DAP `Variable`. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  /** 0 when there is nothing below. */
  readonly variablesReference: number;
  /** Where it is in memory, for "show in memory" and "break on change". */
  readonly location?: Location;
  /** Bytes. */
  readonly size?: number;
  /** The number it is, for other ways to write it; none for structures, arrays and floating point. */
  readonly scalar?: ScalarValue;
  /** Expression that names it from the frame. */
  readonly evaluateName?: string;
  readonly writable?: boolean;
}

/** A line of a source file. */
export interface SourcePlace {
  readonly path: string;
  readonly line: number;
}

/** Values to show beside the source of a frame: on lines `fromLine` to `toLine` (both included) of `path`, where the names occur. */
export interface InlineValues {
  readonly path: string;
  readonly fromLine: number;
  readonly toLine: number;
  readonly values: readonly { readonly name: string; readonly text: string }[];
}

/** What a search through memory came to. */
export interface MemorySearch {
  /** Where the bytes are; null when they are not where it looked. */
  readonly found: bigint | null;
  /** Addresses that were looked through, the end excluded. */
  readonly from: bigint;
  readonly to: bigint;
  /** Bytes among them that could not be read. */
  readonly unreadable: number;
}

/** A function, global variable or file found by name. */
export interface SymbolMatch {
  readonly name: string;
  readonly kind: 'function' | 'data' | 'file';
  /** Where its code or data is in use; of a file, the space of its code. */
  readonly space: AddressSpace;
  readonly location?: Location;
  readonly source?: SourcePlace;
  /** `Xen`, `DomU1 kernel`, `cat`. */
  readonly module: string;
}

/** One source file's text, or where it was looked for. */
export type SourceText =
  | { readonly kind: 'found'; readonly path: string; readonly text: string; readonly linesWithCode: readonly number[] }
  | { readonly kind: 'missing'; readonly path: string; readonly lookedIn: readonly string[] };

/** One descriptor read during a walk. */
export interface WalkStep {
  readonly stage: 1 | 2;
  readonly level: number;
  /** Index into this level's table. */
  readonly index: number;
  readonly descriptorAddress: Location;
  readonly descriptor: bigint;
  readonly kind: 'table' | 'block' | 'page' | 'invalid';
  /** Decoded attributes: `AP` to `EL1 RW`. */
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  /** Output address of the descriptor. */
  readonly output: Location | null;
}

/** A translation explained. */
export interface TranslationWalk {
  readonly input: Location;
  readonly regime: string;
  readonly vmid: number | null;
  readonly asid: number | null;
  readonly steps: readonly WalkStep[];
  readonly ipa: bigint | null;
  readonly pa: bigint | null;
  /** The fault a read would raise; null for none. */
  readonly fault: string | null;
}
