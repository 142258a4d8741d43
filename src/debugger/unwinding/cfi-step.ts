/** Finds the caller with call frame information. */
import { evaluateValue, type ExpressionContext } from '../../formats/dwarf/expression.ts';
import type { CfaRule, RegisterRule, UnwindTableRow } from '../../formats/dwarf/unwind-table.ts';
import type { PhysicalFrame } from './frame.ts';
import { REG_PC, REG_SP, type Registers } from './registers.ts';
import { readWord } from './saved-registers.ts';

/** The caller's registers and the CFA; `pc` is undefined for the outermost frame. */
export interface CallerRegisters {
  readonly cfa: bigint;
  readonly pc: bigint | undefined;
  readonly registers: Registers;
}

const LAST_PRESERVED = 30;

/** Applies `row` to `frame`. Undefined when the CFA cannot be computed. */
export async function stepWithCfi(frame: PhysicalFrame, row: UnwindTableRow): Promise<CallerRegisters | undefined> {
  const context = registersOnly(frame);
  const cfa = row.cfa && (await cfaOf(row.cfa, frame, context));
  if (cfa === undefined) return undefined;
  const changes = new Map<number, bigint | undefined>();
  for (let register = 0; register <= LAST_PRESERVED; register++) {
    const rule = row.rules.get(register);
    // Without a rule a register is taken to be untouched, X0-X18 too: GCC describes a caller's variables by registers that it knows a callee to leave
    // alone (-fipa-ra), and ends its location lists before calls that do not.
    if (rule) changes.set(register, await valueOf(rule, register, cfa, frame, context));
  }
  const pc = await returnAddress(row, cfa, frame, context);
  const spRule = row.rules.get(REG_SP);
  changes.set(REG_SP, spRule ? await valueOf(spRule, REG_SP, cfa, frame, context) : cfa);
  changes.set(REG_PC, pc);
  return { cfa, pc, registers: frame.registers.with(changes) };
}

async function returnAddress(
  row: UnwindTableRow,
  cfa: bigint,
  frame: PhysicalFrame,
  context: ExpressionContext,
): Promise<bigint | undefined> {
  const register = row.returnAddressRegister;
  const rule = row.rules.get(register);
  return rule ? valueOf(rule, register, cfa, frame, context) : frame.registers.get(register);
}

async function cfaOf(rule: CfaRule, frame: PhysicalFrame, context: ExpressionContext): Promise<bigint | undefined> {
  if (rule.kind === 'expression') return evaluateValue(rule.expression, context);
  const base = frame.registers.get(rule.register);
  return base === undefined ? undefined : BigInt.asUintN(64, base + rule.offset);
}

async function valueOf(
  rule: RegisterRule,
  register: number,
  cfa: bigint,
  frame: PhysicalFrame,
  context: ExpressionContext,
): Promise<bigint | undefined> {
  switch (rule.kind) {
    case 'undefined':
      return undefined;
    case 'sameValue':
      return frame.registers.get(register);
    case 'register':
      return frame.registers.get(rule.register);
    case 'offset':
      return readWord(frame.space, cfa + rule.offset);
    case 'valOffset':
      return cfa + rule.offset;
    case 'valExpression':
      return evaluateValue(rule.expression, context, [cfa]);
    case 'expression': {
      const address = await evaluateValue(rule.expression, context, [cfa]);
      return address === undefined ? undefined : readWord(frame.space, address);
    }
  }
}

/** Call frame expressions may use registers and memory only (section 6.4.2). */
function registersOnly(frame: PhysicalFrame): ExpressionContext {
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  const unsupported = (): Promise<never> => Promise.reject(new Error('not available in call frame expressions'));
  return {
    register: (number) => Promise.resolve(frame.registers.get(number)),
    memory: (address, length) => frame.space.readMemory(address, length),
    frameBase: nothing,
    cfa: nothing,
    entryValue: nothing,
    removedParameter: nothing,
    threadLocal: nothing,
    indexedAddress: unsupported,
    type: unsupported,
    slide: 0n,
  };
}
