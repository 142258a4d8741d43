/** Fault status codes of MMU aborts (Arm ARM, ISS encoding of data and instruction aborts, DFSC/IFSC). */

/** First code of each kind; the lookup level (0-3) is added where the architecture has one. */
export const Fsc = {
  addressSize: 0x00,
  translation: 0x04,
  accessFlag: 0x08,
  permission: 0x0c,
  syncExternal: 0x10,
  /** Synchronous External abort on a translation table walk. */
  externalOnWalk: 0x14,
  alignment: 0x21,
  /** A watchpoint: no fault of the access, but reported as one. */
  debug: 0x22,
} as const;

/** Stands for "no fault" where a status code is expected. */
export const NO_FAULT = -1;

/** A translation that failed. */
export interface Fault {
  /** DFSC/IFSC, 6 bits, the level included. */
  readonly fsc: number;
  /** True when stage 2 failed: the abort is taken to EL2. */
  readonly stage2: boolean;
  /** Stage 2 failed while a stage-1 descriptor was fetched (ISS.S1PTW). */
  readonly s1ptw: boolean;
  /** Intermediate physical address for HPFAR_EL2; meaningful when `stage2`. */
  readonly ipa: number;
  /** Address that a watchpoint matched; given when `fsc` is `Fsc.debug`. */
  readonly watched?: bigint;
}

/** Names a status code in the words of the Arm ARM, for people. */
export function describeFsc(fsc: number): string {
  if (fsc === Fsc.debug) return 'watchpoint';
  if (fsc === Fsc.alignment) return 'alignment fault';
  if (fsc === Fsc.syncExternal) return 'synchronous external abort';
  const kinds: Record<number, string> = {
    [Fsc.addressSize]: 'address size fault',
    [Fsc.translation]: 'translation fault',
    [Fsc.accessFlag]: 'access flag fault',
    [Fsc.permission]: 'permission fault',
    [Fsc.externalOnWalk]: 'external abort on translation table walk',
  };
  return `${kinds[fsc & ~3] ?? `fault status ${fsc}`}, level ${fsc & 3}`;
}
