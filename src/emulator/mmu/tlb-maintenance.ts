/** TLBI instructions. A superset of what is asked for may be forgotten, never less. */
import { Status } from '../cpu/cpu.ts';
import type { Cpu } from '../cpu/cpu.ts';
import { advance } from '../cpu/exceptions-entry.ts';
import { EL } from '../cpu/state.ts';
import { Reg } from '../cpu/system-registers/offsets.ts';
import type { MmuCore } from './core.ts';
import type { TlbContext } from './tlb.ts';

/** HCR_EL2.FB: EL1's own invalidations are broadcast. */
const HCR_FB = 1 << 9;
/** HCR_EL2.VM and DC. */
const HCR_STAGE2 = 1 | (1 << 12);

type Action = (context: TlbContext) => void;

/** Carries out TLBI `encoding` (op0:op1:CRn:CRm:op2). */
export function tlbMaintenance(core: MmuCore, cpu: Cpu, encoding: number, rt: number): Status {
  const op1 = (encoding >>> 11) & 7;
  const operation = encoding & 7;
  const lo = cpu.state.u32[2 * rt];
  const hi = cpu.state.u32[2 * rt + 1];
  // Bits 43:0 are VA[55:12], bits 63:48 the ASID.
  const vaLo = (lo << 12) >>> 0;
  const vaHi = ((hi & 0xfff) << 12) | (lo >>> 20);
  if (op1 === 0) forEachContext(core, cpu, encoding, el1Action(cpu, operation, vaLo, vaHi, hi >>> 16));
  else if (op1 === 4) forEachContext(core, cpu, encoding, el2Action(core, cpu, encoding, vaLo, vaHi));
  // The instructions that follow must be fetched through the fetch TLB as it is now.
  advance(cpu);
  return Status.resync;
}

/** Acts on the contexts of this CPU, or of all for the Inner Shareable forms. */
function forEachContext(core: MmuCore, cpu: Cpu, encoding: number, action: Action): void {
  const broadcast = isBroadcast(cpu, (encoding >>> 3) & 15);
  for (const set of core.sets) {
    if (!broadcast && set !== core.sets[cpu.index]) continue;
    for (const context of set.contexts) if (context.inUse) action(context);
  }
}

/** CRm 3 and 0 (stage 2) are the Inner Shareable forms. */
function isBroadcast(cpu: Cpu, crm: number): boolean {
  if (crm === 3 || crm === 0) return true;
  return cpu.state.u32[EL >>> 2] === 1 && (cpu.state.u32[Reg.HCR_EL2 >>> 2] & HCR_FB) !== 0;
}

function vmid(cpu: Cpu): number {
  return (cpu.state.u32[(Reg.VTTBR_EL2 >>> 2) + 1] >>> 16) & 0xff;
}

/** VMALLE1, VAE1, ASIDE1, VAAE1, VALE1, VAALE1. By address, the ASID is ignored: global entries match every one. */
function el1Action(cpu: Cpu, operation: number, vaLo: number, vaHi: number, asid: number): Action {
  const id = vmid(cpu);
  const anyVmid = (cpu.state.u32[Reg.HCR_EL2 >>> 2] & HCR_STAGE2) === 0;
  return (context) => {
    // Entries made without stage 2, or asked about without it, may belong to any VMID.
    if (context.el === 2 || !(anyVmid || !context.regime.stage2 || context.vmid === id)) return;
    if (operation === 0) context.flush();
    else if (operation !== 2) context.purge(vaLo, vaHi);
    else if (((context.asid ^ asid) & 0xff) === 0) context.flush();
  };
}

/** ALLE2, VAE2, VALE2, ALLE1, VMALLS12E1, and with CRm 0 or 4 IPAS2E1 and IPAS2LE1, which forget the whole VMID. */
function el2Action(core: MmuCore, cpu: Cpu, encoding: number, vaLo: number, vaHi: number): Action {
  const crm = (encoding >>> 3) & 15;
  const operation = encoding & 7;
  if (operation === 6 || crm === 0 || crm === 4) return vmidAction(core, vmid(cpu));
  if (operation === 4) core.cache.clear();
  return (context) => {
    if ((context.el === 2) === (operation === 4)) return;
    if (operation === 1 || operation === 5) context.purge(vaLo, vaHi);
    else context.flush();
  };
}

/** Both stages of one VMID. */
function vmidAction(core: MmuCore, id: number): Action {
  core.cache.invalidateVmid(id);
  return (context) => {
    if (context.el !== 2 && (!context.regime.stage2 || context.vmid === id)) context.flush();
  };
}
