/** Walks the stack, frame by frame. */
import type { SourceFrame } from '../symbols/symbol-file.ts';
import { CodeAnalysis } from './analysis-step.ts';
import { stepWithCfi, type CallerRegisters } from './cfi-step.ts';
import {
  lookupPc,
  type BoundaryDetector,
  type PhysicalFrame,
  type StackEntry,
  type UnwindEnd,
  type UnwindMethod,
  type UnwindSpace,
} from './frame.ts';
import { REG_FP, REG_LR, REG_PC, REG_SP, type Registers } from './registers.ts';
import { readWords } from './saved-registers.ts';

const DEFAULT_LIMIT = 512;

/** What `walk` may be told. */
export interface WalkOptions {
  /** Most frames that are produced. */
  readonly limit?: number;
  readonly boundary?: BoundaryDetector;
}

interface Caller {
  readonly method: UnwindMethod;
  readonly caller: CallerRegisters;
}

/** The youngest frame of a stack: `registers` as they are now. */
export function topFrame(space: UnwindSpace, registers: Registers): PhysicalFrame {
  return { space, registers, pc: registers.pc, isReturnAddress: false };
}

/** Unwinds frames of any module. Keeps what it has learned of functions' code; make one and use it for as long as the code stays the same. */
export class Unwinder {
  readonly #analysis = new CodeAnalysis();

  /** Frames from `top` on, boundaries between them, and why it ended, last. */
  async *walk(top: PhysicalFrame, { limit = DEFAULT_LIMIT, boundary }: WalkOptions = {}): AsyncGenerator<StackEntry> {
    let frame = top;
    for (let count = 0; count < limit; count++) {
      const crossing = await boundary?.(frame);
      const found = crossing ? undefined : await this.caller(frame);
      const isFound = typeof found === 'object';
      yield {
        kind: 'frame',
        frame: { ...frame, cfa: isFound ? found.caller.cfa : undefined },
        method: isFound ? found.method : undefined,
      };
      if (crossing) {
        yield { kind: 'boundary', label: crossing.label };
        frame = crossing.interrupted;
      } else if (isFound) frame = callerFrame(frame, found.caller);
      else {
        yield { kind: 'end', reason: found ?? 'noRule' };
        return;
      }
    }
    yield { kind: 'end', reason: 'limit' };
  }

  /** The caller of `frame`, or why there is none. */
  async caller(frame: PhysicalFrame): Promise<Caller | UnwindEnd> {
    const found = (await this.#byModule(frame)) ?? (await guess(frame));
    if (!found) return 'noRule';
    const { cfa, pc, registers } = found.caller;
    if (pc === undefined) return found.method === 'callFrameInformation' ? 'outermost' : 'unreadable';
    if (pc === 0n) return 'outermost';
    const sp = frame.registers.sp;
    const isStuck = (sp !== undefined && cfa < sp) || (cfa === sp && pc === frame.pc && registers.sp === sp);
    return isStuck ? 'notProgressing' : found;
  }

  async #byModule(frame: PhysicalFrame): Promise<Caller | undefined> {
    const module = frame.space.moduleAt(frame.isReturnAddress ? frame.pc - 1n : frame.pc);
    if (!module) return undefined;
    const row = await module.file.frameInfo(lookupPc(frame, module));
    const byCfi = row && (await stepWithCfi(frame, row));
    if (byCfi) return { method: 'callFrameInformation', caller: byCfi };
    const byCode = await this.#analysis.step(frame, module);
    return byCode && { method: 'codeAnalysis', caller: byCode };
  }
}

function callerFrame(frame: PhysicalFrame, { registers, pc }: CallerRegisters): PhysicalFrame {
  return { space: frame.space, registers, pc: pc!, isReturnAddress: true };
}

/** Without symbols: the frame record that X29 points to (AAPCS64, section 6.4.6), or for the youngest frame the link register. */
async function guess(frame: PhysicalFrame): Promise<Caller | undefined> {
  const fp = frame.registers.get(REG_FP);
  const sp = frame.registers.sp;
  if (fp !== undefined && sp !== undefined && fp >= sp && fp % 8n === 0n) {
    const words = await readWords(frame.space, [fp, fp + 8n]);
    const [previous, pc] = [words.get(fp), words.get(fp + 8n)];
    if (pc !== undefined && previous !== undefined)
      return { method: 'framePointer', caller: record(frame, fp + 16n, previous, pc) };
  }
  const lr = frame.registers.get(REG_LR);
  if (frame.isReturnAddress || lr === undefined || sp === undefined) return undefined;
  return { method: 'linkRegister', caller: record(frame, sp, fp, lr) };
}

function record(frame: PhysicalFrame, cfa: bigint, fp: bigint | undefined, pc: bigint): CallerRegisters {
  const known = [
    [REG_FP, fp],
    [REG_LR, undefined],
    [REG_SP, cfa],
    [REG_PC, pc],
  ] as const;
  return { cfa, pc, registers: frame.registers.with(new Map(known)) };
}

/** A frame as a person sees it: `physical` for the function whose frame it is, others were inlined into it. */
export interface LogicalFrame extends SourceFrame {
  readonly physical: PhysicalFrame;
  /** Position among the logical frames of `physical`: 0 is innermost. */
  readonly inlineDepth: number;
  readonly symbol: string | undefined;
  /** Distance of `physical.pc` from the symbol's start in bytes. */
  readonly offset: bigint;
}

/** The functions that `frame` stands for, innermost first; one without a name when nothing is known. */
export async function logicalFrames(frame: PhysicalFrame): Promise<LogicalFrame[]> {
  const module = frame.space.moduleAt(frame.isReturnAddress ? frame.pc - 1n : frame.pc);
  const info = module && (await module.file.lookupAddress(lookupPc(frame, module)));
  const offset = (info?.offset ?? 0n) + (frame.isReturnAddress ? 1n : 0n);
  const unknown: SourceFrame = { function: info?.symbol ?? '', file: '', line: 0, column: 0, inlined: false };
  const frames = info && info.frames.length > 0 ? info.frames : [unknown];
  return frames.map((source, inlineDepth) => ({
    ...source,
    physical: frame,
    inlineDepth,
    symbol: info?.symbol,
    offset,
  }));
}
