/** One handler for each encoding of op0 2 and 3, found by index: MRS and MSR are frequent. */
import {
  isReservedId,
  SYSTEM_REGISTERS,
  type SystemRegister,
  type SysregName,
  sysregEncoding,
} from '../../../arch/sysregs.ts';
import { type Check } from './access.ts';
import { type Behaviour, coreBehaviours, type Read, type Write } from './behaviours.ts';
import { checkOf, idGroup3 } from './checks.ts';
import { debugBehaviours } from './debug-behaviours.ts';
import { Reg } from './offsets.ts';
import { pmuBehaviours } from './pmu-behaviours.ts';
import { timerBehaviours } from './timer-behaviours.ts';

/** How MRS and MSR treat one register. */
export interface Handler {
  readonly name: string;
  /** Lowest levels for reading and writing; 4: never. */
  readonly readEl: number;
  readonly writeEl: number;
  /** Index of the low word in the state block; used where there is no `read` or `write`. */
  readonly word: number;
  /** Writable bits by half, and what the others read as. */
  readonly writableLow: number;
  readonly writableHigh: number;
  readonly fixedLow: number;
  readonly check: Check | undefined;
  readonly read: Read | undefined;
  readonly write: Write | undefined;
}

const behaviours: Partial<Record<SysregName, Behaviour>> = {
  ...coreBehaviours,
  ...timerBehaviours,
  ...debugBehaviours,
  ...pmuBehaviours,
};

const low = (value: bigint): number => Number(value & 0xffff_ffffn);
const high = (value: bigint): number => Number(value >> 32n);

function handlerOf(register: SystemRegister<SysregName>): Handler {
  const { name, readEl, writeEl, writable, reset } = register;
  return {
    name,
    readEl,
    writeEl,
    word: Reg[name] >>> 2,
    writableLow: low(writable),
    writableHigh: high(writable),
    fixedLow: low(reset & ~writable),
    check: checkOf(name),
    read: behaviours[name]?.read,
    write: behaviours[name]?.write,
  };
}

/** An identification register that later architectures define: reads as zero. */
function reservedId(): Handler {
  const none = { writableLow: 0, writableHigh: 0, fixedLow: 0, read: undefined, write: undefined };
  // SLOT_ZERO is word 62 of the block.
  return { name: 'reserved ID', readEl: 1, writeEl: 4, word: 62, check: idGroup3, ...none };
}

function buildTable(): readonly (Handler | undefined)[] {
  const table = Array.from<Handler | undefined>({ length: 0x1_0000 }).fill(undefined);
  for (const register of SYSTEM_REGISTERS) table[register.encoding] = handlerOf(register);
  const first = sysregEncoding(3, 0, 0, 0, 0);
  for (let encoding = first; encoding < first + 0x80; encoding++) {
    if (isReservedId(encoding)) table[encoding] = reservedId();
  }
  return table;
}

/** Handlers by 16-bit encoding. */
export const handlers = buildTable();
