/** DWARF expressions (section 2.5): computes where a value is, or what it is. */
import * as dw from './constants.ts';
import { Cursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';

/** A base type as typed operations need it. Size in bytes; `encoding` is a DW_ATE constant. */
interface ExpressionType {
  readonly size: number;
  readonly encoding: number;
}

/** What an expression may ask of the program being debugged. Values that are gone are undefined. */
export interface ExpressionContext {
  /** Registers by DWARF number. */
  register(number: number): Promise<bigint | undefined>;
  /** Rejects when the memory cannot be read. */
  memory(address: bigint, length: number): Promise<Uint8Array>;
  frameBase(): Promise<bigint | undefined>;
  cfa(): Promise<bigint | undefined>;
  /** Value that `expression` (a register, as a rule) had when the function was entered. */
  entryValue(expression: Uint8Array): Promise<bigint | undefined>;
  /** Value at the call of the parameter whose entry is at a position of the unit: one that the compiler removed. */
  removedParameter(at: number): Promise<bigint | undefined>;
  /** Entry of .debug_addr. */
  indexedAddress(index: number): Promise<bigint>;
  /** The base type at a position of the unit. */
  type(at: number): Promise<ExpressionType>;
  /** Address of a thread-local variable by its offset. */
  threadLocal(offset: bigint): Promise<bigint | undefined>;
  /** Added to addresses that the file states. */
  readonly slide: bigint;
}

/** Where a value, or a piece of one, is. */
export type Location =
  | { readonly kind: 'memory'; readonly address: bigint }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'value'; readonly value: bigint }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'optimisedOut' };

/** `bitSize` is 0 for a whole value; `bitOffset` counts within the location. */
export interface Piece {
  readonly location: Location;
  readonly bitSize: number;
  readonly bitOffset: number;
}

interface Item {
  readonly value: bigint;
  /** Undefined is the generic type: 64 bits. */
  readonly type: ExpressionType | undefined;
}

const MAX_STEPS = 10_000;
const MAX_STACK = 256;
const MAX_PIECES = 256;
const OPTIMISED_OUT: Location = { kind: 'optimisedOut' };

/** Thrown within an evaluation when something it needs is not available: the value is optimised out. */
class Unavailable extends Error {}

/** Evaluates `expression`. The result is one piece for a simple location. `initial` values are on the stack first. */
export async function evaluateLocation(
  expression: Uint8Array,
  context: ExpressionContext,
  initial: readonly bigint[] = [],
): Promise<Piece[]> {
  const machine = new Machine(expression, context, initial);
  try {
    return await machine.run();
  } catch (error) {
    if (error instanceof Unavailable) return [{ location: OPTIMISED_OUT, bitSize: 0, bitOffset: 0 }];
    throw error;
  }
}

/** Evaluates an expression for its value (call frame and call site expressions); undefined when it is not available. */
export async function evaluateValue(
  expression: Uint8Array,
  context: ExpressionContext,
  initial: readonly bigint[] = [],
): Promise<bigint | undefined> {
  const [{ location }] = await evaluateLocation(expression, context, initial);
  if (location.kind === 'memory') return location.address;
  if (location.kind === 'value') return location.value;
  return location.kind === 'register' ? context.register(location.register) : undefined;
}

class Machine {
  readonly #stack: Item[];
  readonly #pieces: Piece[] = [];
  readonly #cursor: Cursor;
  #location: Location | undefined;

  constructor(
    private readonly expression: Uint8Array,
    private readonly context: ExpressionContext,
    initial: readonly bigint[],
  ) {
    this.#stack = initial.map((value) => ({ value, type: undefined }));
    this.#cursor = new Cursor(expression);
  }

  async run(): Promise<Piece[]> {
    for (let steps = 0; !this.#cursor.isAtEnd; steps++) {
      if (steps > MAX_STEPS) throw new DwarfError('limit', 'expression does not end');
      await this.#step(this.#cursor.u8());
    }
    if (this.#pieces.length > 0) return this.#pieces;
    return [{ location: this.#takeLocation(), bitSize: 0, bitOffset: 0 }];
  }

  /** A location that no operation named is the address on top of the stack. */
  #takeLocation(): Location {
    const named = this.#location;
    this.#location = undefined;
    if (named) return named;
    return this.#stack.length === 0 ? OPTIMISED_OUT : { kind: 'memory', address: this.#pop().value };
  }

  async #step(op: number): Promise<void> {
    if (op >= dw.DW_OP_lit0 && op <= dw.DW_OP_lit31) return this.#push(BigInt(op - dw.DW_OP_lit0));
    if (op >= dw.DW_OP_reg0 && op <= dw.DW_OP_reg31) return this.#inRegister(op - dw.DW_OP_reg0);
    if (op >= dw.DW_OP_breg0 && op <= dw.DW_OP_breg31) return this.#registerPlus(op - dw.DW_OP_breg0);
    if (this.#constant(op) || this.#arithmetic(op) || this.#stackOperation(op) || this.#describe(op)) return;
    if (await this.#typed(op)) return;
    await this.#contextual(op);
  }

  #constant(op: number): boolean {
    const cursor = this.#cursor;
    switch (op) {
      case dw.DW_OP_addr:
        this.#push(cursor.u64() + this.context.slide);
        return true;
      case dw.DW_OP_const1u:
        this.#push(BigInt(cursor.u8()));
        return true;
      case dw.DW_OP_const1s:
        this.#push(BigInt(cursor.i8()));
        return true;
      case dw.DW_OP_const2u:
        this.#push(BigInt(cursor.u16()));
        return true;
      case dw.DW_OP_const2s:
        this.#push(BigInt((cursor.u16() << 16) >> 16));
        return true;
      case dw.DW_OP_const4u:
        this.#push(BigInt(cursor.u32()));
        return true;
      case dw.DW_OP_const4s:
        this.#push(BigInt(cursor.u32() | 0));
        return true;
      case dw.DW_OP_const8u:
      case dw.DW_OP_const8s:
        this.#push(cursor.u64());
        return true;
      case dw.DW_OP_constu:
        this.#push(cursor.ulebBig());
        return true;
      case dw.DW_OP_consts:
        this.#push(cursor.slebBig());
        return true;
      default:
        return false;
    }
  }

  #arithmetic(op: number): boolean {
    switch (op) {
      case dw.DW_OP_abs:
      case dw.DW_OP_neg:
      case dw.DW_OP_not: {
        const item = this.#pop();
        const signed = toSigned(item);
        this.#pushItem(
          op === dw.DW_OP_not ? ~signed : op === dw.DW_OP_neg || signed < 0n ? -signed : signed,
          item.type,
        );
        return true;
      }
      case dw.DW_OP_plus_uconst: {
        const item = this.#pop();
        this.#pushItem(item.value + this.#cursor.ulebBig(), item.type);
        return true;
      }
      default:
        return this.#binary(op);
    }
  }

  #binary(op: number): boolean {
    const operation = BINARY.get(op);
    if (!operation) return false;
    const right = this.#pop();
    const left = this.#pop();
    // Floating-point arithmetic in a location is rarer than wrong results would be harmful.
    if (isFloat(left.type) || isFloat(right.type)) throw new Unavailable();
    const result = operation(left, right);
    if (result === undefined) throw new DwarfError('malformed', 'division by zero in an expression');
    this.#pushItem(result, op >= dw.DW_OP_eq && op <= dw.DW_OP_ne ? undefined : left.type);
    return true;
  }

  #stackOperation(op: number): boolean {
    const stack = this.#stack;
    switch (op) {
      case dw.DW_OP_dup:
        this.#pushCopy(0);
        return true;
      case dw.DW_OP_over:
        this.#pushCopy(1);
        return true;
      case dw.DW_OP_pick:
        this.#pushCopy(this.#cursor.u8());
        return true;
      case dw.DW_OP_drop:
        this.#pop();
        return true;
      case dw.DW_OP_swap:
        this.#need(2);
        stack.push(...stack.splice(-2, 1));
        return true;
      case dw.DW_OP_rot:
        this.#need(3);
        // The top goes below the next two.
        stack.splice(-2, 0, stack.pop()!);
        return true;
      case dw.DW_OP_skip:
        this.#jump((this.#cursor.u16() << 16) >> 16);
        return true;
      case dw.DW_OP_bra: {
        const distance = (this.#cursor.u16() << 16) >> 16;
        if (this.#pop().value !== 0n) this.#jump(distance);
        return true;
      }
      case dw.DW_OP_nop:
        return true;
      default:
        return false;
    }
  }

  /** Operations that end a location description or say what kind it is. */
  #describe(op: number): boolean {
    switch (op) {
      case dw.DW_OP_regx:
        this.#inRegister(this.#cursor.uleb());
        return true;
      case dw.DW_OP_stack_value:
        this.#location = { kind: 'value', value: this.#pop().value };
        return true;
      case dw.DW_OP_implicit_value:
        this.#location = { kind: 'bytes', bytes: this.#cursor.block(this.#cursor.uleb()) };
        return true;
      case dw.DW_OP_piece:
        this.#addPiece(this.#cursor.uleb() * 8, 0);
        return true;
      case dw.DW_OP_bit_piece:
        this.#addPiece(this.#cursor.uleb(), this.#cursor.uleb());
        return true;
      case dw.DW_OP_implicit_pointer:
      case dw.DW_OP_GNU_implicit_pointer:
        // It points to what has no address; the offset size of the file does not matter, nothing follows it.
        throw new Unavailable();
      default:
        return false;
    }
  }

  async #typed(op: number): Promise<boolean> {
    const cursor = this.#cursor;
    switch (op) {
      case dw.DW_OP_const_type:
      case dw.DW_OP_GNU_const_type: {
        const type = await this.context.type(cursor.uleb());
        this.#pushItem(fromBytes(cursor.block(cursor.u8())), type);
        return true;
      }
      case dw.DW_OP_regval_type:
      case dw.DW_OP_GNU_regval_type: {
        const value = await this.#register(cursor.uleb());
        this.#pushItem(value, await this.context.type(cursor.uleb()));
        return true;
      }
      case dw.DW_OP_deref_type:
      case dw.DW_OP_GNU_deref_type: {
        const size = cursor.u8();
        const type = await this.context.type(cursor.uleb());
        this.#pushItem(fromBytes(await this.context.memory(this.#pop().value, size)), type);
        return true;
      }
      case dw.DW_OP_convert:
      case dw.DW_OP_GNU_convert:
      case dw.DW_OP_reinterpret:
      case dw.DW_OP_GNU_reinterpret:
        await this.#convert(cursor.uleb(), op === dw.DW_OP_convert || op === dw.DW_OP_GNU_convert);
        return true;
      default:
        return false;
    }
  }

  async #convert(at: number, isValue: boolean): Promise<void> {
    const item = this.#pop();
    const type = at === 0 ? undefined : await this.context.type(at);
    if (isFloat(item.type) !== isFloat(type) && isValue) throw new Unavailable();
    this.#pushItem(isValue ? toNumber(item) : item.value, type);
  }

  async #contextual(op: number): Promise<void> {
    const cursor = this.#cursor;
    switch (op) {
      case dw.DW_OP_bregx:
        return this.#registerPlus(cursor.uleb());
      case dw.DW_OP_fbreg: {
        const offset = cursor.slebBig();
        return this.#push(available(await this.context.frameBase()) + offset);
      }
      case dw.DW_OP_call_frame_cfa:
        return this.#push(available(await this.context.cfa()));
      case dw.DW_OP_deref:
        return this.#push(fromBytes(await this.context.memory(this.#pop().value, 8)));
      case dw.DW_OP_deref_size: {
        const size = cursor.u8();
        return this.#push(fromBytes(await this.context.memory(this.#pop().value, Math.min(size, 8))));
      }
      case dw.DW_OP_addrx:
        return this.#push((await this.context.indexedAddress(cursor.uleb())) + this.context.slide);
      case dw.DW_OP_constx:
        return this.#push(await this.context.indexedAddress(cursor.uleb()));
      case dw.DW_OP_entry_value:
      case dw.DW_OP_GNU_entry_value: {
        const inner = cursor.block(cursor.uleb());
        return this.#push(available(await this.context.entryValue(inner)));
      }
      case dw.DW_OP_form_tls_address:
      case dw.DW_OP_GNU_push_tls_address:
        return this.#push(available(await this.context.threadLocal(this.#pop().value)));
      case dw.DW_OP_GNU_parameter_ref:
        return this.#push(available(await this.context.removedParameter(cursor.u32())));
      case dw.DW_OP_GNU_variable_value:
        throw new Unavailable();
      default:
        throw new DwarfError('unsupported', `expression operation 0x${op.toString(16)}`);
    }
  }

  #inRegister(register: number): void {
    this.#location = { kind: 'register', register };
  }

  async #registerPlus(register: number): Promise<void> {
    const offset = this.#cursor.slebBig();
    this.#push((await this.#register(register)) + offset);
  }

  async #register(register: number): Promise<bigint> {
    return available(await this.context.register(register));
  }

  #addPiece(bitSize: number, bitOffset: number): void {
    if (this.#pieces.length >= MAX_PIECES) throw new DwarfError('limit', 'location with too many pieces');
    this.#pieces.push({ location: this.#takeLocation(), bitSize, bitOffset });
  }

  #jump(distance: number): void {
    const target = this.#cursor.at + distance;
    if (target < 0 || target > this.expression.length)
      throw new DwarfError('malformed', 'expression jumps out of itself');
    this.#cursor.at = target;
  }

  #push(value: bigint): void {
    this.#pushItem(value, undefined);
  }

  #pushItem(value: bigint, type: ExpressionType | undefined): void {
    if (this.#stack.length >= MAX_STACK) throw new DwarfError('limit', 'expression stack overflows');
    this.#stack.push({ value: BigInt.asUintN(bitsOf(type), value), type });
  }

  #pushCopy(depth: number): void {
    this.#need(depth + 1);
    this.#stack.push(this.#stack[this.#stack.length - 1 - depth]);
  }

  #need(count: number): void {
    if (this.#stack.length < count) throw new DwarfError('malformed', 'expression stack is empty');
  }

  #pop(): Item {
    this.#need(1);
    return this.#stack.pop()!;
  }
}

function available<T>(value: T | undefined): T {
  if (value === undefined) throw new Unavailable();
  return value;
}

function bitsOf(type: ExpressionType | undefined): number {
  return type ? Math.min(type.size, 16) * 8 : 64;
}

function isFloat(type: ExpressionType | undefined): boolean {
  return type?.encoding === dw.DW_ATE_float || type?.encoding === dw.DW_ATE_complex_float;
}

function isSigned(type: ExpressionType | undefined): boolean {
  // The generic type is signed for division and comparison.
  return !type || type.encoding === dw.DW_ATE_signed || type.encoding === dw.DW_ATE_signed_char;
}

function toSigned({ value, type }: Item): bigint {
  return BigInt.asIntN(bitsOf(type), value);
}

/** The number that an item stands for, by the signedness of its own type; the generic type does not extend. */
function toNumber(item: Item): bigint {
  return item.type && isSigned(item.type) ? toSigned(item) : item.value;
}

function compared(item: Item): bigint {
  return isSigned(item.type) ? toSigned(item) : item.value;
}

function fromBytes(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

type Binary = (left: Item, right: Item) => bigint | undefined;

function comparison(holds: (left: bigint, right: bigint) => boolean): Binary {
  return (left, right) => (holds(compared(left), compared(right)) ? 1n : 0n);
}

function shift(operation: (left: Item, by: bigint) => bigint): Binary {
  return (left, right) => operation(left, right.value > 128n ? 128n : right.value);
}

const BINARY: ReadonlyMap<number, Binary> = new Map<number, Binary>([
  [dw.DW_OP_and, (l, r) => l.value & r.value],
  [dw.DW_OP_or, (l, r) => l.value | r.value],
  [dw.DW_OP_xor, (l, r) => l.value ^ r.value],
  [dw.DW_OP_plus, (l, r) => l.value + r.value],
  [dw.DW_OP_minus, (l, r) => l.value - r.value],
  [dw.DW_OP_mul, (l, r) => l.value * r.value],
  [dw.DW_OP_div, (l, r) => (r.value === 0n ? undefined : compared(l) / compared(r))],
  [dw.DW_OP_mod, (l, r) => (r.value === 0n ? undefined : l.value % r.value)],
  [dw.DW_OP_shl, shift((l, by) => l.value << by)],
  [dw.DW_OP_shr, shift((l, by) => l.value >> by)],
  [dw.DW_OP_shra, shift((l, by) => toSigned(l) >> by)],
  [dw.DW_OP_eq, comparison((l, r) => l === r)],
  [dw.DW_OP_ne, comparison((l, r) => l !== r)],
  [dw.DW_OP_ge, comparison((l, r) => l >= r)],
  [dw.DW_OP_gt, comparison((l, r) => l > r)],
  [dw.DW_OP_le, comparison((l, r) => l <= r)],
  [dw.DW_OP_lt, comparison((l, r) => l < r)],
]);
