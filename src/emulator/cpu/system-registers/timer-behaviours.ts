/** Generic timer registers: the state is in the timer device, TVAL is a view of CVAL (Arm ARM D11.2.4). */
import type { SysregName } from '../../../arch/sysregs.ts';
import { type Cpu, Status } from '../cpu.ts';
import { noteStreamEvents, restartStreams } from '../event-stream.ts';
import { advance } from '../exceptions-entry.ts';
import { type Behaviour, put } from './behaviours.ts';
import { Reg } from './offsets.ts';

/** Timer numbers of `Timers`. */
const CNTP = 0;
const CNTV = 1;
const CNTHP = 2;
const CNTPS = 3;

function putCount(cpu: Cpu, rtWord: number, ticks: bigint): void {
  cpu.state.u64[rtWord >>> 1] = ticks;
}

function virtualCount(cpu: Cpu): bigint {
  return BigInt.asUintN(64, cpu.host.timers.count(cpu) - cpu.state.get64(Reg.CNTVOFF_EL2));
}

function countOf(cpu: Cpu, timer: number): bigint {
  return timer === CNTV ? virtualCount(cpu) : cpu.host.timers.count(cpu);
}

/** A write may have changed the timer's interrupt or the next deadline: the machine looks before another instruction. */
function afterTimer(cpu: Cpu): Status {
  advance(cpu);
  return Status.leave;
}

function control(timer: number): Behaviour {
  return {
    read: (cpu, rtWord) => put(cpu, rtWord, cpu.host.timers.readControl(cpu, timer)),
    write(cpu, low) {
      cpu.host.timers.writeControl(cpu, timer, low);
      return afterTimer(cpu);
    },
  };
}

function compare(timer: number): Behaviour {
  return {
    read: (cpu, rtWord) => putCount(cpu, rtWord, cpu.host.timers.readCompare(cpu, timer)),
    write(cpu, low, high) {
      cpu.host.timers.writeCompare(cpu, timer, BigInt(low) | (BigInt(high) << 32n));
      return afterTimer(cpu);
    },
  };
}

/** TVAL reads CVAL - count and writes CVAL = count + SignExtend(TVAL), 32 bits. */
function timerValue(timer: number): Behaviour {
  return {
    read: (cpu, rtWord) =>
      put(cpu, rtWord, Number(BigInt.asUintN(32, cpu.host.timers.readCompare(cpu, timer) - countOf(cpu, timer)))),
    write(cpu, low) {
      const deadline = countOf(cpu, timer) + BigInt(low | 0);
      cpu.host.timers.writeCompare(cpu, timer, BigInt.asUintN(64, deadline));
      return afterTimer(cpu);
    },
  };
}

/** CNTKCTL_EL1, CNTHCTL_EL2: an event stream may begin, end or change. */
function streamControl(offset: number): Behaviour {
  return {
    write(cpu, low) {
      noteStreamEvents(cpu);
      cpu.state.set(offset, low);
      restartStreams(cpu);
      return Status.next;
    },
  };
}

/** Behaviours of the timer registers. */
export const timerBehaviours: Partial<Record<SysregName, Behaviour>> = {
  CNTPCT_EL0: { read: (cpu, rtWord) => putCount(cpu, rtWord, cpu.host.timers.count(cpu)) },
  CNTVCT_EL0: { read: (cpu, rtWord) => putCount(cpu, rtWord, virtualCount(cpu)) },
  CNTVOFF_EL2: {
    write(cpu, low, high) {
      const ticks = BigInt(low) | (BigInt(high) << 32n);
      noteStreamEvents(cpu);
      cpu.state.set64(Reg.CNTVOFF_EL2, ticks);
      cpu.host.timers.setOffset(cpu, ticks);
      return afterTimer(cpu);
    },
  },
  CNTKCTL_EL1: streamControl(Reg.CNTKCTL_EL1),
  CNTHCTL_EL2: streamControl(Reg.CNTHCTL_EL2),
  CNTP_CTL_EL0: control(CNTP),
  CNTP_CVAL_EL0: compare(CNTP),
  CNTP_TVAL_EL0: timerValue(CNTP),
  CNTV_CTL_EL0: control(CNTV),
  CNTV_CVAL_EL0: compare(CNTV),
  CNTV_TVAL_EL0: timerValue(CNTV),
  CNTHP_CTL_EL2: control(CNTHP),
  CNTHP_CVAL_EL2: compare(CNTHP),
  CNTHP_TVAL_EL2: timerValue(CNTHP),
  CNTPS_CTL_EL1: control(CNTPS),
  CNTPS_CVAL_EL1: compare(CNTPS),
  CNTPS_TVAL_EL1: timerValue(CNTPS),
};
