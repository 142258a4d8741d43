/** Registers of one frame, numbered as in DWARF for the Arm 64-bit Architecture (section 4.1). */

/** X0-X30 are 0-30. */
export const REG_FP = 29;
export const REG_LR = 30;
export const REG_SP = 31;
export const REG_PC = 32;
const COUNT = 33;

/** Values of the general registers, SP and PC as far as they are known in a frame. */
export class Registers {
  readonly #values: (bigint | undefined)[];

  /** Missing entries are unknown. */
  constructor(values: readonly (bigint | undefined)[] = []) {
    this.#values = Array.from({ length: COUNT }, (_, register) => values[register]);
  }

  get(register: number): bigint | undefined {
    return this.#values[register];
  }

  get pc(): bigint {
    return this.#values[REG_PC] ?? 0n;
  }

  get sp(): bigint | undefined {
    return this.#values[REG_SP];
  }

  /** A copy in which `changes` (register to value) hold. */
  with(changes: ReadonlyMap<number, bigint | undefined>): Registers {
    const copy = new Registers(this.#values);
    for (const [register, value] of changes) copy.#values[register] = value;
    return copy;
  }
}
