/**
 * Function bodies, built by calling statements in order. Structured control takes callbacks; labels are objects, resolved to relative
 * depths when they are used. Locals come from a pool: `scope` gives back what was taken inside it.
 */
import { Bytes } from './bytes.ts';
import { Expr, index, valueOf, type Value } from './expr.ts';
import { valTypeCode, type Signature, type ValType } from './types.ts';

/** A branch target: the end of a block or the start of a loop. */
export interface Label {
  readonly depth: number;
}

/** A local variable. */
export class Local {
  constructor(
    readonly index: number,
    readonly type: ValType,
    /** Its value now. */
    readonly get: Expr,
  ) {}
}

export class FunctionBuilder {
  readonly #code = new Bytes(1024);
  readonly #locals: ValType[] = [];
  readonly #free = new Map<ValType, Local[]>();
  #taken: Local[] = [];
  #depth = 0;
  /** Parameters, as locals. */
  readonly params: readonly Local[];

  constructor(readonly signature: Signature) {
    this.params = signature.params.map((type, i) => new Local(i, type, new Expr(type, [], [0x20, ...index(i)])));
  }

  /** A fresh local of `type`; its value is unspecified (it may have been used before). */
  local(type: ValType): Local {
    const free = this.#free.get(type)?.pop();
    const local = free ?? this.#newLocal(type);
    this.#taken.push(local);
    return local;
  }

  /** A local that no scope gives back. */
  persistent(type: ValType): Local {
    return this.#newLocal(type);
  }

  /** Evaluates `value` once and gives an expression that can be used any number of times. Constants stay constants. */
  let(value: Expr): Expr {
    if (value.constant !== undefined) return value;
    const local = this.local(value.type ?? 'i32');
    this.set(local, value);
    return local.get;
  }

  set(local: Local, value: Value): void {
    valueOf(local.type, value).write(this.#code);
    this.#code.byte(0x21);
    this.#code.u32(local.index);
  }

  /** Expression that sets a local and yields the value. */
  tee(local: Local, value: Value): Expr {
    return new Expr(local.type, [valueOf(local.type, value)], [0x22, ...index(local.index)]);
  }

  /** Locals taken inside `body` are free again after it. */
  scope(body: () => void): void {
    const outer = this.#taken;
    this.#taken = [];
    body();
    for (const local of this.#taken) {
      const pool = this.#free.get(local.type);
      if (pool) pool.push(local);
      else this.#free.set(local.type, [local]);
    }
    this.#taken = outer;
  }

  /** A statement: a store, a call without result, ... */
  do(statement: Expr): void {
    statement.write(this.#code);
    if (statement.type !== undefined) this.#code.byte(0x1a);
  }

  block(body: (end: Label) => void): void {
    this.#structured(0x02, body);
  }

  loop(body: (start: Label) => void): void {
    this.#structured(0x03, body);
  }

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    valueOf('i32', condition).write(this.#code);
    this.#code.byte(0x04);
    this.#code.byte(0x40);
    this.#depth++;
    then();
    if (otherwise) {
      this.#code.byte(0x05);
      otherwise();
    }
    this.#code.byte(0x0b);
    this.#depth--;
  }

  /** A value chosen by running only one of two bodies; each returns its value. */
  ifValue(type: ValType, condition: Value, then: () => Value, otherwise: () => Value): Expr {
    const result = this.local(type);
    this.if(
      condition,
      () => this.set(result, then()),
      () => this.set(result, otherwise()),
    );
    return result.get;
  }

  br(label: Label): void {
    this.#code.byte(0x0c);
    this.#code.u32(this.#depth - label.depth);
  }

  brIf(label: Label, condition: Value): void {
    valueOf('i32', condition).write(this.#code);
    this.#code.byte(0x0d);
    this.#code.u32(this.#depth - label.depth);
  }

  brTable(selector: Expr, labels: readonly Label[], otherwise: Label): void {
    selector.write(this.#code);
    this.#code.byte(0x0e);
    this.#code.u32(labels.length);
    for (const label of labels) this.#code.u32(this.#depth - label.depth);
    this.#code.u32(this.#depth - otherwise.depth);
  }

  return(value?: Value): void {
    if (value !== undefined) valueOf(this.signature.result ?? 'i32', value).write(this.#code);
    this.#code.byte(0x0f);
  }

  /** Ends the function with a call built by `FunctionRef.call` or `callIndirect`, as a tail call. */
  returnCall(call: Expr): void {
    tailCall(call).write(this.#code);
  }

  unreachable(): void {
    this.#code.byte(0x00);
  }

  /** Bytes written so far: a measure of size for code that must stay small. */
  get size(): number {
    return this.#code.length;
  }

  /** The function as it stands in the code section: size, locals, body. */
  finish(): Uint8Array {
    const body = new Bytes(this.#code.length + 64);
    const runs = localRuns(this.#locals);
    body.u32(runs.length);
    for (const [count, type] of runs) {
      body.u32(count);
      body.byte(valTypeCode[type]);
    }
    body.append(this.#code);
    body.byte(0x0b);
    const out = new Bytes(body.length + 5);
    out.u32(body.length);
    out.append(body);
    return out.view();
  }

  #newLocal(type: ValType): Local {
    const at = this.signature.params.length + this.#locals.length;
    this.#locals.push(type);
    return new Local(at, type, new Expr(type, [], [0x20, ...index(at)]));
  }

  #structured(opcode: number, body: (label: Label) => void): void {
    this.#code.byte(opcode);
    this.#code.byte(0x40);
    this.#depth++;
    body({ depth: this.#depth });
    this.#code.byte(0x0b);
    this.#depth--;
  }
}

/** `call` and `call_indirect` are followed by their tail-call forms two opcodes later. */
function tailCall(call: Expr): Expr {
  const [opcode, ...rest] = call.code;
  if (opcode !== 0x10 && opcode !== 0x11) throw new TypeError('only calls can be tail calls');
  return new Expr(undefined, call.args, [opcode + 2, ...rest]);
}

function localRuns(locals: readonly ValType[]): [number, ValType][] {
  const runs: [number, ValType][] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last && last[1] === type) last[0]++;
    else runs.push([1, type]);
  }
  return runs;
}
