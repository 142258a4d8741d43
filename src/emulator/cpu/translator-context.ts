/**
 * Uop definitions bound to constants: straight-line translated code.
 *
 * Registers stay in the state block, which is exact at every instruction; wasm locals hold copies of those a block has already touched, so
 * they are loaded once and written through. Nothing must be put back when a block is left, by a fault or otherwise.
 */
import type { Expr, Value } from '../../wasm/expr.ts';
import { FunctionBuilder, type Local } from '../../wasm/function.ts';
import type { FunctionRef } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/ops.ts';
import type { Signature } from '../../wasm/types.ts';
import { Exit } from './interpreter.ts';
import type { HelperRefs } from './interpreter-context.ts';
import { BUDGET, CF, FP_TRAP, NF, PC, SLOT_SINK, SLOT_SP, SLOT_ZERO, VF, X, ZF } from './state.ts';
import { UopContext, type AccessOptions, type Flag, type Operands, type RegisterOperand } from './uops/context.ts';

/** What instructions do beside their registers: found out by generating them once. */
export class Effects {
  readsFlags = false;
  /** Flags written, one bit each in the order N, Z, C, V. */
  writesFlags = 0;
  /** May leave in the middle: everything before must be exact in the state block. */
  exits = false;
  /** Helpers it calls. */
  readonly helpers = new Set<string>();
}

const FLAGS: Record<Flag, { bit: number; offset: number }> = {
  N: { bit: 1, offset: NF },
  Z: { bit: 2, offset: ZF },
  C: { bit: 4, offset: CF },
  V: { bit: 8, offset: VF },
};
export const ALL_FLAGS = 15;

/** Which copies in locals are valid: a bit for each of X0-X30 and SP; flags; whether FP access was checked. */
interface Validity {
  registers: number;
  others: number;
}

/** A function builder that knows which copies are valid after code that runs only sometimes. */
export class TrackingBuilder extends FunctionBuilder {
  readonly valid: Validity = { registers: 0, others: 0 };

  constructor(signature: Signature) {
    super(signature);
  }

  forget(): void {
    this.valid.registers = 0;
    this.valid.others = 0;
  }

  /** What follows is never reached: whatever the code says of copies there, they are valid. */
  unreached(): void {
    this.#set({ registers: -1, others: -1 });
  }

  override if(condition: Value, then: () => void, otherwise?: () => void): void {
    const { registers, others } = this.valid;
    let after = { registers, others };
    super.if(
      condition,
      () => {
        then();
        after = { ...this.valid };
        if (otherwise) this.#set({ registers, others });
        else this.#set({ registers: registers & after.registers, others: others & after.others });
      },
      otherwise &&
        (() => {
          otherwise();
          this.#set({
            registers: this.valid.registers & after.registers,
            others: this.valid.others & after.others,
          });
        }),
    );
  }

  override loop(body: Parameters<FunctionBuilder['loop']>[0]): void {
    this.forget();
    super.loop(body);
    this.forget();
  }

  override block(body: Parameters<FunctionBuilder['block']>[0]): void {
    super.block(body);
    this.forget();
  }

  #set({ registers, others }: { registers: number; others: number }): void {
    this.valid.registers = registers;
    this.valid.others = others;
  }
}

/** Where a region's code goes: set up by the region builder. */
export interface RegionExits {
  readonly cpu: Local;
  readonly pageVa: Local;
  readonly budget: Local;
  /** Continues at a word of the page (block of this region or not). */
  readonly goto: (word: number) => void;
  /** Continues at any address. */
  readonly jump: (va: Expr) => void;
  /** `(cpu, va, info, pc, budget) -> linear address, or 1 after making PC and BUDGET exact for interpreting the instruction`. */
  readonly ram: FunctionRef;
  readonly helpers: HelperRefs;
}

/** One instruction of a region. `instruction` is set before each. */
export class RegionContext extends UopContext {
  #word = 0;
  #operands: Operands = {};
  /** Instructions of the block after this one: the block paid for all of them when it began. */
  #after = 0;
  #storesFlags = true;
  readonly effects = new Effects();
  readonly #registers: (Local | undefined)[] = [];
  readonly #flags: Partial<Record<Flag, Local>> = {};

  constructor(
    override readonly f: TrackingBuilder,
    readonly exits: RegionExits,
  ) {
    super(f);
  }

  /** Binds the context to the instruction at `word` of the page. `storesFlags` false: flags are overwritten before anyone can see them. */
  bind(word: number, operands: Operands, after: number, storesFlags: boolean): void {
    this.#word = word;
    this.#operands = operands;
    this.#after = after;
    this.#storesFlags = storesFlags;
  }

  get cpu(): Expr {
    return this.exits.cpu.get;
  }
  raw(name: RegisterOperand): Expr {
    return i32.const(this.#operands[name] ?? 0);
  }
  register(name: RegisterOperand): { address: Expr; offset: number } {
    const offset = this.#operands[name] ?? 0;
    const slot = slotOf(offset);
    // Whoever asks for the address may write there.
    if (slot >= 0) this.f.valid.registers &= ~bitOf(slot);
    return { address: this.cpu, offset };
  }
  imm64(): Expr {
    return i64.const(BigInt(this.#operands.imm ?? 0));
  }
  imm32(): Expr {
    return i32.const(Number(BigInt.asIntN(32, BigInt(this.#operands.imm ?? 0))));
  }
  pc(): Expr {
    return i64.add(this.exits.pageVa.get, BigInt(this.#word * 4));
  }
  conditionOperand(): Expr {
    return this.condition(Number(this.#operands.imm));
  }

  override x(name: RegisterOperand): Expr {
    const offset = this.#operands[name] ?? 0;
    const slot = slotOf(offset);
    if (slot < 0) return i64.load(this.cpu, offset);
    if (slot === SLOT_ZERO) return i64.const(0n);
    return this.#copy(slot).get;
  }
  override w(name: RegisterOperand): Expr {
    const offset = this.#operands[name] ?? 0;
    return slotOf(offset) < 0 ? i32.load(this.cpu, offset) : i32.wrap_i64(this.x(name));
  }
  override setX(name: RegisterOperand, value: Value): void {
    const offset = this.#operands[name] ?? 0;
    const slot = slotOf(offset);
    if (slot === SLOT_SINK) return;
    if (slot < 0) return this.f.do(i64.store(this.cpu, value, offset));
    const local = this.#localOf(slot);
    this.f.set(local, value);
    this.f.do(i64.store(this.cpu, local.get, offset));
    this.f.valid.registers |= bitOf(slot);
  }

  override flag(flag: Flag): Expr {
    this.effects.readsFlags = true;
    const { bit, offset } = FLAGS[flag];
    const local = this.#flagLocal(flag);
    if (!(this.f.valid.others & bit)) {
      this.f.set(local, i32.load(this.cpu, offset));
      this.f.valid.others |= bit;
    }
    return local.get;
  }
  override setFlag(flag: Flag, value: Value): void {
    const { bit, offset } = FLAGS[flag];
    this.effects.writesFlags |= bit;
    const local = this.#flagLocal(flag);
    this.f.set(local, value);
    this.f.valid.others |= bit;
    if (this.#storesFlags) this.f.do(i32.store(this.cpu, local.get, offset));
  }
  override word(offset: number): Expr {
    return offset === FP_TRAP ? this.#fpTrap() : super.word(offset);
  }

  jump(va: Expr): void {
    this.effects.exits = true;
    this.exits.jump(va);
  }
  jumpRelative(): void {
    this.effects.exits = true;
    const target = this.#word * 4 + Number(this.#operands.imm);
    if (target >= 0 && target < 4096) return this.exits.goto(target >> 2);
    this.exits.jump(i64.add(this.exits.pageVa.get, BigInt(target)));
  }
  sync(): void {
    this.effects.exits = true;
    this.f.do(i64.store(this.cpu, this.pc(), PC));
    this.f.do(i32.store(this.cpu, i32.add(this.exits.budget.get, this.#after), BUDGET));
  }
  reload(): void {
    this.f.set(this.exits.budget, i32.sub(i32.load(this.cpu, BUDGET), this.#after));
  }
  resync(): void {
    this.f.return(Exit.resync);
  }
  leave(): void {
    this.f.return(Exit.leave);
  }
  call(helper: string, ...args: Value[]): Expr {
    const ref = this.exits.helpers.get(helper);
    if (!ref) throw new Error(`no helper ${helper}`);
    this.effects.helpers.add(helper);
    const call = ref.call(this.cpu, ...args);
    // TypeScript may have changed any register.
    if (call.type === undefined) return call;
    const result = this.f.local(call.type);
    this.f.set(result, call);
    this.f.forget();
    return result.get;
  }

  /** The general way is the interpreter's: copies stay valid behind the quick one. */
  override fast(isFast: Expr, quick: () => void): void {
    this.effects.exits = true;
    this.f.if(isFast, quick, () => {
      this.f.do(i64.store(this.cpu, this.pc(), PC));
      this.f.do(i32.store(this.cpu, i32.add(this.exits.budget.get, this.#after + 1), BUDGET));
      this.f.return(Exit.interpret);
      this.f.unreached();
    });
  }

  protected override slowAddress(va: Expr, _options: AccessOptions, info: Expr): Expr {
    this.effects.exits = true;
    const { cpu, ram, budget } = this.exits;
    const address = this.f.let(ram.call(cpu.get, va, info, this.pc(), i32.add(budget.get, this.#after)));
    this.f.if(i32.eq(address, 1), () => this.f.return(Exit.interpret));
    return address;
  }

  /** The trap word cannot change between two calls of TypeScript: checked once in a stretch of code. */
  #fpTrap(): Expr {
    if (this.f.valid.others & FP_CHECKED) return i32.const(0);
    this.f.valid.others |= FP_CHECKED;
    return super.word(FP_TRAP);
  }

  #copy(slot: number): Local {
    const local = this.#localOf(slot);
    if (!(this.f.valid.registers & bitOf(slot))) {
      this.f.set(local, i64.load(this.cpu, X + 8 * slot));
      this.f.valid.registers |= bitOf(slot);
    }
    return local;
  }
  #localOf(slot: number): Local {
    return (this.#registers[slot] ??= this.f.persistent('i64'));
  }
  #flagLocal(flag: Flag): Local {
    return (this.#flags[flag] ??= this.f.persistent('i32'));
  }
}

const FP_CHECKED = 16;

/** Slot of a general register's offset, or -1 for anything else. */
function slotOf(offset: number): number {
  return offset >= X && offset <= X + 8 * SLOT_SINK ? (offset - X) >>> 3 : -1;
}

/** X31 has no copy, so SP takes its bit. */
function bitOf(slot: number): number {
  return 1 << (slot === SLOT_SP ? 31 : slot);
}
