/** Runs call frame instructions (section 6.4.2): where the caller's registers are at one address. */
import * as dw from './constants.ts';
import { Cursor } from './cursor.ts';
import type { Cie, Fde } from './debug-frame.ts';
import { DwarfError } from './dwarf-error.ts';

/** How to compute the canonical frame address. */
export type CfaRule =
  | { readonly kind: 'register'; readonly register: number; readonly offset: bigint }
  | { readonly kind: 'expression'; readonly expression: Uint8Array };

/** Where the caller's value of a register is; names as in section 6.4.1. Offsets count from the CFA in bytes. */
export type RegisterRule =
  | { readonly kind: 'undefined' }
  | { readonly kind: 'sameValue' }
  | { readonly kind: 'offset'; readonly offset: bigint }
  | { readonly kind: 'valOffset'; readonly offset: bigint }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'expression'; readonly expression: Uint8Array }
  | { readonly kind: 'valExpression'; readonly expression: Uint8Array };

/** The row of the unwind table that holds from `start` up to but not including `end`. Registers without a rule are unspecified. */
export interface UnwindTableRow {
  readonly start: bigint;
  readonly end: bigint;
  readonly cfa: CfaRule | undefined;
  readonly rules: ReadonlyMap<number, RegisterRule>;
  readonly returnAddressRegister: number;
  readonly isSignalFrame: boolean;
  /** The return address carries a pointer authentication code. */
  readonly isReturnAddressSigned: boolean;
}

interface State {
  cfa: CfaRule | undefined;
  rules: Map<number, RegisterRule>;
  isSigned: boolean;
}

const MAX_REMEMBERED = 256;

/** The row of `fde` for `address`. */
export function unwindRowAt(fde: Fde, address: bigint): UnwindTableRow {
  const machine = new FrameMachine(fde.cie);
  machine.runInitial();
  machine.run(fde.instructions, fde.start, address);
  const { cfa, rules, isSigned } = machine.state;
  return {
    start: machine.rowStart,
    end: machine.rowEnd ?? fde.end,
    cfa,
    rules,
    returnAddressRegister: fde.cie.returnAddressRegister,
    isSignalFrame: fde.cie.isSignalFrame,
    isReturnAddressSigned: isSigned,
  };
}

class FrameMachine {
  state: State = { cfa: undefined, rules: new Map(), isSigned: false };
  rowStart = 0n;
  rowEnd: bigint | undefined;
  #initial = new Map<number, RegisterRule>();
  readonly #stack: State[] = [];
  #location = 0n;
  #target = 0n;

  constructor(private readonly cie: Cie) {}

  runInitial(): void {
    this.run(this.cie.instructions, 0n, 0n);
    this.#initial = new Map(this.state.rules);
  }

  /** Applies `instructions` as far as they describe `target`. */
  run(instructions: Uint8Array, start: bigint, target: bigint): void {
    const cursor = new Cursor(instructions);
    this.#location = start;
    this.rowStart = start;
    this.#target = target;
    this.rowEnd = undefined;
    while (!cursor.isAtEnd && this.rowEnd === undefined) this.#step(cursor);
  }

  #step(cursor: Cursor): void {
    const opcode = cursor.u8();
    const low = opcode & 0x3f;
    switch (opcode & 0xc0) {
      case dw.DW_CFA_advance_loc:
        return this.#advance(low);
      case dw.DW_CFA_offset:
        return this.#setOffset(low, BigInt(cursor.uleb()));
      case dw.DW_CFA_restore:
        return this.#restore(low);
      default:
        return this.#extended(opcode, cursor);
    }
  }

  #extended(opcode: number, cursor: Cursor): void {
    switch (opcode) {
      case dw.DW_CFA_nop:
        return;
      case dw.DW_CFA_set_loc:
        return this.#moveTo(cursor.address(this.cie.addressSize));
      case dw.DW_CFA_advance_loc1:
        return this.#advance(cursor.u8());
      case dw.DW_CFA_advance_loc2:
        return this.#advance(cursor.u16());
      case dw.DW_CFA_advance_loc4:
        return this.#advance(cursor.u32());
      case dw.DW_CFA_remember_state:
        return this.#remember();
      case dw.DW_CFA_restore_state:
        return this.#restoreState();
      case dw.DW_CFA_AARCH64_negate_ra_state:
        this.state.isSigned = !this.state.isSigned;
        return;
      case dw.DW_CFA_GNU_args_size:
        return cursor.skipLeb();
      default:
        return this.#setCfa(opcode, cursor) || this.#setRule(opcode, cursor) ? undefined : unknown(opcode);
    }
  }

  #setCfa(opcode: number, cursor: Cursor): boolean {
    switch (opcode) {
      case dw.DW_CFA_def_cfa:
        this.state.cfa = { kind: 'register', register: cursor.uleb(), offset: BigInt(cursor.uleb()) };
        return true;
      case dw.DW_CFA_def_cfa_sf:
        this.state.cfa = { kind: 'register', register: cursor.uleb(), offset: this.#factored(cursor.slebBig()) };
        return true;
      case dw.DW_CFA_def_cfa_register:
        this.state.cfa = { kind: 'register', register: cursor.uleb(), offset: this.#registerCfa().offset };
        return true;
      case dw.DW_CFA_def_cfa_offset:
        this.state.cfa = { ...this.#registerCfa(), offset: BigInt(cursor.uleb()) };
        return true;
      case dw.DW_CFA_def_cfa_offset_sf:
        this.state.cfa = { ...this.#registerCfa(), offset: this.#factored(cursor.slebBig()) };
        return true;
      case dw.DW_CFA_def_cfa_expression:
        this.state.cfa = { kind: 'expression', expression: cursor.block(cursor.uleb()) };
        return true;
      default:
        return false;
    }
  }

  #setRule(opcode: number, cursor: Cursor): boolean {
    switch (opcode) {
      case dw.DW_CFA_undefined:
        return this.#set(cursor.uleb(), { kind: 'undefined' });
      case dw.DW_CFA_same_value:
        return this.#set(cursor.uleb(), { kind: 'sameValue' });
      case dw.DW_CFA_offset_extended:
        return this.#set(cursor.uleb(), { kind: 'offset', offset: this.#factored(BigInt(cursor.uleb())) });
      case dw.DW_CFA_GNU_negative_offset_extended:
        return this.#set(cursor.uleb(), { kind: 'offset', offset: -this.#factored(BigInt(cursor.uleb())) });
      case dw.DW_CFA_offset_extended_sf:
        return this.#set(cursor.uleb(), { kind: 'offset', offset: this.#factored(cursor.slebBig()) });
      case dw.DW_CFA_val_offset:
        return this.#set(cursor.uleb(), { kind: 'valOffset', offset: this.#factored(BigInt(cursor.uleb())) });
      case dw.DW_CFA_val_offset_sf:
        return this.#set(cursor.uleb(), { kind: 'valOffset', offset: this.#factored(cursor.slebBig()) });
      case dw.DW_CFA_register:
        return this.#set(cursor.uleb(), { kind: 'register', register: cursor.uleb() });
      case dw.DW_CFA_expression:
        return this.#set(cursor.uleb(), { kind: 'expression', expression: cursor.block(cursor.uleb()) });
      case dw.DW_CFA_val_expression:
        return this.#set(cursor.uleb(), { kind: 'valExpression', expression: cursor.block(cursor.uleb()) });
      case dw.DW_CFA_restore_extended:
        this.#restore(cursor.uleb());
        return true;
      default:
        return false;
    }
  }

  #factored(value: bigint): bigint {
    return value * BigInt(this.cie.dataAlignmentFactor);
  }

  #registerCfa(): CfaRule & { kind: 'register' } {
    if (this.state.cfa?.kind !== 'register')
      throw new DwarfError('malformed', 'the CFA is not a register and an offset');
    return this.state.cfa;
  }

  #set(register: number, rule: RegisterRule): boolean {
    this.state.rules.set(register, rule);
    return true;
  }

  #setOffset(register: number, offset: bigint): void {
    this.#set(register, { kind: 'offset', offset: this.#factored(offset) });
  }

  #restore(register: number): void {
    const rule = this.#initial.get(register);
    if (rule) this.state.rules.set(register, rule);
    else this.state.rules.delete(register);
  }

  #remember(): void {
    if (this.#stack.length >= MAX_REMEMBERED) throw new DwarfError('limit', 'too many remembered frame states');
    this.#stack.push({ ...this.state, rules: new Map(this.state.rules) });
  }

  #restoreState(): void {
    const state = this.#stack.pop();
    if (!state) throw new DwarfError('malformed', 'no remembered frame state');
    this.state = state;
  }

  #advance(delta: number): void {
    this.#moveTo(this.#location + BigInt(delta) * BigInt(this.cie.codeAlignmentFactor));
  }

  #moveTo(location: bigint): void {
    if (location > this.#target) this.rowEnd = location;
    else this.rowStart = location;
    this.#location = location;
  }
}

function unknown(opcode: number): never {
  throw new DwarfError('unsupported', `call frame instruction 0x${opcode.toString(16)}`);
}
