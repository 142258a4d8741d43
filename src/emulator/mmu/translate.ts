/** Translation without side effects, for any register values: what the debugger asks, for a CPU or for a vCPU that does not run. */
import type { CpuState } from '../cpu/state.ts';
import { captureRegisters } from './contexts.ts';
import { describeFsc } from './fault.ts';
import type { Fault } from './fault.ts';
import { isDevice } from './memory-attributes.ts';
import { currentAsid, currentVmid, Regime, regimeRegisters } from './regime.ts';
import type { RegimeRegisters } from './regime.ts';
import { Permission, Walker, Want } from './translation-table-walk.ts';
import type { WalkStep } from './translation-table-walk.ts';

export type { WalkStep } from './translation-table-walk.ts';

/** Whose eyes a translation is made with. */
export interface RegimeView {
  /** Values of the translation registers (`regimeRegisters`). */
  readonly registers: RegimeRegisters;
  /** Exception level of the access: 0 and 1 use the EL1&0 regime with its stage 2. */
  readonly el: 0 | 1 | 2;
}

/** The view of a CPU as its registers are now, from exception level `el`. */
export function liveView(state: CpuState, el: 0 | 1 | 2): RegimeView {
  const registers = regimeRegisters({});
  captureRegisters(state, el, registers);
  return { registers, el };
}

export type AccessKind = 'read' | 'write' | 'execute';

/** Where a virtual address leads. */
export interface Translated {
  readonly pa: number;
  /** Output of stage 1: the same as `pa` without stage 2. */
  readonly ipa: number;
  /** Memory type, encoded as a MAIR_ELx field, of both stages together. */
  readonly attributes: number;
  readonly shareability: number;
  readonly device: boolean;
  /** What this level may do there, both stages together. */
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  /** Bytes of the stage-1 block or page. */
  readonly blockSize: number;
}

export type Translation =
  | { readonly ok: true; readonly value: Translated }
  | { readonly ok: false; readonly fault: Fault };

/** A translation with every descriptor it read, in order; stage-2 steps stand before the stage-1 step they were needed for. */
export interface ExplainedWalk {
  readonly steps: readonly WalkStep[];
  readonly result: Translation;
  /** The outcome in words. */
  readonly summary: string;
  /** Whose translations these are; undefined for the hypervisor's own. */
  readonly guest: { readonly vmid: number; readonly asid: number } | undefined;
}

const WANT = { read: Want.read, write: Want.write, execute: Want.execute } as const;

/** Translates `va` in `memory` (the machine's linear memory); without `access` permissions are not checked. */
export function translate(memory: ArrayBuffer, view: RegimeView, va: bigint, access?: AccessKind): Translation {
  return run(new Walker(new Uint32Array(memory), undefined), view, va, access);
}

/** The same with each level's descriptor. */
export function explainWalk(memory: ArrayBuffer, view: RegimeView, va: bigint, access?: AccessKind): ExplainedWalk {
  const walker = new Walker(new Uint32Array(memory), undefined);
  const steps: WalkStep[] = [];
  walker.steps = steps;
  const result = run(walker, view, va, access);
  const guest = view.el === 2 ? undefined : { vmid: currentVmid(view.registers), asid: currentAsid(view.registers) };
  return { steps, result, summary: summarize(result), guest };
}

/** Translates an intermediate physical address of the view's stage 2. */
export function translateIpa(memory: ArrayBuffer, view: RegimeView, ipa: number, access?: AccessKind): Translation {
  const walker = new Walker(new Uint32Array(memory), undefined);
  const regime = new Regime();
  regime.decode(view.registers, 1);
  const ok = walker.translateIpa(regime, ipa, access === undefined ? 0 : WANT[access]);
  return outcome(walker, ok);
}

function run(walker: Walker, view: RegimeView, va: bigint, access: AccessKind | undefined): Translation {
  const regime = new Regime();
  regime.decode(view.registers, view.el === 2 ? 2 : 1);
  const want = (access === undefined ? 0 : WANT[access]) | (view.el === 0 ? Want.el0 : 0);
  const lo = Number(va & 0xffff_ffffn);
  const hi = Number((va >> 32n) & 0xffff_ffffn);
  return outcome(walker, walker.translate(regime, lo, hi, want, -1));
}

function outcome(walker: Walker, ok: boolean): Translation {
  const { fsc, faultStage2, faultS1ptw, ipa, pa, attributes, shareability, permissions, blockShift } = walker;
  if (!ok) return { ok: false, fault: { fsc, stage2: faultStage2, s1ptw: faultS1ptw, ipa } };
  const may = (permission: number) => (permissions & permission) !== 0;
  const value = {
    pa,
    ipa,
    attributes,
    shareability,
    device: isDevice(attributes),
    readable: may(Permission.read),
    writable: may(Permission.write),
    executable: may(Permission.execute),
    blockSize: 2 ** blockShift,
  };
  return { ok: true, value };
}

function summarize(result: Translation): string {
  if (result.ok) return `PA 0x${result.value.pa.toString(16)}`;
  const { fsc, stage2, s1ptw, ipa } = result.fault;
  if (!stage2) return `stage 1 ${describeFsc(fsc)}`;
  return `stage 2 ${describeFsc(fsc)}${s1ptw ? ' on a stage-1 walk' : ''} at IPA 0x${ipa.toString(16)}`;
}
