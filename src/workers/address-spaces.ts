/**
 * Memory in any named address space, of domains that run and of domains that do not: the translation registers of a vCPU that leaves a core are
 * kept at that moment, so its memory can be walked afterwards.
 */
import { CpuState, EL } from '../emulator/cpu/state.ts';
import { Reg } from '../emulator/cpu/system-registers/offsets.ts';
import type { Cpu } from '../emulator/cpu/cpu.ts';
import type { Machine } from '../emulator/machine.ts';
import { ramOffset } from '../emulator/memory-layout.ts';
import { captureRegisters } from '../emulator/mmu/contexts.ts';
import { regimeRegisters, type RegimeRegisters } from '../emulator/mmu/regime.ts';
import {
  explainWalk,
  type ExplainedWalk,
  type RegimeView,
  translate,
  translateIpa,
} from '../emulator/mmu/translate.ts';
import { type AddressSpace, formatSpace, type Location } from '../protocol/address.ts';
import type { MemoryBlock } from '../protocol/inspect.ts';

const PAGE = 4096n;

/** VTTBR_EL2.VMID. */
export function vmidOf(state: CpuState): number {
  return (state.get(Reg.VTTBR_EL2 + 4) >>> 16) & 0xff;
}

/** The number Xen gave the vCPU that is loaded: it writes it into VMPIDR_EL2 (Aff0 holds four bits of it). */
export function vcpuOf(state: CpuState): number {
  const mpidr = state.get(Reg.VMPIDR_EL2);
  return (mpidr & 0xff) + ((mpidr >>> 8) & 0xff) * 16;
}

/** A translation, or why there is none. */
export type Place = { readonly pa: number; readonly ipa: number } | { readonly fault: string };

export class AddressSpaces {
  /** Translation registers of vCPUs that have left a core: by domain, then vCPU. */
  readonly #saved = new Map<number, Map<number, RegimeRegisters>>();

  constructor(
    private readonly machine: Machine,
    private readonly domainOf: (vmid: number) => number | undefined,
  ) {}

  /** Another machine state: what was saved is history. */
  reset(): void {
    this.#saved.clear();
  }

  /** To be called before VTTBR_EL2 changes: the registers of the vCPU that is leaving are still there. */
  leaving({ state }: Cpu): void {
    const domain = this.domainOf(vmidOf(state));
    if (domain === undefined) return;
    const registers = regimeRegisters({});
    captureRegisters(state, 1, registers);
    const byVcpu = this.#saved.get(domain) ?? new Map<number, RegimeRegisters>();
    this.#saved.set(domain, byVcpu.set(vcpuOf(state), registers));
  }

  /** The pCPU that has a domain's stage 2 loaded. */
  cpuOf(domain: number): Cpu | undefined {
    const { cpus, powered } = this.machine;
    const loaded = cpus.filter(({ index, state }) => powered[index] && this.domainOf(vmidOf(state)) === domain);
    return loaded.find(({ state }) => state.get(EL) < 2) ?? loaded[0];
  }

  /** Through whose eyes addresses of a space are seen; throws when that is not known. */
  #view(space: Exclude<AddressSpace, { kind: 'pa' }>): RegimeView {
    const registers = regimeRegisters({});
    if (space.kind === 'cpu' || space.kind === 'xen') {
      const { state } = this.machine.cpus[space.kind === 'cpu' ? space.cpu : 0];
      const el = space.kind === 'xen' ? 2 : (Math.min(state.get(EL), 2) as 0 | 1 | 2);
      captureRegisters(state, el, registers);
      return { registers, el };
    }
    const el = space.kind === 'guest' ? space.el : 1;
    const cpu = this.cpuOf(space.domain);
    if (cpu) {
      captureRegisters(cpu.state, 1, registers);
      return { registers, el };
    }
    const saved = this.#saved.get(space.domain)?.values().next().value;
    if (saved) return { registers: saved, el };
    throw new Error(`no vCPU of d${space.domain} has been on a core since the machine was loaded`);
  }

  /** Where an address leads, without permission checks. */
  locate({ space, address }: Location): Place {
    if (space.kind === 'pa') return { pa: Number(address), ipa: Number(address) };
    const view = this.#view(space);
    const { buffer } = this.machine.memory;
    const found = space.kind === 'ipa' ? translateIpa(buffer, view, Number(address)) : translate(buffer, view, address);
    if (found.ok) return found.value;
    const { stage2, fsc } = found.fault;
    return {
      fault: `stage ${stage2 ? 2 : 1} fault 0x${fsc.toString(16)} at ${formatSpace(space)}:0x${address.toString(16)}`,
    };
  }

  /** Offset of an address in the machine's linear memory; 0 when it is not mapped to RAM. */
  linear(location: Location): number {
    const place = this.locate(location);
    return 'pa' in place ? ramOffset(place.pa) : 0;
  }

  /** Every descriptor on the way of a virtual address. */
  explain({ space, address }: Location): { readonly view: RegimeView; readonly walk: ExplainedWalk } {
    if (space.kind === 'pa' || space.kind === 'ipa')
      throw new Error('choose a virtual address: d1:EL1:0x…, d1:EL0:0x… or xen:0x…');
    const view = this.#view(space);
    return { view, walk: explainWalk(this.machine.memory.buffer, view, address) };
  }

  /** Reads RAM; device registers are not touched, since reading some of them changes them. */
  read({ space, address }: Location, length: number): MemoryBlock {
    const bytes = new Uint8Array(length);
    const readable = new Uint8Array(length);
    let fault: string | undefined;
    this.#eachPage({ space, address }, length, (linear, offset, count, why) => {
      if (linear === 0) fault ??= why;
      else {
        bytes.set(this.machine.bytes.subarray(linear, linear + count), offset);
        readable.fill(1, offset, offset + count);
      }
    });
    return { address, bytes, readable, fault };
  }

  /** Writes RAM; throws before anything is written when some of it cannot be. */
  write(location: Location, bytes: Uint8Array): void {
    const parts: [number, number, number][] = [];
    this.#eachPage(location, bytes.length, (linear, offset, count, why) => {
      if (linear === 0) throw new Error(why);
      parts.push([linear, offset, count]);
    });
    for (const [linear, offset, count] of parts) this.machine.bytes.set(bytes.subarray(offset, offset + count), linear);
    // The bytes may have been code.
    this.machine.dropCode();
  }

  #eachPage(
    { space, address }: Location,
    length: number,
    visit: (linear: number, offset: number, count: number, why: string) => void,
  ): void {
    for (let offset = 0; offset < length;) {
      const at = BigInt.asUintN(64, address + BigInt(offset));
      const count = Math.min(Number(PAGE - (at % PAGE)), length - offset);
      const place = this.locate({ space, address: at });
      const why = 'fault' in place ? place.fault : `PA:0x${place.pa.toString(16)} is not RAM`;
      visit('pa' in place ? ramOffset(place.pa) : 0, offset, count, why);
      offset += count;
    }
  }
}
