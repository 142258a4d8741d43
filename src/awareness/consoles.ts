/**
 * What each domain sends to its console, seen where it traps into Xen: writes to the virtual UART (vpl011) of a DomU and console_io hypercalls. What leaves
 * the physical UART while Xen handles such a trap is Xen's echo of it; everything else on that line is Xen's own.
 */

/** A console: Xen's own, or a domain's by its number. */
export type ConsoleId = 'xen' | `d${number}`;

/** What the tap looks at in a CPU, at the moment an event happens and before it takes effect. */
export interface TappedCpu {
  readonly index: number;
  readonly el: number;
  /** Next instruction (HVC) or aborting instruction. */
  readonly pc: bigint;
  /** The stack pointer in use. */
  readonly sp: bigint;
  /** SP_EL2 as an exception to EL2 will find it. */
  readonly spEl2: bigint;
  x(n: number): bigint;
  readonly vmid: number;
  /** Intermediate physical address of the last stage-2 fault: HPFAR_EL2 and the page offset of FAR_EL2. */
  readonly faultIpa: bigint;
  /** Guest memory through the present EL1&0 translation; shorter when it ends early. */
  readGuest(va: bigint, length: number): Uint8Array;
}

/** ESR_EL2.EC and ISS values of the two traps. */
const EC_HVC64 = 0x16;
const EC_DATA_ABORT_LOWER = 0x24;
const ISS_ISV = 1 << 24;
const ISS_WNR = 1 << 6;
/** Xen's hypercall immediate, and console_io with its write command (xen/include/public/xen.h). */
const XEN_HYPERCALL_TAG = 0xea1;
const HYPERVISOR_CONSOLE_IO = 18n;
const CONSOLEIO_WRITE = 0n;
/** UARTDR of the virtual UART in the guest memory map (xen/include/public/arch-arm.h, GUEST_VPL011_BASE). */
const VPL011_DATA = 0x2200_0000n;
/** Longest console_io that is believed; longer ones are cut. */
const MAX_WRITE = 0x1_0000;
/** Size of a vCPU's stack in Xen on Arm (STACK_SIZE): beyond it another vCPU has been switched to. */
const XEN_STACK_SIZE = 0x8000n;

/** A console trap that a CPU is handling. */
interface Trap {
  /** SP_EL2 when the guest trapped. */
  readonly stack: bigint;
  /** Exceptions taken at EL2 and not returned from. */
  nested: number;
}

/** A console_io write as it was last seen, to know its continuation. */
interface LastWrite {
  readonly pc: bigint;
  readonly start: bigint;
  readonly end: bigint;
}

export class ConsoleTap {
  private readonly traps: (Trap | undefined)[] = [];
  private readonly lastWrites = new Map<number, LastWrite>();

  /** `domidOf` tells whose VMID it is; `output` gets the bytes of each console as they are sent. */
  constructor(
    private readonly domidOf: (vmid: number) => number | undefined,
    private readonly output: (console: ConsoleId, bytes: Uint8Array) => void,
  ) {}

  /** Forgets what is going on (the machine was reset or another state loaded). */
  reset(): void {
    this.traps.length = 0;
    this.lastWrites.clear();
  }

  /** A synchronous exception is about to be taken to EL `target`. */
  exceptionEntry(cpu: TappedCpu, esr: number, target: number): void {
    if (target !== 2) return;
    if (cpu.el === 2) this.nest(cpu.index, 1);
    else if (this.isConsoleTrap(cpu, esr)) this.traps[cpu.index] = { stack: cpu.spEl2, nested: 0 };
    else this.traps[cpu.index] = undefined;
  }

  /** An interrupt is about to be taken to EL `target`. */
  interruptEntry(cpu: TappedCpu, target: number): void {
    if (target === 2 && cpu.el === 2) this.nest(cpu.index, 1);
  }

  /** An exception return to EL `target` is about to happen. */
  exceptionReturn(cpu: TappedCpu, target: number): void {
    if (cpu.el !== 2) return;
    if (target === 2) this.nest(cpu.index, -1);
    else this.traps[cpu.index] = undefined;
  }

  /** A byte leaves the physical UART of Xen's console. */
  serialByte(cpu: TappedCpu, byte: number): void {
    const trap = this.traps[cpu.index];
    const isEcho = trap?.nested === 0 && cpu.sp <= trap.stack && cpu.sp > trap.stack - XEN_STACK_SIZE;
    if (!isEcho) this.output('xen', Uint8Array.of(byte));
  }

  private nest(cpu: number, by: number): void {
    const trap = this.traps[cpu];
    if (trap) trap.nested += by;
  }

  /** Recognises a console trap, and passes on what the domain sent. */
  private isConsoleTrap(cpu: TappedCpu, esr: number): boolean {
    const ec = esr >>> 26;
    if (ec === EC_HVC64 && (esr & 0xffff) === XEN_HYPERCALL_TAG) return this.hypercall(cpu);
    return ec === EC_DATA_ABORT_LOWER && this.uartWrite(cpu, esr);
  }

  private hypercall(cpu: TappedCpu): boolean {
    if (cpu.x(16) !== HYPERVISOR_CONSOLE_IO || BigInt.asUintN(32, cpu.x(0)) !== CONSOLEIO_WRITE) return false;
    const domid = this.domidOf(cpu.vmid);
    if (domid === undefined) return false;
    const length = Number(BigInt.asUintN(32, cpu.x(1)));
    const write = { pc: cpu.pc, start: cpu.x(2), end: cpu.x(2) + BigInt(length) };
    if (!isContinuation(this.lastWrites.get(cpu.vmid), write)) {
      this.output(`d${domid}`, cpu.readGuest(write.start, Math.min(length, MAX_WRITE)));
    }
    this.lastWrites.set(cpu.vmid, write);
    return true;
  }

  private uartWrite(cpu: TappedCpu, esr: number): boolean {
    if (cpu.faultIpa !== VPL011_DATA || !(esr & ISS_ISV) || !(esr & ISS_WNR)) return false;
    const domid = this.domidOf(cpu.vmid);
    // Dom0 is mapped one to one: for it this address is memory.
    if (domid === undefined || domid === 0) return false;
    const register = (esr >>> 16) & 31;
    const value = register === 31 ? 0n : cpu.x(register);
    this.output(`d${domid}`, Uint8Array.of(Number(value & 0xffn)));
    return true;
  }
}

/** Xen pre-empts long writes by having the guest repeat its HVC for the rest of the same buffer. */
function isContinuation(last: LastWrite | undefined, { pc, start, end }: LastWrite): boolean {
  return last !== undefined && last.pc === pc && last.end === end && start > last.start;
}
