/** A CPU with real state, real system registers and exceptions, and a host that only records: for tests below the instruction loop. */
import { type Cpu, type CpuHost, type Mmu, Status, type Timers } from '../emulator/cpu/cpu.ts';
import { exceptions } from '../emulator/cpu/exceptions.ts';
import { selectStack } from '../emulator/cpu/exceptions-entry.ts';
import { updateFpTrap } from '../emulator/cpu/fp-access.ts';
import { CpuState, DAIF, SLOT_ZERO } from '../emulator/cpu/state.ts';
import { Reg, type StoredName } from '../emulator/cpu/system-registers/offsets.ts';
import { resetCpuState } from '../emulator/cpu/system-registers/reset.ts';
import { systemRegisters } from '../emulator/cpu/system-registers/system-registers.ts';
import { sysregEncoding, sysregNamed } from '../arch/sysregs.ts';

/** Four state blocks and the page of address 0. */
const PAGES = 4;

/** Where code "runs": instructions are not fetched, PC only has to be recognisable. */
export const CODE = 0x8000_1000n;

class FakeTimers implements Timers {
  ticks = 0n;
  offset = 0n;
  readonly control = [0, 0, 0, 0];
  readonly compare = [0n, 0n, 0n, 0n];
  count = (): bigint => this.ticks;
  setOffset = (_cpu: Cpu, ticks: bigint): void => void (this.offset = ticks);
  readControl = (_cpu: Cpu, timer: number): number => this.control[timer];
  writeControl = (_cpu: Cpu, timer: number, value: number): void => void (this.control[timer] = value);
  readCompare = (_cpu: Cpu, timer: number): bigint => this.compare[timer];
  writeCompare = (_cpu: Cpu, timer: number, value: bigint): void => void (this.compare[timer] = value);
}

/** What happened to the CPU, and the parts a test may turn. */
export class SystemCpu {
  readonly cpu: Cpu;
  readonly timers = new FakeTimers();
  readonly traced: { kind: number; argument: bigint }[] = [];
  readonly unmodelled: string[] = [];
  readonly sysInstructions: number[] = [];
  contextSelections = 0;
  smcCount = 0;
  /** Level of the performance monitors' interrupt. */
  pmuInterrupt = false;
  /** Virtual time, ns. */
  time = 0;

  constructor(index = 0) {
    const memory = new WebAssembly.Memory({ initial: PAGES });
    const state = new CpuState(memory.buffer, index);
    const host = this.#host();
    this.cpu = { index, state, memory: memory.buffer, mmu: this.#mmu(), sys: systemRegisters, exceptions, host };
    Object.assign(host, { cpus: [this.cpu] });
    resetCpuState(state, CODE, 0n);
  }

  #mmu(): Mmu {
    return {
      data: () => 0,
      fetch: () => 0,
      selectContext: () => void this.contextSelections++,
      sys: (_cpu, encoding) => {
        this.sysInstructions.push(encoding);
        return Status.next;
      },
    };
  }

  #host(): CpuHost {
    return {
      cpus: [],
      now: () => this.time,
      firmware: () => {
        this.smcCount++;
        return Status.resync;
      },
      busRead: () => 0,
      busWrite: () => undefined,
      timers: this.timers,
      trace: (_cpu, kind, low, high) => {
        const argument = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
        this.traced.push({ kind, argument });
      },
      codeWritten: () => undefined,
      debugChanged: () => false,
      pmuChanged: (_cpu, interrupt) => void (this.pmuInterrupt = interrupt),
      unmodelled: (_cpu, what) => void this.unmodelled.push(what),
    };
  }

  get state(): CpuState {
    return this.cpu.state;
  }

  /** Puts the CPU into an exception level with its own stack pointer (EL0: SP_EL0), PC at `CODE`, DAIF clear. */
  enter(el: number, spsel = el === 0 ? 0 : 1): this {
    selectStack(this.state, el, spsel);
    this.state.set(DAIF, 0);
    this.state.pc = CODE;
    updateFpTrap(this.state);
    return this;
  }

  /** Stored value of a register, without any access rule. */
  reg(name: StoredName): bigint {
    return this.state.get64(Reg[name]);
  }
  setReg(name: StoredName, value: bigint): this {
    this.state.set64(Reg[name], value);
    updateFpTrap(this.state);
    return this;
  }

  /** MRS X5, name. */
  mrs(name: string): Status {
    return this.cpu.sys.mrs(this.cpu, encodingOf(name), 5);
  }
  /** MSR name, X5. */
  msr(name: string, value: bigint): Status {
    this.state.setX(5, value);
    return this.cpu.sys.msr(this.cpu, encodingOf(name), 5);
  }
  /** MSR then MRS; the value read back. */
  writeRead(name: string, value: bigint): bigint {
    this.msr(name, value);
    this.mrs(name);
    return this.state.x(5);
  }
  /** SYS #op1, CRn, CRm, #op2, XZR. */
  sys(op1: number, crn: number, crm: number, op2: number): Status {
    return this.cpu.sys.sys(this.cpu, sysregEncoding(1, op1, crn, crm, op2), SLOT_ZERO, 0);
  }

  /** Level and ESR of the last exception, as `EL2 0x62000000`; `none` while PC has not left `CODE`. */
  get taken(): string {
    const { pc, el } = this.state;
    if (pc === CODE || pc === CODE + 4n) return 'none';
    return `EL${el} 0x${this.reg(el === 2 ? 'ESR_EL2' : 'ESR_EL1').toString(16)}`;
  }
}

/** Encoding of a register in the table; a test that names none is wrong. */
export function encodingOf(name: string): number {
  const register = sysregNamed(name);
  if (register === undefined) throw new Error(`no system register ${name}`);
  return register.encoding;
}
