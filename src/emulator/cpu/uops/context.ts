/**
 * What a uop definition is written against. The interpreter binds operands to a decoded record, the translator to constants; a definition
 * cannot tell which.
 */
import type { Expr, Value } from '../../../wasm/expr.ts';
import type { FunctionBuilder } from '../../../wasm/function.ts';
import { i32, i64, select } from '../../../wasm/ops.ts';
import { v128 } from '../../../wasm/simd.ts';
import type { ValType } from '../../../wasm/types.ts';
import { SCRATCH, TLB_ENTRIES } from '../../memory-layout.ts';
import { Access } from '../cpu.ts';
import { flagOf, sourceOf } from '../lazy-flags.ts';
import { CF, NF, TLB, TLB_USER, VF, X, ZF } from '../state.ts';

/** Operand places of a record. `d`, `n`, `m` are always there; with `a` or `b` the immediate has 32 bits, else 64. */
export type RegisterOperand = 'd' | 'n' | 'm' | 'a' | 'b';

/** Values of an instruction's operands. Registers are byte offsets into the CPU's state block (`operands.ts` makes them). */
export interface Operands {
  d?: number;
  n?: number;
  m?: number;
  a?: number;
  b?: number;
  imm?: number | bigint;
}

/** Condition flags as kept in the state block. */
export type Flag = 'N' | 'Z' | 'C' | 'V';
/** Picks an entry's offset out of a VA shifted right by 7. */
export const TLB_MASK = (TLB_ENTRIES - 1) << 5;
const flagOffset: Record<Flag, number> = { N: NF, Z: ZF, C: CF, V: VF };

/** How a memory access is made. */
export interface AccessOptions {
  /** log2 of the bytes; 16 bytes (4) are loaded and stored by the caller through the address. */
  readonly size: number;
  /** `Access` flags beyond size and direction. */
  readonly flags?: number;
  /** The general register transferred, for the syndrome (ISV = 1). Absent: no syndrome. */
  readonly srt?: RegisterOperand;
}

export abstract class UopContext {
  constructor(readonly f: FunctionBuilder) {}

  /** Base address of the CPU's state block. */
  abstract readonly cpu: Expr;
  /** Address of a register operand: an expression and a constant to add. */
  abstract register(name: RegisterOperand): { address: Expr; offset: number };
  /** A register operand's raw value (the byte offset, or whatever number the definition put there). */
  abstract raw(name: RegisterOperand): Expr;
  /** The immediate, 64 or 32 bits. */
  abstract imm64(): Expr;
  abstract imm32(): Expr;
  /** Address of this instruction (i64). */
  abstract pc(): Expr;
  /** Goes to another instruction. PC alignment is checked where it is fetched. */
  abstract jump(va: Expr): void;
  /** Goes to PC + the immediate (bytes, i32). */
  abstract jumpRelative(): void;
  /** Makes PC and BUDGET in the state block exact; needed before TypeScript runs. */
  abstract sync(): void;
  /** Takes BUDGET over again after TypeScript ran. */
  abstract reload(): void;
  /** Ends the instruction: execution goes on at PC in the state block. */
  abstract resync(): void;
  /** Ends the instruction and lets the machine look at events; PC in the state block must be exact and past it. */
  abstract leave(): void;
  /** Calls a helper by name (`helpers.ts`); the first argument is always the CPU's base. Call `sync` first and `reload` after it. */
  abstract call(helper: string, ...args: Value[]): Expr;

  let(value: Expr): Expr {
    return this.f.let(value);
  }

  /** General registers. */
  x(name: RegisterOperand): Expr {
    const { address, offset } = this.register(name);
    return i64.load(address, offset);
  }
  w(name: RegisterOperand): Expr {
    const { address, offset } = this.register(name);
    return i32.load(address, offset);
  }
  setX(name: RegisterOperand, value: Value): void {
    const { address, offset } = this.register(name);
    this.f.do(i64.store(address, value, offset));
  }
  /** Writes a 32-bit result: the upper half becomes zero. */
  setW(name: RegisterOperand, value: Value): void {
    this.setX(name, i64.extend_i32_u(value));
  }
  /** A register of 32 or 64 bits by `sf`. */
  r(sf: number, name: RegisterOperand): Expr {
    return sf ? this.x(name) : this.w(name);
  }
  setR(sf: number, name: RegisterOperand, value: Value): void {
    if (sf) this.setX(name, value);
    else this.setW(name, value);
  }

  /** SIMD&FP registers: the whole, or its low 64 or 32 bits as an integer. Narrow writes clear the rest. */
  v(name: RegisterOperand): Expr {
    const { address, offset } = this.register(name);
    return v128.load(address, offset);
  }
  setV(name: RegisterOperand, value: Value): void {
    const { address, offset } = this.register(name);
    this.f.do(v128.store(address, value, offset));
  }
  d(name: RegisterOperand): Expr {
    return this.x(name);
  }
  s(name: RegisterOperand): Expr {
    return this.w(name);
  }
  setD(name: RegisterOperand, value: Value): void {
    const { address, offset } = this.register(name);
    this.f.do(i64.store(address, value, offset));
    this.f.do(i64.store(address, 0n, offset + 8));
  }
  setS(name: RegisterOperand, value: Value): void {
    this.setD(name, i64.extend_i32_u(value));
  }
  /** Writes a vector result of 64 (`q` 0: upper half cleared) or 128 bits. */
  setVQ(q: number, name: RegisterOperand, value: Expr): void {
    this.setV(name, value);
    if (q) return;
    const { address, offset } = this.register(name);
    this.f.do(i64.store(address, 0n, offset + 8));
  }

  /** A 32-bit word of the state block. */
  word(offset: number): Expr {
    return i32.load(this.cpu, offset);
  }
  setWord(offset: number, value: Value): void {
    this.f.do(i32.store(this.cpu, value, offset));
  }
  flag(flag: Flag): Expr {
    return this.word(flagOffset[flag]);
  }
  setFlag(flag: Flag, value: Value): void {
    this.setWord(flagOffset[flag], value);
  }

  /** Sets all flags as an addition or (`sub`) subtraction of `sf` width does whose result is known already. */
  setSumFlags(sf: number, sub: number, a: Expr, b: Expr, result: Expr): void {
    this.setResultFlags(sf, result);
    const source = sourceOf(sub ? 'sub' : 'add', sf);
    this.setFlag('C', sub ? flagOf(source, { a, b }, 'C') : (sf ? i64 : i32).lt_u(result, a));
    this.setFlag('V', flagOf(source, { a, b }, 'V'));
  }
  /** Sets all flags as a logical operation does. */
  setLogicFlags(sf: number, result: Expr): void {
    this.setResultFlags(sf, result);
    this.setFlag('C', 0);
    this.setFlag('V', 0);
  }
  /** Sets N and Z from a result of `sf` width. */
  setResultFlags(sf: number, result: Expr): void {
    for (const flag of ['N', 'Z'] as const)
      this.setFlag(flag, flagOf(sourceOf('logic', sf), { a: result, b: result }, flag));
  }

  /** `ConditionHolds` for a constant condition; i32, not zero when it holds. */
  condition(cond: number): Expr {
    const holds = this.#positiveCondition(cond >> 1);
    return cond & 1 && cond !== 15 ? i32.eqz(holds) : holds;
  }
  #positiveCondition(cond: number): Expr {
    switch (cond) {
      case 0:
        return i32.eqz(this.flag('Z'));
      case 1:
        return this.flag('C');
      case 2:
        return i32.lt_s(this.flag('N'), 0);
      case 3:
        return i32.lt_s(this.flag('V'), 0);
      case 4:
        return i32.and(this.flag('C'), i32.ne(this.flag('Z'), 0));
      case 5:
        return i32.ge_s(i32.xor(this.flag('N'), this.flag('V')), 0);
      case 6:
        return i32.and(i32.ne(this.flag('Z'), 0), i32.ge_s(i32.xor(this.flag('N'), this.flag('V')), 0));
      default:
        return i32.const(1);
    }
  }
  /** Whether the condition in the immediate (with its truth mask in operand `a`) holds: i32, not zero when it does. */
  abstract conditionOperand(): Expr;
  /** PSTATE.NZCV as a number 0-15. */
  nzcv(): Expr {
    const n = i32.shl(i32.shr_u(this.flag('N'), 31), 3);
    const z = i32.shl(i32.eqz(this.flag('Z')), 2);
    const c = i32.shl(this.flag('C'), 1);
    return i32.or(i32.or(n, z), i32.or(c, i32.shr_u(this.flag('V'), 31)));
  }
  /** Sets the flags from a number 0-15. */
  setNzcv(value: Expr): void {
    const v = this.let(value);
    this.setFlag('N', i32.shl(v, 28));
    this.setFlag('Z', i32.eqz(i32.and(v, 4)));
    this.setFlag('C', i32.and(i32.shr_u(v, 1), 1));
    this.setFlag('V', i32.shl(v, 31));
  }

  /** Linear address of `bytes = 1 << size` bytes at a virtual address, ready for a load. Faults end the instruction. */
  loadAddress(va: Expr, options: AccessOptions): Expr {
    return this.#address(this.let(va), options, 0);
  }
  /** Linear address to store to. `toScratch` stores the value at a given address (used when the access takes the slow path). */
  storeAddress(va: Expr, options: AccessOptions, toScratch: (address: number) => void): Expr {
    return this.#address(this.let(va), options, Access.write, toScratch);
  }
  /** Loads and extends to `type`. */
  load(type: ValType, va: Expr, options: AccessOptions & { readonly signed?: boolean }): Expr {
    const address = this.loadAddress(va, options);
    return this.let(loadOf(type, options.size, options.signed ?? false, address));
  }
  /** Stores the low bytes of an i32 or i64 value. */
  store(va: Expr, value: Expr, options: AccessOptions): void {
    const kept = this.let(value);
    const put = (address: Value) => this.f.do(storeOf(options.size, address, kept));
    put(this.storeAddress(va, options, put));
  }

  /** Linear address of a virtual one when the soft TLB has it for the kind of access, else 0. */
  probe(va: Expr, write: boolean): Expr {
    const at = this.let(va);
    const entry = this.#entry(TLB, at);
    const hit = i64.eq(i64.and(at, -0x1000n), i64.load(entry, write ? 8 : 0));
    return select(hit, i32.add(i32.load(entry, 16), i32.wrap_i64(at)), i32.const(0));
  }

  /** Does an instruction the quick way when `isFast` holds, else the `general` one. */
  fast(isFast: Expr, quick: () => void, general: () => void): void {
    this.f.if(isFast, quick, general);
  }

  /** Ends the instruction when a helper's status says so. */
  status(status: Expr): void {
    const s = this.let(status);
    this.reload();
    this.f.if(s, () => {
      this.f.if(i32.eq(s, 2), () => this.leave());
      this.resync();
    });
  }
  /** Calls a helper that answers with a `Status`. */
  callStatus(helper: string, ...args: Value[]): void {
    this.sync();
    this.status(this.call(helper, ...args));
  }

  #address(va: Expr, options: AccessOptions, write: number, toScratch?: (address: number) => void): Expr {
    const { f } = this;
    const flags = options.flags ?? 0;
    const bytes = 1 << options.size;
    const entry = this.#entry(flags & Access.unprivileged ? TLB_USER : TLB, va);
    const page = i64.and(i64.add(va, BigInt(bytes - 1)), -0x1000n);
    const tag = i64.load(entry, write ? 8 : 0);
    // A forced-alignment access must not hit when it is misaligned: keep the low bits in the comparison.
    const key = flags & Access.aligned && bytes > 1 ? i64.and(va, BigInt(-0x1000 | (bytes - 1))) : page;
    return f.ifValue(
      'i32',
      i64.eq(key, tag),
      () => i32.add(i32.load(entry, 16), i32.wrap_i64(va)),
      () => {
        return this.slowAddress(va, options, this.#info(options, write), toScratch);
      },
    );
  }

  /** An access that missed the soft TLB: the linear address to use. */
  protected slowAddress(va: Expr, _options: AccessOptions, info: Expr, toScratch?: (address: number) => void): Expr {
    toScratch?.(SCRATCH);
    this.sync();
    const address = this.let(this.call('data', va, info));
    this.reload();
    this.f.if(i32.eqz(address), () => this.resync());
    return address;
  }

  /** Entry of a TLB (`TLB` or `TLB_USER`) that an address falls on. */
  #entry(table: number, va: Expr): Expr {
    return this.let(i32.add(this.word(table), i32.and(i32.shr_u(i32.wrap_i64(va), 7), TLB_MASK)));
  }

  #info(options: AccessOptions, write: number): Expr {
    const constant = options.size | write | (options.flags ?? 0) | (options.srt ? 0 : Access.noSyndrome);
    if (!options.srt) return i32.const(constant);
    // Slots 31 and 33 are both register 31.
    const slot = i32.shr_u(i32.sub(this.raw(options.srt), X), 3);
    const rt = select(i32.gt_u(slot, 31), i32.const(31), slot);
    return i32.or(i32.shl(rt, Access.srtShift), constant);
  }
}

function loadOf(type: ValType, size: number, signed: boolean, address: Expr): Expr {
  if (type === 'i32') {
    if (size === 2) return i32.load(address);
    if (size === 1) return signed ? i32.load16_s(address) : i32.load16_u(address);
    return signed ? i32.load8_s(address) : i32.load8_u(address);
  }
  if (size === 3) return i64.load(address);
  if (size === 2) return signed ? i64.load32_s(address) : i64.load32_u(address);
  if (size === 1) return signed ? i64.load16_s(address) : i64.load16_u(address);
  return signed ? i64.load8_s(address) : i64.load8_u(address);
}

function storeOf(size: number, address: Value, value: Expr): Expr {
  if (value.type === 'i32') return [i32.store8, i32.store16, i32.store][size](address, value);
  return [i64.store8, i64.store16, i64.store32, i64.store][size](address, value);
}
