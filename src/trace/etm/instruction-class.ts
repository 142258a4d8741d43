/** What an instruction is to the trace unit: ETMv4 tells only the outcome of branches (P0 elements); the rest the reader of the trace finds in the program. */

export type InstructionClass = 'other' | 'direct' | 'conditional' | 'indirect' | 'barrier';

/** The class of an A64 instruction (IHI 0064 F.1: P0 instructions of AArch64). */
export function instructionClass(word: number): InstructionClass {
  if ((word & 0x7c00_0000) === 0x1400_0000) return 'direct';
  if ((word & 0xff00_0010) >>> 0 === 0x5400_0000) return 'conditional';
  if ((word & 0x7c00_0000) === 0x3400_0000) return 'conditional';
  if ((word & 0xfe00_0000) >>> 0 === 0xd600_0000) return 'indirect';
  if ((word & 0xffff_f0ff) >>> 0 === 0xd503_30df) return 'barrier';
  return 'other';
}
