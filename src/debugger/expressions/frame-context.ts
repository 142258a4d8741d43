/** Evaluates DWARF expressions in a frame. */
import { DW_OP_reg0, DW_OP_reg31, DW_OP_regx } from '../../formats/dwarf/constants.ts';
import { Cursor } from '../../formats/dwarf/cursor.ts';
import { evaluateValue, type ExpressionContext } from '../../formats/dwarf/expression.ts';
import type { CallSiteParameter } from '../symbols/call-sites.ts';
import { strip } from '../symbols/types.ts';
import { lookupPc, type Module, type PhysicalFrame } from '../unwinding/frame.ts';
import type { Unwinder } from '../unwinding/unwinder.ts';

/** A frame with what is needed to look into it. */
export interface FrameView {
  readonly frame: PhysicalFrame;
  readonly module: Module;
  readonly unwinder: Unwinder;
  /** System and vector registers as they are now (`V0`, `TPIDR_EL0`); undefined when unknown. */
  readonly liveRegister: (name: string) => Promise<bigint | undefined>;
}

/** First DWARF number of the SIMD&FP registers. */
const REG_V0 = 64;
/** Calls that are followed to recover what a parameter was at entry. */
const MAX_ENTRY_DEPTH = 8;

/** The context for expressions of the unit at `unitOffset` in `view`. */
export function frameContext(view: FrameView, unitOffset: number, depth = 0): ExpressionContext {
  const { frame, module } = view;
  const cfa = (): Promise<bigint | undefined> => cfaOf(view);
  return {
    register: (number) => registerOf(view, number),
    memory: (address, length) => frame.space.readMemory(BigInt.asUintN(64, address), length),
    cfa,
    frameBase: () => frameBaseOf(view, unitOffset, cfa),
    entryValue: (expression) => entryValueOf(view, expression, depth),
    removedParameter: (at) => passedValue(view, depth, ({ parameter }) => parameter === unitOffset + at),
    indexedAddress: (index) => module.file.indexedAddress(unitOffset, index),
    type: async (at) => {
      const type = strip(await module.file.typeInUnit(unitOffset, at));
      return { size: type.byteSize, encoding: type.kind === 'base' ? type.encoding : 0 };
    },
    threadLocal: (offset) => threadLocalOf(view, offset),
    slide: module.slide,
  };
}

async function registerOf({ frame, liveRegister }: FrameView, number: number): Promise<bigint | undefined> {
  if (number < REG_V0) return frame.registers.get(number);
  // Callers' vector registers are not followed: they are rarely saved and hardly ever looked at.
  return frame.isReturnAddress ? undefined : liveRegister(`V${number - REG_V0}`);
}

async function cfaOf({ frame, unwinder }: FrameView): Promise<bigint | undefined> {
  if (frame.cfa !== undefined) return frame.cfa;
  const found = await unwinder.caller(frame);
  return typeof found === 'object' ? found.caller.cfa : undefined;
}

async function frameBaseOf(
  view: FrameView,
  unitOffset: number,
  cfa: () => Promise<bigint | undefined>,
): Promise<bigint | undefined> {
  const [scopes] = await view.module.file.scopesAt(lookupPc(view.frame, view.module));
  if (!scopes?.frameBase) return undefined;
  const context = { ...frameContext(view, unitOffset), frameBase: () => Promise.resolve(undefined), cfa };
  return evaluateValue(scopes.frameBase, context);
}

/** Variant 1 of thread-local storage (ELF for the Arm 64-bit Architecture): the block follows a 16-byte thread control block. */
async function threadLocalOf({ module, liveRegister }: FrameView, offset: bigint): Promise<bigint | undefined> {
  const base = await liveRegister('TPIDR_EL0');
  const alignment = module.file.tlsAlignment();
  if (base === undefined || alignment === undefined) return undefined;
  const header = alignment > 16n ? alignment : 16n;
  return base + header + offset;
}

/** What a register held at entry. */
async function entryValueOf(view: FrameView, expression: Uint8Array, depth: number): Promise<bigint | undefined> {
  const register = registerIn(expression);
  if (register === undefined) return undefined;
  const { frame, module } = view;
  const fn = await module.file.functionAt(lookupPc(frame, module));
  if (fn && frame.pc - module.slide === fn.lowPc) return frame.registers.get(register);
  return passedValue(view, depth, ({ location }) => location !== undefined && registerIn(location) === register);
}

/** What the caller passed: its call site says how it was computed, from what the caller still has. */
async function passedValue(
  view: FrameView,
  depth: number,
  isWanted: (parameter: CallSiteParameter) => boolean,
): Promise<bigint | undefined> {
  if (depth >= MAX_ENTRY_DEPTH) return undefined;
  const { frame, module, unwinder } = view;
  const fn = await module.file.functionAt(lookupPc(frame, module));
  const found = await unwinder.caller(frame);
  if (typeof found !== 'object' || found.caller.pc === undefined) return undefined;
  const { pc, registers } = found.caller;
  const callerModule = frame.space.moduleAt(pc - 1n);
  const site = await callerModule?.file.callSite(pc - callerModule.slide);
  // A tail call in between would make the parameters another function's.
  const isOther = site?.callee !== undefined && fn && !isSameFunction(site.callee, fn.name);
  const parameter = isOther ? undefined : site?.parameters.find(isWanted);
  if (!callerModule || !site || !parameter) return undefined;
  const caller: PhysicalFrame = { space: frame.space, registers, pc, isReturnAddress: true };
  const inCaller = { ...view, frame: caller, module: callerModule };
  return evaluateValue(parameter.value, frameContext(inCaller, site.unitOffset, depth + 1));
}

function isSameFunction(callee: string, name: string): boolean {
  return callee === name || name.startsWith(`${callee}.`);
}

function registerIn(expression: Uint8Array): number | undefined {
  const [op] = expression;
  if (expression.length === 1 && op >= DW_OP_reg0 && op <= DW_OP_reg31) return op - DW_OP_reg0;
  return op === DW_OP_regx ? new Cursor(expression, 1).uleb() : undefined;
}
