/** Recognises the assembly that exceptions enter through: no function of the compiler covers it. */
import { decode } from '../../arch/a64/decode.ts';
import { lookupPc, type PhysicalFrame } from '../unwinding/frame.ts';
import { ownerOf } from './code-space.ts';

/** Where in entry code a frame is. */
export interface EntryPlace {
  /** Symbol that the PC is in: `guest_sync_slowpath`, `el0t_64_sync`. */
  readonly symbol: string;
  /** A call has been made since the symbol: the interrupted registers have all been saved. */
  readonly isSaved: boolean;
  /** Distance of the PC from the symbol: in a vector table it tells the kind of exception. */
  readonly offset: number;
}

const ENTRY_FILE = /(^|\/)entry(-common)?\.S$/;
/** Code before the first call is short. */
const MAX_PROLOGUE = 4096;

/** The place of `frame` when it is in entry code. */
export async function entryPlace(frame: PhysicalFrame): Promise<EntryPlace | undefined> {
  const module = frame.space.moduleAt(frame.pc);
  if (!module) return undefined;
  const at = lookupPc(frame, module);
  const info = await module.file.lookupAddress(at);
  if (info.symbol === undefined || !ENTRY_FILE.test(info.frames.at(0)?.file ?? '')) return undefined;
  if (await module.file.functionAt(at)) return undefined;
  const start = frame.pc - info.offset - (frame.isReturnAddress ? 1n : 0n);
  const isSaved = frame.isReturnAddress || hasCall(frame, start);
  return { symbol: info.symbol, isSaved, offset: Number(info.offset) };
}

/** True when there is a BL between the symbol's start and the PC. */
function hasCall(frame: PhysicalFrame, start: bigint): boolean {
  const length = Number(frame.pc - start);
  if (length > MAX_PROLOGUE) return true;
  const owner = ownerOf(frame);
  for (let at = start; at < frame.pc; at += 4n) {
    const word = owner.word(at & ~7n);
    if (word === undefined) return true;
    const instruction = Number((at & 4n) === 0n ? word & 0xffff_ffffn : word >> 32n);
    if (decode(instruction)?.row.name.startsWith('BL')) return true;
  }
  return false;
}
