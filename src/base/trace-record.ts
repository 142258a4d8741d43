/**
 * The records of the trace: what the machine writes into its ring and everybody behind it reads.
 *
 * A record is eight 32-bit words:
 *
 * | word | contents |
 * |---|---|
 * | 0 | time 31:0 |
 * | 1 | time 47:32 in 15:0, ASID in 31:16 |
 * | 2 | instructions 31:0 |
 * | 3 | instructions 45:32 in 13:0, kind in 19:14, pCPU in 21:20, EL in 23:22, VMID in 31:24 |
 * | 4, 5 | pc |
 * | 6, 7 | argument |
 *
 * Time is the virtual time of the pCPU in ns; instructions are those that all pCPUs together have retired.
 */

/**
 * Kinds of events, and what their 64-bit argument holds. The pc, EL, VMID and ASID recorded with an event are those *before* it took effect: for an
 * exception, where it was taken from.
 */
export const TraceKind = {
  /** Synchronous exception. Argument: ESR in 31:0, target EL in 33:32, vector offset in 59:48. */
  exceptionEntry: 1,
  /** IRQ, FIQ or SError. Argument: as above, with ESR 0 (SError has one); bit 40 set when it is a virtual one. */
  interruptEntry: 2,
  /** ERET. Argument: ELR bits 55:0 in 55:0, target EL in 57:56, illegal return in bit 63. */
  exceptionReturn: 3,
  /** The register's new value. */
  vttbrWrite: 4,
  ttbr0Write: 5,
  ttbr1Write: 6,
  contextidrWrite: 7,
  /** CPU goes to sleep in WFI or WFE. Argument 0. */
  wfi: 8,
  wfe: 9,
  /** CPU left WFI or WFE. Argument 0. */
  wake: 10,
  /** SMC that the machine's firmware answered. Argument: function identifier (W0). */
  firmwareCall: 11,
  /** CPU powered up. Argument: entry point. */
  cpuOn: 12,
  /** CPU powered down. Argument 0. */
  cpuOff: 13,
  /** EL2's own TTBR0. Argument: new value. */
  ttbr0El2Write: 14,
  /** What an exception is about; follows the `exceptionEntry` it belongs to. See `detailOf` in the machine: for HVC X16 in 31:0 and X0 in 63:32, for SVC X8 and
   * X0 likewise, for SMC W0, for an abort taken to EL2 the IPA (when HPFAR_EL2 is valid), for another abort FAR. */
  exceptionDetail: 15,
  /** VMPIDR_EL2, by which a guest knows its vCPU's number. Argument: new value. */
  vmpidrWrite: 16,
  /** The signal of an interrupt source changed. Argument: INTID in 15:0, level in bit 16. */
  interruptLine: 17,
  /** GICC_IAR was read. Argument: INTID in 9:0, source CPU of an SGI in 12:10; 1023 is spurious. */
  interruptAcknowledge: 18,
  /** GICC_EOIR was written. Argument as above. */
  interruptEnd: 19,
  /** GICC_DIR was written, or a guest ended a hardware interrupt (bit 16 set). Argument: INTID in 15:0. */
  interruptDeactivate: 20,
  /** GICH_LR<n> was written. Argument: value in 31:0, n in 35:32. */
  listRegisterWrite: 21,
  /** GICV_IAR was read. Argument: virtual INTID in 9:0, source CPU in 12:10; 1023 is spurious. */
  guestAcknowledge: 22,
  /** GICV_EOIR was written. Argument as above. */
  guestEnd: 23,
  /** GICD_SGIR was written. Argument: value. */
  softwareInterrupt: 24,
  /** A byte left a serial port. Argument: byte in 7:0, port in 15:8. */
  serialOutput: 25,
  /** A byte came in at a serial port. Argument as above. */
  serialInput: 26,
  /** A debugger stopped the machine, or logged something. Argument: number of its text in 31:0, of its `MarkerKind` in 63:32. */
  stop: 27,
  /** A probed function was entered. Argument: probe in 31:0, number of arguments that follow in 63:32. */
  probeEntry: 28,
  /** One argument of a probed function, X0 first. */
  probeArgument: 29,
  /** A probed function returned. Argument: probe in 31:0, low half of X0 in 63:32. */
  probeReturn: 30,
  /** The hypervisor changes vCPUs. Argument: previous in 31:0, next in 63:32, each as `domid << 16 | vcpu`. */
  contextSwitch: 31,
  /** What the previous vCPU of a `contextSwitch` is now, or what any vCPU has become. Argument: vCPU in 31:0, runstate in 63:32. */
  runstate: 32,
  /** A guest kernel changes tasks. Argument: pid of the next in 31:0, its name's number in 63:32. */
  taskSwitch: 33,
  /** A store to the System Trace Macrocell. Argument: value in 31:0, stimulus port in 47:32, log2 of bytes in 49:48, flags in 63:56. */
  stimulus: 34,
  /**
   * Follow a `contextSwitch` (at EL2) or `taskSwitch` (at EL1): the time by the scheduler's own clock at which the turn of the previous ended, and from which
   * that of the next counts. Argument: ns.
   */
  turnEnd: 35,
  turnBegin: 36,
} as const;
export type TraceKind = (typeof TraceKind)[keyof typeof TraceKind];

/** Words of a record. */
export const RECORD_WORDS = 8;

/** Reads records out of words; `at` is the index of a record's first word. */
export const TraceRecord = {
  /** Virtual time of the pCPU, ns. */
  time: (words: Uint32Array, at: number): number => words[at] + (words[at + 1] & 0xffff) * 2 ** 32,
  instructions: (words: Uint32Array, at: number): number => words[at + 2] + (words[at + 3] & 0x3fff) * 2 ** 32,
  kind: (words: Uint32Array, at: number): number => (words[at + 3] >>> 14) & 0x3f,
  cpu: (words: Uint32Array, at: number): number => (words[at + 3] >>> 20) & 3,
  el: (words: Uint32Array, at: number): number => (words[at + 3] >>> 22) & 3,
  vmid: (words: Uint32Array, at: number): number => words[at + 3] >>> 24,
  asid: (words: Uint32Array, at: number): number => words[at + 1] >>> 16,
  pc: (words: Uint32Array, at: number): bigint => (BigInt(words[at + 5]) << 32n) | BigInt(words[at + 4]),
  low: (words: Uint32Array, at: number): number => words[at + 6],
  high: (words: Uint32Array, at: number): number => words[at + 7],
  argument: (words: Uint32Array, at: number): bigint => (BigInt(words[at + 7]) << 32n) | BigInt(words[at + 6]),
} as const;
