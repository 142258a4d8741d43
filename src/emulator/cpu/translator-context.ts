/**
 * Uop definitions bound to constants: translated code.
 *
 * In straight-line code registers stay in the state block, which is exact at every instruction; wasm locals hold copies of those a block has already
 * touched, so they are loaded once and written through. Nothing must be put back when a block is left, by a fault or otherwise.
 * In a loop that is translated as one (`ZoneScope`) registers and flags are in locals only, and every way out leads over code that puts them back.
 */
import type { Expr, Value } from '../../wasm/expr.ts';
import { FunctionBuilder, type Local } from '../../wasm/function.ts';
import { i32, i64 } from '../../wasm/ops.ts';
import type { Signature } from '../../wasm/types.ts';
import { Exit } from './interpreter.ts';
import type { HelperRefs } from './interpreter-context.ts';
import { compare, FlagSource, flagOf, sourceOf, type FlagOperands } from './lazy-flags.ts';
import { BUDGET, CF, FP_TRAP, NF, PC, SLOT_SINK, SLOT_SP, SLOT_ZERO, TLB, VF, X, ZF } from './state.ts';
import { UopContext, type Flag, type Operands, type RegisterOperand } from './uops/context.ts';

/** What instructions do beside their registers: found out by generating them once. */
export class Effects {
  readsFlags = false;
  /** Flags written, one bit each in the order N, Z, C, V. */
  writesFlags = 0;
  /** Sets all flags, always and at once, in the way this says. */
  flagSource: FlagSource | undefined;
  /** May return to the main loop, or go to an address, with the instruction done. */
  leaves = false;
  /** May leave in the middle: everything before must be exact in the state block. */
  exits = false;
  /** Operands that are read and written as general registers, and those whose address is used. */
  readonly reads = new Set<RegisterOperand>();
  readonly writes = new Set<RegisterOperand>();
  readonly addresses = new Set<RegisterOperand>();
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
const FLAG_NAMES = ['N', 'Z', 'C', 'V'] as const;

/** Which copies in locals are valid: a bit for each of X0-X30 and SP; flags; whether FP access was checked. */
interface Validity {
  registers: number;
  others: number;
}

/** A function builder that knows which copies are valid after code that runs only sometimes. */
export class TrackingBuilder extends FunctionBuilder {
  readonly valid: Validity = { registers: 0, others: 0 };
  /** Bodies of `if` that surround what is written now. */
  nesting = 0;

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
        this.nesting++;
        then();
        this.nesting--;
        after = { ...this.valid };
        if (otherwise) this.#set({ registers, others });
        else this.#set({ registers: registers & after.registers, others: others & after.others });
      },
      otherwise &&
        (() => {
          this.nesting++;
          otherwise();
          this.nesting--;
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
  /** Continues at PC, with BUDGET. */
  readonly resume: () => void;
  /** Where all rare ways out meet, with `at` telling which it was (`coldExit`). */
  readonly cold: () => void;
  readonly at: Local;
  readonly helpers: HelperRefs;
}

/** Code of a loop that keeps registers and flags in locals only. */
export interface ZoneScope {
  /** Goes on behind the loop, once what set the flags has been noted. */
  readonly leave: (how: ZoneExit) => void;
  /** Address of the soft TLB, which stays the same as long as no TypeScript runs that changes the translation regime. */
  readonly tlb: Local;
  /** What set the flags, where that differs from one way to another. */
  readonly source: Local;
}

/** How a loop is left: for block `selected` of its region; to an address that PC holds; by `RegionExits.cold`. */
export const ZoneExit = { block: 0, jump: 1, cold: 2 } as const;
export type ZoneExit = (typeof ZoneExit)[keyof typeof ZoneExit];

/** Helpers that instructions call before they have done anything: the interpreter does it again and calls them. */
const REPEATABLE: ReadonlySet<string> = new Set(['spAlignment', 'checkFpAccess']);

/** One instruction of a region. `instruction` is set before each. */
export class RegionContext extends UopContext {
  #word = 0;
  #operands: Operands = {};
  /** Instructions of the block after this one: the block paid for all of them when it began. */
  #after = 0;
  #storesFlags = true;
  /** Set while a loop is written. */
  zone: ZoneScope | undefined;
  /** What set the flags, at this point of the code. */
  flagSource: FlagSource = FlagSource.parts;
  readonly #flagOperands: Partial<Record<'i32' | 'i64', { readonly a: Local; readonly b: Local }>> = {};
  readonly effects = new Effects();
  readonly #registers: (Local | undefined)[] = [];
  readonly #flags: Partial<Record<Flag, Local>> = {};

  constructor(
    override readonly f: TrackingBuilder,
    readonly exits: RegionExits,
  ) {
    super(f);
  }

  /** Binds the context to the instruction at `word` of the page, whose effects are known (or are what is to be found out). `storesFlags` false: flags are overwritten before anyone can see them. */
  bind(word: number, operands: Operands, after: number, storesFlags: boolean, effects?: Effects): void {
    if (effects && effects.writesFlags !== 0 && effects.flagSource === undefined) {
      if (this.zone) this.makeFlags();
      this.flagSource = FlagSource.parts;
    }
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
    this.effects.addresses.add(name);
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
    this.effects.reads.add(name);
    const offset = this.#operands[name] ?? 0;
    const slot = slotOf(offset);
    if (slot < 0) return i64.load(this.cpu, offset);
    if (slot === SLOT_ZERO) return i64.const(0n);
    return this.#copy(slot).get;
  }
  override w(name: RegisterOperand): Expr {
    this.effects.reads.add(name);
    const offset = this.#operands[name] ?? 0;
    return slotOf(offset) < 0 ? i32.load(this.cpu, offset) : i32.wrap_i64(this.x(name));
  }
  override setX(name: RegisterOperand, value: Value): void {
    this.effects.writes.add(name);
    const offset = this.#operands[name] ?? 0;
    const slot = slotOf(offset);
    if (slot === SLOT_SINK) return;
    if (slot < 0) return this.f.do(i64.store(this.cpu, value, offset));
    const local = this.#localOf(slot);
    this.f.set(local, value);
    if (this.zone) return;
    this.f.do(i64.store(this.cpu, local.get, offset));
    this.f.valid.registers |= bitOf(slot);
  }

  override flag(flag: Flag): Expr {
    this.effects.readsFlags = true;
    const { bit, offset } = FLAGS[flag];
    const local = this.flagLocal(flag);
    if (this.zone) {
      const { flagSource } = this;
      return flagSource === FlagSource.parts ? local.get : flagOf(flagSource, this.flagOperands(flagSource), flag);
    }
    if (!(this.f.valid.others & bit)) {
      this.f.set(local, i32.load(this.cpu, offset));
      this.f.valid.others |= bit;
    }
    return local.get;
  }
  override setFlag(flag: Flag, value: Value): void {
    const { bit, offset } = FLAGS[flag];
    this.effects.writesFlags |= bit;
    this.effects.flagSource = undefined;
    const local = this.flagLocal(flag);
    this.f.set(local, value);
    if (this.zone) return;
    this.f.valid.others |= bit;
    if (this.#storesFlags) this.f.do(i32.store(this.cpu, local.get, offset));
  }
  override setSumFlags(sf: number, sub: number, a: Expr, b: Expr, result: Expr): void {
    if (!this.zone || this.f.nesting > 0) super.setSumFlags(sf, sub, a, b, result);
    this.#setFlagOperands(sourceOf(sub ? 'sub' : 'add', sf), a, b);
  }
  override setLogicFlags(sf: number, result: Expr): void {
    if (!this.zone || this.f.nesting > 0) super.setLogicFlags(sf, result);
    this.#setFlagOperands(sourceOf('logic', sf), result);
  }
  #setFlagOperands(source: FlagSource, a: Expr, b?: Expr): void {
    if (this.f.nesting > 0) return;
    const operands = this.#flagLocals(source);
    this.f.set(operands.a, a);
    if (b) this.f.set(operands.b, b);
    this.flagSource = source;
    this.effects.flagSource = source;
    this.effects.writesFlags = ALL_FLAGS;
  }
  /** Sets the locals of the single flags from what they are known by. */
  makeFlags(): void {
    const { flagSource } = this;
    if (flagSource <= FlagSource.parts) return;
    for (const flag of FLAG_NAMES)
      this.f.set(this.flagLocal(flag), flagOf(flagSource, this.flagOperands(flagSource), flag));
  }
  flagOperands(source: FlagSource): FlagOperands {
    const { a, b } = this.#flagLocals(source);
    return { a: a.get, b: b.get };
  }
  override condition(cond: number): Expr {
    this.effects.readsFlags = true;
    const { flagSource } = this;
    const direct = flagSource > 0 ? compare(flagSource, this.flagOperands(flagSource), cond) : undefined;
    return direct ?? super.condition(cond);
  }
  override word(offset: number): Expr {
    if (offset === TLB && this.zone) return this.zone.tlb.get;
    return offset === FP_TRAP ? this.#fpTrap() : super.word(offset);
  }

  jump(va: Expr): void {
    this.effects.leaves = true;
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
    this.effects.leaves = true;
    this.effects.exits = true;
    this.f.do(i64.store(this.cpu, this.pc(), PC));
    this.f.do(i32.store(this.cpu, i32.add(this.exits.budget.get, this.#after), BUDGET));
  }
  reload(): void {
    this.f.set(this.exits.budget, i32.sub(i32.load(this.cpu, BUDGET), this.#after));
  }
  resync(): void {
    this.effects.leaves = true;
    this.exits.resume();
  }
  leave(): void {
    this.effects.leaves = true;
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

  override callStatus(helper: string, ...args: Value[]): void {
    if (!REPEATABLE.has(helper)) return super.callStatus(helper, ...args);
    this.#repeat();
  }

  /** The general way is the interpreter's: copies stay valid behind the quick one. */
  override fast(isFast: Expr, quick: () => void): void {
    this.f.if(isFast, quick, () => this.#repeat());
  }

  /** Leaves the instruction, of which nothing is done yet, to the interpreter. */
  #repeat(): void {
    this.effects.exits = true;
    this.quit(this.#word, this.#after + 1, Exit.interpret);
  }

  /** Returns to the main loop with PC at a word, and `unused` instructions of the block given back. There are many such places: they must be small. */
  quit(word: number, unused: number, exit: number): void {
    this.f.set(this.exits.at, coldExit(word, unused, exit));
    if (this.zone) this.leaveZone(this.zone, ZoneExit.cold);
    else this.exits.cold();
    this.f.unreached();
  }

  leaveZone(zone: ZoneScope, how: ZoneExit): void {
    if (this.flagSource !== FlagSource.varies) this.f.set(zone.source, this.flagSource);
    zone.leave(how);
  }

  /** What the soft TLB does not have is the interpreter's. */
  protected override slowAddress(): Expr {
    this.#repeat();
    return i32.const(0);
  }

  /** The trap word cannot change between two calls of TypeScript: checked once in a stretch of code. */
  #fpTrap(): Expr {
    if (this.f.valid.others & FP_CHECKED) return i32.const(0);
    this.f.valid.others |= FP_CHECKED;
    return super.word(FP_TRAP);
  }

  #copy(slot: number): Local {
    const local = this.#localOf(slot);
    if (!this.zone && !(this.f.valid.registers & bitOf(slot))) {
      this.f.set(local, i64.load(this.cpu, X + 8 * slot));
      this.f.valid.registers |= bitOf(slot);
    }
    return local;
  }
  #localOf(slot: number): Local {
    return (this.#registers[slot] ??= this.f.persistent('i64'));
  }
  /** Loads registers and flags into the locals in which a loop keeps them. */
  enterZone(slots: Iterable<number>, flags: boolean): void {
    for (const slot of slots) this.f.set(this.#localOf(slot), i64.load(this.cpu, X + 8 * slot));
    if (!flags) return;
    for (const flag of FLAG_NAMES) this.f.set(this.flagLocal(flag), i32.load(this.cpu, FLAGS[flag].offset));
  }
  /** Puts registers that a loop wrote back into the state block. */
  spill(slots: Iterable<number>): void {
    for (const slot of slots) this.f.do(i64.store(this.cpu, this.#localOf(slot).get, X + 8 * slot));
  }
  /** Puts the flags back that were set in the way `source` says. */
  spillFlags(source: FlagSource): void {
    for (const flag of FLAG_NAMES) {
      const value =
        source === FlagSource.parts ? this.flagLocal(flag).get : flagOf(source, this.flagOperands(source), flag);
      this.f.do(i32.store(this.cpu, value, FLAGS[flag].offset));
    }
  }
  flagLocal(flag: Flag): Local {
    return (this.#flags[flag] ??= this.f.persistent('i32'));
  }
  #flagLocals(source: FlagSource): { readonly a: Local; readonly b: Local } {
    const type = source % 2 === 0 ? 'i64' : 'i32';
    return (this.#flagOperands[type] ??= { a: this.f.persistent(type), b: this.f.persistent(type) });
  }
}

/** A rare way out as a number: byte offset in the page in bits 11:0, instructions given back in bits 23:12, `Exit` above. */
function coldExit(word: number, unused: number, exit: number): number {
  return (word * 4) | (unused << 12) | (exit << 24);
}

/** Writes where all of them end. */
export function emitColdExit(f: FunctionBuilder, at: Local): void {
  const [cpu, pageVa, budget] = f.params;
  f.do(i64.store(cpu.get, i64.add(pageVa.get, i64.extend_i32_u(i32.and(at.get, 0xfff))), PC));
  f.do(i32.store(cpu.get, i32.add(budget.get, i32.and(i32.shr_u(at.get, 12), 0xfff)), BUDGET));
  f.return(i32.shr_u(at.get, 24));
}

const FP_CHECKED = 16;

/** Slot of a general register's offset, or -1 for anything else. */
export function slotOf(offset: number): number {
  return offset >= X && offset <= X + 8 * SLOT_SINK ? (offset - X) >>> 3 : -1;
}

/** X31 has no copy, so SP takes its bit. */
function bitOf(slot: number): number {
  return 1 << (slot === SLOT_SP ? 31 : slot);
}
