/** Finds the caller from a function's code, where there is no call frame information. */
import type { Range } from '../../formats/dwarf/debug-rnglists.ts';
import type { CallerRegisters } from './cfi-step.ts';
import type { Module, PhysicalFrame } from './frame.ts';
import { REG_LR, REG_PC, REG_SP } from './registers.ts';
import { readWords } from './saved-registers.ts';
import { analyseStack, codeOf, type StackTable } from './stack-analysis.ts';
import type { StackSummary } from './stack-state.ts';

const MAX_TABLES = 256;
const MAX_CODE = 400_000;
/** X0-X18 are left as they are, see `stepWithCfi`. */
const FIRST_PRESERVED = 19;

/** Analyses functions and remembers the results. */
export class CodeAnalysis {
  readonly #tables = new Map<string, Promise<StackTable | undefined>>();

  /** The caller of `frame`, whose code belongs to `module`; undefined when the code does not tell. */
  async step(frame: PhysicalFrame, module: Module): Promise<CallerRegisters | undefined> {
    const at = (frame.isReturnAddress ? frame.pc - 4n : frame.pc) - module.slide;
    const ranges = await functionRanges(module, at);
    if (ranges.length === 0) return undefined;
    const summary = (await this.#table(frame, module, ranges))?.get(at);
    return summary && applySummary(frame, frame.isReturnAddress ? afterCall(summary) : summary);
  }

  #table(frame: PhysicalFrame, module: Module, ranges: readonly Range[]): Promise<StackTable | undefined> {
    const key = `${module.file.buildId ?? module.file.name}:${ranges[0].start}`;
    let table = this.#tables.get(key);
    if (!table) {
      table = readAndAnalyse(frame, module, ranges);
      this.#tables.set(key, table);
      if (this.#tables.size > MAX_TABLES) this.#tables.delete(this.#tables.keys().next().value!);
    }
    return table;
  }
}

/** Where the compiler put the function at link address `at`; for assembly, from its symbol to the next. */
async function functionRanges(module: Module, at: bigint): Promise<readonly Range[]> {
  const ranges = await module.file.functionRanges(at);
  if (ranges.length > 0) return ranges;
  const extent = module.file.symbolExtent(at);
  return extent ? [extent] : [];
}

/** The code is read from memory, not from the file: kernels patch themselves. */
async function readAndAnalyse(
  frame: PhysicalFrame,
  module: Module,
  ranges: readonly Range[],
): Promise<StackTable | undefined> {
  try {
    const code = await Promise.all(
      ranges.map(async (range) => {
        const length = Math.min(Number(range.end - range.start), MAX_CODE);
        return codeOf(range, await frame.space.readMemory(range.start + module.slide, length));
      }),
    );
    return analyseStack(code);
  } catch {
    return undefined;
  }
}

/** The call has put its own return address into X30. */
function afterCall(summary: StackSummary): StackSummary {
  const saved = new Map(summary.saved);
  if (summary.linkSlot === undefined) saved.delete(REG_LR);
  else saved.set(REG_LR, summary.linkSlot);
  return { ...summary, saved };
}

async function applySummary(frame: PhysicalFrame, summary: StackSummary): Promise<CallerRegisters | undefined> {
  const base = frame.registers.get(summary.cfaRegister);
  if (base === undefined) return undefined;
  const cfa = BigInt.asUintN(64, base + BigInt(summary.cfaOffset));
  const offsets = [...summary.saved.values()].filter((place) => place !== 'register');
  const words = await readWords(
    frame.space,
    offsets.map((offset) => cfa + BigInt(offset)),
  );
  const changes = new Map<number, bigint | undefined>();
  for (let register = FIRST_PRESERVED; register <= REG_LR; register++) {
    const place = summary.saved.get(register);
    if (place !== 'register') changes.set(register, place === undefined ? undefined : words.get(cfa + BigInt(place)));
  }
  const lr = summary.saved.get(REG_LR) === 'register' ? frame.registers.get(REG_LR) : changes.get(REG_LR);
  changes.set(REG_SP, cfa);
  changes.set(REG_PC, lr);
  return { cfa, pc: lr, registers: frame.registers.with(changes) };
}
