/** Stage-1 permissions: AP, XN, PXN of the leaf and the hierarchical bits of the tables above it (Arm ARM, "Access permissions"). */
import type { Regime } from './regime.ts';

const READ = 1;
const WRITE = 2;
const EXECUTE = 4;

/** Bits of a table descriptor's high half: APTable, UXNTable (XNTable at EL2), PXNTable. */
const TABLE_READ_ONLY = 1 << 30;
const TABLE_NO_EL0 = 1 << 29;
const TABLE_UXN = 1 << 28;
const TABLE_PXN = 1 << 27;
/** Bits of a leaf descriptor's high half. */
const UXN = 1 << 22;
const PXN = 1 << 21;
/** Bits of a leaf descriptor's low half. */
const AP_EL0 = 1 << 6;
const AP_READ_ONLY = 1 << 7;

/** `Permission` bits for EL0, or for the regime's own level. `hierarchical` is the OR of the high halves of the table descriptors. */
export function stage1Permissions(regime: Regime, lo: number, hi: number, hierarchical: number, el0: boolean): number {
  const writable = (lo & AP_READ_ONLY) === 0 && (hierarchical & TABLE_READ_ONLY) === 0;
  const uxn = (hi & UXN) !== 0 || (hierarchical & TABLE_UXN) !== 0;
  if (regime.kind === 2) return permissions(regime, true, writable, !uxn);
  const el0Access = (lo & AP_EL0) !== 0 && (hierarchical & TABLE_NO_EL0) === 0;
  if (el0) return permissions(regime, el0Access, el0Access && writable, !uxn);
  const pxn = (hi & PXN) !== 0 || (hierarchical & TABLE_PXN) !== 0;
  // What EL0 can write, EL1 never executes.
  return permissions(regime, true, writable, !pxn && !(el0Access && writable));
}

function permissions(regime: Regime, read: boolean, write: boolean, execute: boolean): number {
  const mayExecute = execute && !(regime.writeImpliesNoExecute && write);
  return (read ? READ : 0) | (write ? WRITE : 0) | (mayExecute ? EXECUTE : 0);
}
