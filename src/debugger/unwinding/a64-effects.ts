/**
 * What an A64 instruction does to the stack pointer, to preserved registers and to the flow of control: as much of the instruction set's meaning as
 * finding a caller needs. Bit patterns are those of the Arm ARM, chapter C4.
 */
import type { Known, StackState } from './stack-state.ts';

const SP = 31;
const LR = 30;
/** X0 and X1 carry results. GCC may rely on other registers that it knows a callee to leave alone (-fipa-ra), so those are kept. */
const LAST_RESULT = 1;

/** Where execution goes after an instruction. `target` is an address. */
export interface Flow {
  readonly kind: 'next' | 'branch' | 'conditional' | 'call' | 'indirect' | 'end';
  readonly target?: bigint;
}

const NEXT: Flow = { kind: 'next' };
const CALL: Flow = { kind: 'call' };
const INDIRECT: Flow = { kind: 'indirect' };
const END: Flow = { kind: 'end' };

/** Applies the instruction `word` at `pc` to `state` and tells where it leads. */
export function applyInstruction(word: number, pc: bigint, state: StackState): Flow {
  switch ((word >>> 25) & 15) {
    case 0b1000:
    case 0b1001:
      applyImmediate(word, state);
      return NEXT;
    case 0b1010:
    case 0b1011:
      return applyBranchOrSystem(word, pc, state);
    case 0b0101:
    case 0b1101:
      applyRegister(word, state);
      return NEXT;
    case 0b0111:
    case 0b1111:
      applySimd(word, state);
      return NEXT;
    default:
      if ((word & 0x0a00_0000) === 0x0800_0000) applyLoadStore(word, state);
      return NEXT;
  }
}

const rd = (word: number): number => word & 31;
const rn = (word: number): number => (word >>> 5) & 31;
const rm = (word: number): number => (word >>> 16) & 31;
const rt2 = (word: number): number => (word >>> 10) & 31;

/** Sets a general register; 31 is XZR here, which swallows it. */
function setX(state: StackState, register: number, value: Known | undefined): void {
  if (register !== SP) state.registers[register] = value;
}

/** Register 31 as XZR reads zero. */
function getX(state: StackState, register: number): Known | undefined {
  return register === SP ? { kind: 'constant', value: 0 } : state.registers[register];
}

function plus(value: Known | undefined, delta: number): Known | undefined {
  if (value?.kind === 'cfa') return { kind: 'cfa', offset: value.offset + delta };
  if (value?.kind === 'constant') return { kind: 'constant', value: value.value + delta };
  return delta === 0 ? value : undefined;
}

/** Data processing (immediate). */
function applyImmediate(word: number, state: StackState): void {
  const kind = (word >>> 23) & 7;
  if (kind === 0b010 || kind === 0b011) return applyAddImmediate(word, state);
  if (kind === 0b101) return applyMoveWide(word, state);
  // Logical (immediate) other than ANDS writes SP when Rd is 31.
  const mayWriteSp = kind === 0b100 && ((word >>> 29) & 3) !== 3;
  if (mayWriteSp) state.registers[rd(word)] = undefined;
  else setX(state, rd(word), undefined);
}

function applyAddImmediate(word: number, state: StackState): void {
  const shift = (word >>> 22) & 1 ? 4096 : 1;
  const immediate = ((word >>> 10) & 0xfff) * shift;
  const isSub = ((word >>> 30) & 1) !== 0;
  const is64 = word >>> 31 === 1;
  const result = is64 ? plus(state.registers[rn(word)], isSub ? -immediate : immediate) : undefined;
  const setsFlags = ((word >>> 29) & 1) !== 0;
  if (setsFlags) setX(state, rd(word), result);
  else state.registers[rd(word)] = result;
}

function applyMoveWide(word: number, state: StackState): void {
  const opc = (word >>> 29) & 3;
  const scale = 2 ** (16 * ((word >>> 21) & 3));
  const immediate = ((word >>> 5) & 0xffff) * scale;
  const old = getX(state, rd(word));
  let value: Known | undefined;
  if (opc === 2) value = { kind: 'constant', value: immediate };
  else if (opc === 0) value = { kind: 'constant', value: -immediate - 1 };
  else if (opc === 3 && old?.kind === 'constant')
    value = { kind: 'constant', value: insert16(old.value, immediate, scale) };
  // Beyond 2^48 numbers are addresses, not frame sizes.
  setX(state, rd(word), Math.abs(immediate) < 2 ** 48 ? value : undefined);
}

function insert16(old: number, immediate: number, scale: number): number {
  const field = Math.floor(old / scale) % 0x1_0000;
  return old - field * scale + immediate;
}

/** Data processing (register). */
function applyRegister(word: number, state: StackState): void {
  const isMove = (word & 0xffe0_ffe0) >>> 0 === 0xaa00_03e0;
  if (isMove) return setX(state, rd(word), getX(state, rm(word)));
  if ((word & 0x1f20_0000) === 0x0b20_0000) return applyAddExtended(word, state);
  if ((word & 0x9f20_0000) >>> 0 === 0x8b00_0000) return applyAddShifted(word, state);
  const isConditionalCompare = (word & 0x1fe0_0000) === 0x1a40_0000;
  if (!isConditionalCompare) setX(state, rd(word), undefined);
}

/** ADD and SUB (extended register): how SP moves by more than an immediate. */
function applyAddExtended(word: number, state: StackState): void {
  const amount = getX(state, rm(word));
  const isWhole = ((word >>> 13) & 3) === 3 && word >>> 31 === 1;
  const scale = 2 ** ((word >>> 10) & 7);
  const sign = ((word >>> 30) & 1) !== 0 ? -scale : scale;
  const known = isWhole && amount?.kind === 'constant';
  const result = known ? plus(state.registers[rn(word)], amount.value * sign) : undefined;
  if (((word >>> 29) & 1) !== 0) setX(state, rd(word), result);
  else state.registers[rd(word)] = result;
}

function applyAddShifted(word: number, state: StackState): void {
  const amount = getX(state, rm(word));
  const isPlain = ((word >>> 10) & 0x3f) === 0 && amount?.kind === 'constant';
  const sign = ((word >>> 30) & 1) !== 0 ? -1 : 1;
  setX(state, rd(word), isPlain ? plus(getX(state, rn(word)), amount.value * sign) : undefined);
}

/** Conversions and moves from SIMD&FP registers write general ones; nothing else there does. */
function applySimd(word: number, state: StackState): void {
  const isFpToInteger = (word & 0x7f20_fc00) >>> 0 === 0x1e20_0000;
  const isElementMove = (word & 0xbfe0_ec00) >>> 0 === 0x0e00_2c00;
  if (isFpToInteger || isElementMove) setX(state, rd(word), undefined);
}

/** Loads and stores. */
function applyLoadStore(word: number, state: StackState): void {
  if ((word & 0x3a00_0000) === 0x2800_0000) return applyPair(word, state);
  if ((word & 0x3b00_0000) === 0x3900_0000) return applyUnsignedOffset(word, state);
  if ((word & 0x3b20_0000) === 0x3800_0000) return applyNineBitOffset(word, state);
  if ((word & 0x3f00_0000) === 0x0800_0000) return applyExclusive(word, state);
  const isSimdStructure = (word & 0xbe00_0000) >>> 0 === 0x0c00_0000;
  if (isSimdStructure) {
    // Post-indexed forms move the base by a size or a register: not worth knowing.
    if ((word & 0x0080_0000) !== 0) state.registers[rn(word)] = undefined;
    return;
  }
  const isSimd = (word & 0x0400_0000) !== 0;
  if (!isSimd) setX(state, rd(word), undefined);
}

function applyExclusive(word: number, state: StackState): void {
  const isLoad = (word & 0x0040_0000) !== 0;
  if (isLoad) {
    setX(state, rd(word), undefined);
    setX(state, rt2(word), undefined);
  } else if ((word & 0x0080_0000) === 0) setX(state, rm(word), undefined);
}

const POST = 1;
const PRE = 3;

function applyPair(word: number, state: StackState): void {
  const isSimd = (word & 0x0400_0000) !== 0;
  const opc = word >>> 30;
  const size = isSimd ? 4 << opc : opc === 2 ? 8 : 4;
  const offset = ((word << 10) >> 25) * size;
  const mode = (word >>> 23) & 3;
  const base = state.registers[rn(word)];
  const at = mode === POST ? base : plus(base, offset);
  const isLoad = (word & 0x0040_0000) !== 0;
  if (mode === POST || mode === PRE) state.registers[rn(word)] = plus(base, offset);
  if (isSimd) return;
  access(state, rd(word), at, size, isLoad);
  access(state, rt2(word), plus(at, size), size, isLoad);
}

function applyUnsignedOffset(word: number, state: StackState): void {
  const size = accessSize(word);
  const at = plus(state.registers[rn(word)], ((word >>> 10) & 0xfff) * size);
  applySingle(word, state, at, size);
}

/** Unscaled, post-indexed, unprivileged and pre-indexed forms. */
function applyNineBitOffset(word: number, state: StackState): void {
  const mode = (word >>> 10) & 3;
  const offset = (word << 11) >> 23;
  const base = state.registers[rn(word)];
  const at = mode === POST ? base : plus(base, offset);
  if (mode === POST || mode === PRE) state.registers[rn(word)] = plus(base, offset);
  applySingle(word, state, at, accessSize(word));
}

function accessSize(word: number): number {
  const isSimd = (word & 0x0400_0000) !== 0;
  const isQuad = isSimd && ((word >>> 23) & 1) !== 0;
  return isQuad ? 16 : 1 << (word >>> 30);
}

function applySingle(word: number, state: StackState, at: Known | undefined, size: number): void {
  const isSimd = (word & 0x0400_0000) !== 0;
  const opc = (word >>> 22) & 3;
  const isPrefetch = word >>> 30 === 3 && opc === 2;
  if (!isSimd && !isPrefetch) access(state, rd(word), at, size, opc !== 0);
}

/** Moves between a register and the stack; whole registers only are remembered. */
function access(state: StackState, register: number, at: Known | undefined, size: number, isLoad: boolean): void {
  const offset = at?.kind === 'cfa' ? at.offset : undefined;
  if (isLoad) {
    setX(state, register, offset === undefined || size !== 8 ? undefined : state.slots.get(offset));
  } else if (offset !== undefined) {
    const value = size === 8 ? getX(state, register) : undefined;
    if (value) state.slots.set(offset, value);
    else state.slots.delete(offset);
  }
}

/** Branches, exception generation and system instructions. */
function applyBranchOrSystem(word: number, pc: bigint, state: StackState): Flow {
  const top = word >>> 26;
  if (top === 0b000101) return { kind: 'branch', target: pc + BigInt(((word << 6) >> 6) * 4) };
  if (top === 0b100101) return call(state);
  if ((word & 0xff00_0010) >>> 0 === 0x5400_0000) return { kind: 'conditional', target: pc + offset19(word) };
  if ((word & 0x7e00_0000) === 0x3400_0000) return { kind: 'conditional', target: pc + offset19(word) };
  if ((word & 0x7e00_0000) === 0x3600_0000)
    return { kind: 'conditional', target: pc + BigInt(((word << 13) >> 18) * 4) };
  if ((word & 0xfe00_0000) >>> 0 === 0xd600_0000) return branchToRegister(word, state);
  // BRK: a kernel's BUG never comes back, its WARN does. Like a call, then.
  if ((word & 0xffe0_001f) >>> 0 === 0xd420_0000) return CALL;
  const isRead = (word & 0xfff0_0000) >>> 0 === 0xd530_0000 || (word & 0xfff8_0000) >>> 0 === 0xd528_0000;
  if (isRead) setX(state, rd(word), undefined);
  return NEXT;
}

function offset19(word: number): bigint {
  return BigInt(((word << 8) >> 13) * 4);
}

/** BR, BLR, RET, ERET and their authenticated forms. */
function branchToRegister(word: number, state: StackState): Flow {
  const opc = (word >>> 21) & 15;
  const operation = opc & 7;
  if (operation === 0) return INDIRECT;
  if (operation === 1) return call(state);
  return END;
}

function call(state: StackState): Flow {
  for (let register = 0; register <= LAST_RESULT; register++) state.registers[register] = undefined;
  state.registers[LR] = undefined;
  return CALL;
}
