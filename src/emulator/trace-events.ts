/**
 * Kinds of events the machine writes into its trace ring, and what their 64-bit argument holds. The pc, EL, VMID and ASID recorded with an event
 * are those *before* it took effect: for an exception, where it was taken from.
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
} as const;
export type TraceKind = (typeof TraceKind)[keyof typeof TraceKind];
