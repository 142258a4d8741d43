/**
 * Writes the instruction trace of one CPU as the ETM of a Cortex-A53 would: ETMv4.0, 64-bit addresses, virtual context ID (VMID, 8 bits) and context ID, no return stack
 * (Arm IHI 0064, chapter 6; DDI 0500 chapter 13).
 */
import { type InstructionClass, instructionClass } from './instruction-class.ts';

/** Who executes. */
export interface EtmContext {
  readonly el: number;
  readonly vmid: number;
  /** CONTEXTIDR_EL1. */
  readonly contextId: number;
}

/** Exception types of AArch64 (IHI 0064 table 6-8). */
export const EtmException = {
  reset: 0,
  debugHalt: 1,
  call: 2,
  trap: 3,
  systemError: 4,
  instructionDebug: 6,
  dataDebug: 7,
  alignment: 10,
  instructionFault: 11,
  dataFault: 12,
  irq: 14,
  fiq: 15,
} as const;

const TRACE_ON = 0x04;
const EXCEPTION = 0x06;
const CONTEXT = 0x81;
const ADDRESS_64_IS0 = 0x9d;
const ADDRESS_CONTEXT_64_IS0 = 0x85;
/** Context information: 64-bit, Non-secure, with VMID and context ID; EL in bits 1:0. */
const CONTEXT_INFO = 0xf0;
/** Most atoms of one packet of format 6: E's, and the last which may be an N. */
const MAX_ATOMS = 24;
const MIN_FORMAT_6 = 4;

export class EtmEncoder {
  private bytes = new Uint8Array(1 << 16);
  private length = 0;
  /** E atoms that wait for a packet. */
  private takens = 0;
  private told: EtmContext | undefined;
  private pending: { readonly pc: bigint; readonly kind: InstructionClass } | undefined;
  private isOn = false;

  constructor() {
    this.put(...Array.from({ length: 11 }, () => 0), 0x80);
    // Trace info: PLCTL = 1, INFO = 0 (no cycle counts, no conditional trace).
    this.put(0x01, 0x01, 0x00);
  }

  /** The instruction at `pc` is about to be executed. */
  step(pc: bigint, word: number, context: EtmContext): void {
    if (!this.isOn) this.begin(pc, context);
    else this.arrive(pc, context);
    this.pending = { pc, kind: instructionClass(word) };
  }

  /** An exception is taken; `returnAddress` is the preferred one, and all before it was executed. */
  exception(type: number, returnAddress: bigint, context: EtmContext): void {
    if (!this.isOn) return;
    this.arrive(returnAddress, context);
    this.flushAtoms();
    this.put(EXCEPTION, 0x01 | (type << 1));
    this.address(returnAddress);
    this.pending = undefined;
    this.awaitsTarget = true;
  }

  /** What is executed from now on is not traced, until the next `step`. */
  pause(): void {
    this.flushAtoms();
    this.isOn = false;
    this.pending = undefined;
    this.awaitsTarget = false;
  }

  /** The trace so far. */
  finish(): Uint8Array {
    this.flushAtoms();
    return this.bytes.slice(0, this.length);
  }

  /** The next instruction is the exception's vector. */
  private awaitsTarget = false;

  private begin(pc: bigint, context: EtmContext): void {
    this.flushAtoms();
    this.put(TRACE_ON);
    this.addressAndContext(pc, context);
    this.isOn = true;
  }

  /** Execution has reached `pc`: what the last instruction did is known. */
  private arrive(pc: bigint, context: EtmContext): void {
    if (this.awaitsTarget) {
      this.awaitsTarget = false;
      this.addressAndContext(pc, context);
      return;
    }
    const { pending } = this;
    if (!pending) return;
    const isNext = pc === BigInt.asUintN(64, pending.pc + 4n);
    if (pending.kind === 'other') {
      if (!isNext) this.begin(pc, context);
      return;
    }
    this.branch(pending.kind, isNext, pc, context);
    // A register that was written counts from the barrier on: whoever reads the trace has the instructions before it in one piece with the last branch.
    if (!this.isTold(context)) this.tell(context);
  }

  private branch(kind: InstructionClass, isNext: boolean, pc: bigint, context: EtmContext): void {
    this.atom(kind !== 'conditional' || !isNext);
    if (kind !== 'indirect') return;
    this.flushAtoms();
    if (this.isTold(context)) {
      this.put(ADDRESS_64_IS0);
      this.addressBytes(pc);
    } else this.addressAndContext(pc, context);
  }

  private isTold({ el, vmid, contextId }: EtmContext): boolean {
    const { told } = this;
    return told !== undefined && told.el === el && told.vmid === vmid && told.contextId === contextId;
  }

  private tell(context: EtmContext): void {
    this.flushAtoms();
    this.put(CONTEXT);
    this.contextBytes(context);
  }

  private atom(isTaken: boolean): void {
    if (isTaken) {
      this.takens++;
      if (this.takens === MAX_ATOMS) this.flushAtoms();
      return;
    }
    this.flushWith(false);
  }

  private flushAtoms(): void {
    if (this.takens === 0) return;
    this.takens--;
    this.flushWith(true);
  }

  /** The waiting E atoms and one more. Format 6 for many, 1 to 3 for few; the first atom is in bit 0. */
  private flushWith(isTaken: boolean): void {
    const count = this.takens + 1;
    const bits = ((1 << this.takens) - 1) | (isTaken ? 1 << this.takens : 0);
    this.takens = 0;
    if (count >= MIN_FORMAT_6) this.put(0xc0 | (isTaken ? 0 : 0x20) | (count - MIN_FORMAT_6));
    else this.put([0, 0xf6, 0xd8, 0xf8][count] | bits);
  }

  private address(pc: bigint): void {
    this.put(ADDRESS_64_IS0);
    this.addressBytes(pc);
  }

  private addressAndContext(pc: bigint, context: EtmContext): void {
    this.flushAtoms();
    this.put(ADDRESS_CONTEXT_64_IS0);
    this.addressBytes(pc);
    this.contextBytes(context);
  }

  /** Bits 8:2 and 15:9 in seven bits each, then whole bytes. */
  private addressBytes(pc: bigint): void {
    const low = Number(pc & 0xffff_ffffn);
    const high = Number((pc >> 32n) & 0xffff_ffffn);
    this.put((low >>> 2) & 0x7f, (low >>> 9) & 0x7f, (low >>> 16) & 0xff, low >>> 24);
    this.put(high & 0xff, (high >>> 8) & 0xff, (high >>> 16) & 0xff, high >>> 24);
  }

  private contextBytes(context: EtmContext): void {
    const { el, vmid, contextId } = context;
    this.told = context;
    this.put(CONTEXT_INFO | el, vmid);
    this.put(contextId & 0xff, (contextId >>> 8) & 0xff, (contextId >>> 16) & 0xff, contextId >>> 24);
  }

  private put(...values: readonly number[]): void {
    if (this.length + values.length > this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    for (const value of values) this.bytes[this.length++] = value;
  }
}
