/** The guest's own breakpoints and watchpoints: when they match (Arm ARM D2.9, D2.10, pseudocode AArch64.BreakpointMatch and WatchpointMatch). */
import { Access, type Cpu } from './cpu.ts';
import { areDebugExceptionsOff, debugEnabled } from './exceptions-debug.ts';
import { EL } from './state.ts';
import { Mdscr } from './system-registers/bits.ts';
import { Reg } from './system-registers/offsets.ts';

const BREAKPOINTS = 6;
const WATCHPOINTS = 4;
/** The last two breakpoints can compare contexts. */
const FIRST_CONTEXT_BREAKPOINT = 4;

/** Addresses are compared in bits 48:2; an address tag plays no part. */
const ADDRESS = (1n << 49n) - 1n;

/** DBGBCR.BT: what a breakpoint compares. Odd types are linked. */
const Type = { address: 0, linkedAddress: 1, contextId: 2, vmid: 8, both: 10 } as const;

const bvr = (cpu: Cpu, n: number): bigint => cpu.state.get64(Reg.DBGBVR0_EL1 + 8 * n);
const bcr = (cpu: Cpu, n: number): number => cpu.state.get(Reg.DBGBCR0_EL1 + 8 * n);
const wvr = (cpu: Cpu, n: number): bigint => cpu.state.get64(Reg.DBGWVR0_EL1 + 8 * n);
const wcr = (cpu: Cpu, n: number): number => cpu.state.get(Reg.DBGWCR0_EL1 + 8 * n);

const typeOf = (control: number): number => (control >>> 20) & 15;
const linkOf = (control: number): number => (control >>> 16) & 15;
const isEnabled = (control: number): boolean => (control & 1) !== 0;

/** Numbers of the breakpoints and watchpoints that could match something now, whatever the exception level. */
export interface Armed {
  /** Comparing addresses. */
  readonly addresses: readonly number[];
  /** Comparing nothing but the context: unlinked. */
  readonly contexts: readonly number[];
  readonly watchpoints: readonly number[];
}

const NONE: Armed = { addresses: [], contexts: [], watchpoints: [] };

function enabled(count: number, control: (n: number) => number): number[] {
  return Array.from({ length: count }, (_, n) => n).filter((n) => isEnabled(control(n)));
}

/** What MDSCR_EL1.MDE, the locks and the enable bits leave. */
export function armed(cpu: Cpu): Armed {
  if ((cpu.state.get(Reg.MDSCR_EL1) & Mdscr.MDE) === 0 || areDebugExceptionsOff(cpu)) return NONE;
  const breakpoints = enabled(BREAKPOINTS, (n) => bcr(cpu, n));
  const types = (n: number): number => typeOf(bcr(cpu, n));
  const isUnlinkedContext = (n: number): boolean =>
    n >= FIRST_CONTEXT_BREAKPOINT && [Type.contextId, Type.vmid, Type.both].some((type) => type === types(n));
  return {
    addresses: breakpoints.filter((n) => types(n) <= Type.linkedAddress),
    contexts: breakpoints.filter(isUnlinkedContext),
    watchpoints: enabled(WATCHPOINTS, (n) => wcr(cpu, n)),
  };
}

/** Address of breakpoint `n`, bits 48:2. */
export function breakpointAddress(cpu: Cpu, n: number): bigint {
  return bvr(cpu, n) & ADDRESS & ~3n;
}

/** SSC, HMC and PMC or PAC (`privileges`: bit 0 EL1, bit 1 EL0) against a level. All guests are in Non-secure state. */
function matchesState(el: number, ssc: number, hmc: number, privileges: number): boolean {
  if (ssc === 2) return false;
  if (el === 2) return hmc !== 0;
  return (privileges & (el === 1 ? 1 : 2)) !== 0;
}

const breakpointState = (el: number, control: number): boolean =>
  matchesState(el, (control >>> 14) & 3, (control >>> 13) & 1, (control >>> 1) & 3);

/** CONTEXTIDR_EL1 and VMID as a context breakpoint of `type` (its linked bit aside) compares them: at EL0 and EL1 only. */
function matchesContext(cpu: Cpu, n: number, type: number): boolean {
  const { state } = cpu;
  if (state.get(EL) === 2) return false;
  const value = bvr(cpu, n);
  const isContext = state.get(Reg.CONTEXTIDR_EL1) === Number(value & 0xffff_ffffn);
  const isVmid = ((state.get(Reg.VTTBR_EL2 + 4) >>> 16) & 0xff) === Number((value >> 32n) & 0xffn);
  if (type === Type.contextId) return isContext;
  return type === Type.vmid ? isVmid : type === Type.both && isContext && isVmid;
}

/** The context of the breakpoint that another one, or a watchpoint, is linked to. */
function matchesLinked(cpu: Cpu, n: number): boolean {
  if (n < FIRST_CONTEXT_BREAKPOINT || n >= BREAKPOINTS) return false;
  const control = bcr(cpu, n);
  const type = typeOf(control);
  return isEnabled(control) && (type & 1) !== 0 && matchesContext(cpu, n, type & ~1);
}

/** Does one of `list`, address breakpoints that are armed, match the instruction at PC? */
export function matchesAddress(cpu: Cpu, list: readonly number[]): boolean {
  if (list.length === 0 || !debugEnabled(cpu)) return false;
  const { el, pc } = cpu.state;
  return list.some((n) => {
    const control = bcr(cpu, n);
    if (breakpointAddress(cpu, n) !== (pc & ADDRESS) || !breakpointState(el, control)) return false;
    return typeOf(control) === Type.address || matchesLinked(cpu, linkOf(control));
  });
}

/** Does one of `list`, unlinked context breakpoints that are armed, match whatever is executed now? */
export function matchesAnywhere(cpu: Cpu, list: readonly number[]): boolean {
  if (!debugEnabled(cpu)) return false;
  return list.some((n) => breakpointState(cpu.state.el, bcr(cpu, n)) && matchesContext(cpu, n, typeOf(bcr(cpu, n))));
}

/** What a watchpoint looks at. */
export interface WatchedBlock {
  /** log2 of the size of the block: 2 and 3 with byte selection, else DBGWCR.MASK. */
  readonly shift: number;
  /** First byte, bits 48:0. */
  readonly base: bigint;
  /** Bytes of the block that count, when it has 4 or 8. */
  readonly select: number;
}

/** The block of watchpoint `n`. */
export function watchedBlock(cpu: Cpu, n: number): WatchedBlock {
  const value = wvr(cpu, n) & ADDRESS;
  const mask = (wcr(cpu, n) >>> 24) & 31;
  const isWord = (value & 4n) !== 0n;
  const shift = mask > 2 ? mask : isWord ? 2 : 3;
  const select = mask > 2 ? 0xff : (wcr(cpu, n) >>> 5) & (isWord ? 15 : 0xff);
  return { shift, base: (value >> BigInt(shift)) << BigInt(shift), select };
}

/** First byte of [address, address + bytes) that the block selects. */
function firstSelected({ shift, base, select }: WatchedBlock, address: bigint, bytes: number): bigint | undefined {
  const end = base + (1n << BigInt(shift));
  for (let at = address > base ? address : base; at < address + BigInt(bytes) && at < end; at++) {
    if (((select >>> Number((at - base) & 7n)) & 1) !== 0) return at;
  }
  return undefined;
}

/** An access of `bytes` bytes (`info` as in `Access`). */
export interface WatchedAccess {
  readonly va: bigint;
  readonly bytes: number;
  readonly info: number;
}

/** The first address of an access that one of `list`, watchpoints that are armed, matches: what goes into FAR. */
export function watchpointHit(cpu: Cpu, list: readonly number[], access: WatchedAccess): bigint | undefined {
  if (!debugEnabled(cpu)) return undefined;
  const { va, bytes, info } = access;
  const { el } = cpu.state;
  const accessEl = el === 1 && (info & Access.unprivileged) !== 0 ? 0 : el;
  const kind = (info & Access.write) !== 0 ? 2 : 1;
  for (const n of list) {
    const control = wcr(cpu, n);
    const isState = matchesState(accessEl, (control >>> 14) & 3, (control >>> 13) & 1, (control >>> 1) & 3);
    if (!isState || ((control >>> 3) & kind) === 0) continue;
    if ((control & (1 << 20)) !== 0 && !matchesLinked(cpu, linkOf(control))) continue;
    const first = firstSelected(watchedBlock(cpu, n), va & ADDRESS, bytes);
    if (first !== undefined) return va + (first - (va & ADDRESS));
  }
  return undefined;
}
