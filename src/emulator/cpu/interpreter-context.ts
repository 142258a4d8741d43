/** Uop definitions bound to a decoded record: as a case of the main loop, or as a function of its own. */
import type { Expr, Value } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label, Local } from '../../wasm/function.ts';
import type { FunctionRef } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/ops.ts';
import { RECORD_SIZE } from './records.ts';
import { BUDGET, PC } from './state.ts';
import { UopContext, type RegisterOperand } from './uops/context.ts';

const place: Record<RegisterOperand, number> = { d: 2, n: 4, m: 6, a: 12, b: 14 };

/** Wasm functions that uops can call: helpers by name, and `data` (slow memory access). */
export type HelperRefs = ReadonlyMap<string, FunctionRef>;

abstract class RecordContext extends UopContext {
  constructor(
    f: FunctionBuilder,
    readonly cpu: Expr,
    protected readonly record: Expr,
    readonly helpers: HelperRefs,
  ) {
    super(f);
  }

  raw(name: RegisterOperand): Expr {
    return i32.load16_u(this.record, place[name]);
  }
  register(name: RegisterOperand): { address: Expr; offset: number } {
    return { address: i32.add(this.cpu, this.raw(name)), offset: 0 };
  }
  imm64(): Expr {
    return i64.load(this.record, 8);
  }
  imm32(): Expr {
    return i32.load(this.record, 8);
  }
  /** Operand `a` is a truth table: bit n says whether the condition holds when NZCV is n. */
  conditionOperand(): Expr {
    return i32.and(i32.shr_u(this.raw('a'), this.nzcv()), 1);
  }
  call(helper: string, ...args: Value[]): Expr {
    const ref = this.helpers.get(helper);
    if (!ref) throw new Error(`no helper ${helper}`);
    return ref.call(this.cpu, ...args);
  }
}

/** Locals and labels of the main loop that its cases use. */
export interface MainLoop {
  readonly cpu: Local;
  readonly record: Local;
  readonly pageRecords: Local;
  readonly pageVa: Local;
  readonly budget: Local;
  /** Counts down to the next look at what runs often. */
  readonly samples: Local;
  readonly next: Label;
  readonly resync: Label;
  readonly exit: Label;
}

/** Taken branches and page entries between two samples. */
const SAMPLE_INTERVAL = 23;

/** Tells the translator now and then what is about to run. */
export function sampleRecord(f: FunctionBuilder, main: MainLoop, helpers: HelperRefs): void {
  f.set(main.samples, i32.sub(main.samples.get, 1));
  f.if(i32.lt_s(main.samples.get, 0), () => {
    f.set(main.samples, SAMPLE_INTERVAL);
    f.do((helpers.get('sample') as FunctionRef).call(main.cpu.get, main.record.get));
  });
}

/** A case of the main loop. */
export class CaseContext extends RecordContext {
  constructor(
    f: FunctionBuilder,
    readonly main: MainLoop,
    helpers: HelperRefs,
  ) {
    super(f, main.cpu.get, main.record.get, helpers);
  }

  pc(): Expr {
    const { pageVa, record, pageRecords } = this.main;
    return i64.add(pageVa.get, i64.extend_i32_u(i32.shr_u(i32.sub(record.get, pageRecords.get), 2)));
  }
  jump(va: Expr): void {
    this.f.do(i64.store(this.cpu, va, PC));
    this.f.br(this.main.resync);
  }
  jumpRelative(): void {
    const { record, pageRecords, next } = this.main;
    const { f } = this;
    const target = f.let(i32.add(record.get, i32.shl(this.imm32(), 2)));
    const limit = 1024 * RECORD_SIZE;
    f.if(i32.lt_u(i32.sub(target, pageRecords.get), limit), () => {
      f.set(record, target);
      sampleRecord(f, this.main, this.helpers);
      f.br(next);
    });
    this.jump(i64.add(this.pc(), i64.extend_i32_s(this.imm32())));
  }
  sync(): void {
    this.f.do(i64.store(this.cpu, this.pc(), PC));
    this.f.do(i32.store(this.cpu, this.main.budget.get, BUDGET));
  }
  reload(): void {
    this.f.set(this.main.budget, i32.load(this.cpu, BUDGET));
  }
  resync(): void {
    this.f.br(this.main.resync);
  }
  leave(): void {
    this.f.br(this.main.exit);
  }
}

/** A function `(cpu, record) -> Status`. The main loop has written PC and BUDGET back before it is called. */
export class FunctionContext extends RecordContext {
  constructor(f: FunctionBuilder, helpers: HelperRefs) {
    super(f, f.params[0].get, f.params[1].get, helpers);
  }

  pc(): Expr {
    return i64.load(this.cpu, PC);
  }
  jump(va: Expr): void {
    this.f.do(i64.store(this.cpu, va, PC));
    this.resync();
  }
  jumpRelative(): void {
    this.jump(i64.add(this.pc(), i64.extend_i32_s(this.imm32())));
  }
  sync(): void {}
  reload(): void {}
  resync(): void {
    this.f.return(1);
  }
  leave(): void {
    this.f.return(2);
  }
}
