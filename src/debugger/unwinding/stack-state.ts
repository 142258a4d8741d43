/** What a function's code has done to the stack and to the registers that it must preserve, at one point of its code. */

/** What is known of a value: a register's value at entry, a distance from the canonical frame address, or a number. */
export type Known =
  | { readonly kind: 'entry'; readonly register: number }
  | { readonly kind: 'cfa'; readonly offset: number }
  | { readonly kind: 'constant'; readonly value: number };

const SP = 31;
const FP = 29;
const FIRST_PRESERVED = 19;
const LR = 30;

/** Where a preserved register's value at entry is: still in the register, or at a distance from the CFA. */
export type SavedPlace = 'register' | number;

/** How to find the caller from one instruction. The CFA is `register` plus `offset`. */
export interface StackSummary {
  readonly cfaRegister: number;
  readonly cfaOffset: number;
  /** X19-X30; absent when lost. */
  readonly saved: ReadonlyMap<number, SavedPlace>;
  /** Where X30 is in memory, also while the register still holds it: after a call only this counts. */
  readonly linkSlot: number | undefined;
}

/** The abstract state that the analysis carries along the code. */
export class StackState {
  /** X0-X30 and SP (31). */
  readonly registers: (Known | undefined)[];
  /** Stored values by distance from the CFA. */
  readonly slots: Map<number, Known>;

  private constructor(registers: (Known | undefined)[], slots: Map<number, Known>) {
    this.registers = registers;
    this.slots = slots;
  }

  /** At a function's first instruction the CFA is SP, and every register has its value at entry. */
  static atEntry(): StackState {
    const registers: (Known | undefined)[] = Array.from({ length: 31 }, (_, register) => ({ kind: 'entry', register }));
    registers.push({ kind: 'cfa', offset: 0 });
    return new StackState(registers, new Map());
  }

  /** True when SP has moved since entry. */
  get hasFrame(): boolean {
    const sp = this.registers[31];
    return sp?.kind !== 'cfa' || sp.offset !== 0;
  }

  copy(): StackState {
    return new StackState([...this.registers], new Map(this.slots));
  }

  /**
   * Keeps what holds in `other` too; true when something was lost. Two paths that disagree about SP cannot both be real (one of them comes out of
   * a call that never returns), so the second is ignored.
   */
  meet(other: StackState): boolean {
    const [own, others] = [this.registers[SP], other.registers[SP]];
    if (own && others && !isSame(own, others)) return false;
    let isChanged = false;
    this.registers.forEach((value, register) => {
      if (!value || isSame(value, other.registers[register])) return;
      this.registers[register] = undefined;
      isChanged = true;
    });
    for (const [offset, value] of this.slots) {
      if (isSame(value, other.slots.get(offset))) continue;
      this.slots.delete(offset);
      isChanged = true;
    }
    return isChanged;
  }

  /** What a caller can be found with; undefined when the CFA is lost. */
  summary(): StackSummary | undefined {
    const cfaRegister = this.#cfaRegister();
    const base = cfaRegister === undefined ? undefined : this.registers[cfaRegister];
    if (cfaRegister === undefined || base?.kind !== 'cfa') return undefined;
    const saved = new Map<number, SavedPlace>();
    for (let register = FIRST_PRESERVED; register <= LR; register++) {
      const place = this.#placeOf(register);
      if (place !== undefined) saved.set(register, place);
    }
    return { cfaRegister, cfaOffset: 0 - base.offset, saved, linkSlot: this.#slotOf(LR) };
  }

  #cfaRegister(): number | undefined {
    if (this.registers[SP]?.kind === 'cfa') return SP;
    if (this.registers[FP]?.kind === 'cfa') return FP;
    const other = this.registers.findIndex((value) => value?.kind === 'cfa');
    return other < 0 ? undefined : other;
  }

  /** What lies above SP is safe; the register itself may have been overwritten on a path that joins here. */
  #placeOf(register: number): SavedPlace | undefined {
    const slot = this.#slotOf(register);
    const sp = this.registers[SP];
    const isAllocated = slot !== undefined && (sp?.kind !== 'cfa' || slot >= sp.offset);
    if (!isAllocated && isEntry(this.registers[register], register)) return 'register';
    return slot;
  }

  #slotOf(register: number): number | undefined {
    for (const [offset, value] of this.slots) if (isEntry(value, register)) return offset;
    return undefined;
  }
}

function isSame(a: Known, b: Known | undefined): boolean {
  if (a.kind === 'entry') return b?.kind === 'entry' && a.register === b.register;
  if (a.kind === 'cfa') return b?.kind === 'cfa' && a.offset === b.offset;
  return b?.kind === 'constant' && a.value === b.value;
}

function isEntry(value: Known | undefined, register: number): boolean {
  return value?.kind === 'entry' && value.register === register;
}
