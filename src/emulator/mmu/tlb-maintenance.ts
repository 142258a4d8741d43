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

type Match = (context: TlbContext) => boolean;

/** Carries out TLBI `encoding` (op0:op1:CRn:CRm:op2). */
export function tlbMaintenance(core: MmuCore, cpu: Cpu, encoding: number, rt: number): Status {
  const op1 = (encoding >>> 11) & 7;
  const operation = encoding & 7;
  const contexts = affectedContexts(core, cpu, encoding);
  if (op1 === 0) invalidateEl1(contexts, cpu, operation, cpu.state.u32[2 * rt], cpu.state.u32[2 * rt + 1]);
  else if (op1 === 4 && isStage2Operation(encoding)) invalidateVmid(core, contexts, vmid(cpu));
  else if (op1 === 4) invalidateEl2(core, contexts, cpu, operation, cpu.state.u32[2 * rt], cpu.state.u32[2 * rt + 1]);
  // The instructions that follow must be fetched through the emptied fetch TLB.
  advance(cpu);
  return Status.resync;
}

/** Contexts of this CPU, or of all for the Inner Shareable forms. Their fetch TLBs are emptied at once. */
function affectedContexts(core: MmuCore, cpu: Cpu, encoding: number): TlbContext[] {
  const crm = (encoding >>> 3) & 15;
  const broadcast =
    crm === 3 || crm === 0 || (cpu.state.u32[EL >>> 2] === 1 && (cpu.state.u32[Reg.HCR_EL2 >>> 2] & HCR_FB) !== 0);
  const sets = broadcast ? core.sets : [core.sets[cpu.index]];
  for (const set of sets) set.flushFetch();
  return sets.flatMap((set) => set.contexts.filter((context) => context.inUse));
}

/** IPAS2E1 and IPAS2LE1, with CRm 0 (Inner Shareable) or 4. */
function isStage2Operation(encoding: number): boolean {
  const crm = (encoding >>> 3) & 15;
  return crm === 0 || crm === 4;
}

function vmid(cpu: Cpu): number {
  return (cpu.state.u32[(Reg.VTTBR_EL2 >>> 2) + 1] >>> 16) & 0xff;
}

/** Whether a context's entries belong to the current VMID: always so where either side has no stage 2. */
function currentVmid(cpu: Cpu): Match {
  const id = vmid(cpu);
  const anyVmid = (cpu.state.u32[Reg.HCR_EL2 >>> 2] & HCR_STAGE2) === 0;
  return (context) => context.el !== 2 && (anyVmid || !context.regime.stage2 || context.vmid === id);
}

/** VMALLE1, VAE1, ASIDE1, VAAE1, VALE1, VAALE1. By address, the ASID is ignored: global entries match every one. */
function invalidateEl1(contexts: TlbContext[], cpu: Cpu, operation: number, lo: number, hi: number): void {
  const matches = currentVmid(cpu);
  const asid = hi >>> 16;
  const page = (hi & 0xfff) * 2 ** 32 + lo;
  for (const context of contexts) {
    if (!matches(context)) continue;
    if (operation === 0) context.flush();
    else if (operation !== 2) context.purgePage(page);
    else if (((context.asid ^ asid) & 0xff) === 0) context.flush();
  }
}

/** ALLE2, VAE2, VALE2, ALLE1, VMALLS12E1. */
function invalidateEl2(
  core: MmuCore,
  contexts: TlbContext[],
  cpu: Cpu,
  operation: number,
  lo: number,
  hi: number,
): void {
  if (operation === 6) return invalidateVmid(core, contexts, vmid(cpu));
  if (operation === 4) core.cache.clear();
  const page = (hi & 0xfff) * 2 ** 32 + lo;
  for (const context of contexts) {
    if ((context.el === 2) === (operation === 4)) continue;
    if (operation === 1 || operation === 5) context.purgePage(page);
    else context.flush();
  }
}

/** Both stages of one VMID. */
function invalidateVmid(core: MmuCore, contexts: TlbContext[], id: number): void {
  core.cache.invalidateVmid(id);
  for (const context of contexts) {
    if (context.el !== 2 && (!context.regime.stage2 || context.vmid === id)) context.flush();
  }
}
