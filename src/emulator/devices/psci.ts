/** Power State Coordination Interface 1.0 (DEN 0022), as the board's firmware answers it by SMC. */
import { type Cpu, Status } from '../cpu/cpu.ts';
import { pendingInterrupts } from '../cpu/exceptions-interrupt.ts';
import { SLEEP } from '../cpu/state.ts';
import { CPU_COUNT } from '../memory-layout.ts';
import { TraceKind } from '../trace-events.ts';

/** What the firmware asks of the machine. */
export interface PsciHost {
  /** Is CPU `index` powered (running or asleep in WFI)? */
  isCpuOn(index: number): boolean;
  /** Powers CPU `index` up: reset, EL2, PC at physical address `entry`, X0 = `contextId`. */
  startCpu(index: number, entry: bigint, contextId: bigint): void;
  /** Powers CPU `index` down; it retires nothing until it is started again. */
  stopCpu(index: number): void;
  systemOff(): void;
  systemReset(): void;
}

/** Results, in X0. */
const PsciResult = {
  success: 0n,
  notSupported: -1n,
  invalidParameters: -2n,
  alreadyOn: -4n,
  invalidAddress: -9n,
} as const;

/** Function numbers; 0x8400_0000 (SMC32) or 0xC400_0000 (SMC64) comes on top. */
const Fn = {
  VERSION: 0,
  CPU_SUSPEND: 1,
  CPU_OFF: 2,
  CPU_ON: 3,
  AFFINITY_INFO: 4,
  MIGRATE_INFO_TYPE: 6,
  SYSTEM_OFF: 8,
  SYSTEM_RESET: 9,
  PSCI_FEATURES: 10,
} as const;

const SMC32 = 0x8400_0000;
const SMC64 = 0xc400_0000;
const VERSION_1_0 = 0x1_0000n;
/** MIGRATE_INFO_TYPE: no Trusted OS that would have to migrate. */
const NO_TRUSTED_OS = 2n;
const AFFINITY_ON = 0n;
const AFFINITY_OFF = 1n;

/** Functions that take addresses or affinities exist as SMC32 and SMC64, the others as SMC32 only. */
const WITH_SMC64: readonly number[] = [Fn.CPU_SUSPEND, Fn.CPU_ON, Fn.AFFINITY_INFO];
const FUNCTIONS: readonly number[] = Object.values(Fn);

function isSupported(id: number): boolean {
  const fn = id & 0xffff;
  if (!FUNCTIONS.includes(fn)) return false;
  return id === SMC32 + fn || (id === SMC64 + fn && WITH_SMC64.includes(fn));
}

/** True for a function identifier of PSCI's range. */
export function isPsciCall(id: number): boolean {
  return (id & 0xbfff_ffe0) >>> 0 === SMC32;
}

class Call {
  readonly #is64: boolean;

  constructor(
    readonly cpu: Cpu,
    readonly host: PsciHost,
    readonly id: number,
  ) {
    this.#is64 = (id & 0x4000_0000) !== 0;
  }

  argument(n: number): bigint {
    const value = this.cpu.state.x(n);
    return this.#is64 ? value : BigInt.asUintN(32, value);
  }

  /** Index of the CPU whose MPIDR affinity fields are in argument 1, or -1. */
  target(): number {
    const affinity = this.argument(1);
    return affinity < BigInt(CPU_COUNT) ? Number(affinity) : -1;
  }

  done(result: bigint): Status {
    this.cpu.state.setX(0, BigInt.asUintN(64, result));
    return Status.resync;
  }
}

function cpuOn(call: Call): Status {
  const index = call.target();
  const entry = call.argument(2);
  if (index < 0) return call.done(PsciResult.invalidParameters);
  if (call.host.isCpuOn(index)) return call.done(PsciResult.alreadyOn);
  if ((entry & 3n) !== 0n) return call.done(PsciResult.invalidAddress);
  const started = call.cpu.host.cpus[index];
  call.host.startCpu(index, entry, call.argument(3));
  call.cpu.host.trace(
    started,
    TraceKind.cpuOn,
    Number(BigInt.asUintN(32, entry)),
    Number(BigInt.asUintN(32, entry >> 32n)),
  );
  call.done(PsciResult.success);
  return Status.leave;
}

function cpuOff(call: Call): Status {
  call.cpu.host.trace(call.cpu, TraceKind.cpuOff, 0, 0);
  call.host.stopCpu(call.cpu.index);
  return Status.leave;
}

/** Every power state is entered as standby, which a power-down request may be degraded to: the CPU waits for an interrupt. */
function cpuSuspend(call: Call): Status {
  if ((call.argument(1) & 0xfffe_0000n) !== 0n) return call.done(PsciResult.invalidParameters);
  call.done(PsciResult.success);
  if (pendingInterrupts(call.cpu) !== 0) return Status.resync;
  call.cpu.host.trace(call.cpu, TraceKind.wfi, 0, 0);
  call.cpu.state.set(SLEEP, 1);
  return Status.leave;
}

function affinityInfo(call: Call): Status {
  if (call.argument(2) !== 0n) return call.done(AFFINITY_ON);
  const index = call.target();
  if (index < 0) return call.done(PsciResult.invalidParameters);
  return call.done(call.host.isCpuOn(index) ? AFFINITY_ON : AFFINITY_OFF);
}

function features(call: Call): Status {
  const id = Number(BigInt.asUintN(32, call.argument(1)));
  return call.done(isSupported(id) ? PsciResult.success : PsciResult.notSupported);
}

function leaveAfter(action: () => void): Status {
  action();
  return Status.leave;
}

const run: Readonly<Record<number, (call: Call) => Status>> = {
  [Fn.VERSION]: (call) => call.done(VERSION_1_0),
  [Fn.CPU_SUSPEND]: cpuSuspend,
  [Fn.CPU_OFF]: cpuOff,
  [Fn.CPU_ON]: cpuOn,
  [Fn.AFFINITY_INFO]: affinityInfo,
  [Fn.MIGRATE_INFO_TYPE]: (call) => call.done(NO_TRUSTED_OS),
  [Fn.SYSTEM_OFF]: (call) => leaveAfter(() => call.host.systemOff()),
  [Fn.SYSTEM_RESET]: (call) => leaveAfter(() => call.host.systemReset()),
  [Fn.PSCI_FEATURES]: features,
};

/** Answers a PSCI call: function in W0, arguments in X1-X3, result in X0. PC is past the SMC. */
export function psciCall(cpu: Cpu, host: PsciHost): Status {
  const id = Number(BigInt.asUintN(32, cpu.state.x(0)));
  const call = new Call(cpu, host, id);
  return isSupported(id) ? run[id & 0xffff](call) : call.done(PsciResult.notSupported);
}
