/** Memory in a named space: virtual in any context, intermediate physical, physical. Only RAM is touched: reading a device register would act on it. */
import { DRAM_BASE, PAGE_FLAGS, PageFlag, pageIndex, ramOffset } from '../memory-layout.ts';
import { type AccessKind, type RegimeView, translate, translateIpa, type Translation } from '../mmu/translate.ts';
import { describeFsc } from '../mmu/fault.ts';

/** Where an address lives, with everything that is needed to find it. */
export type PortSpace =
  /** Virtual, as the regime of `view` translates it. */
  | { readonly kind: 'va'; readonly view: RegimeView }
  /** Intermediate physical, in the stage 2 of `view`. */
  | { readonly kind: 'ipa'; readonly view: RegimeView }
  | { readonly kind: 'pa' };

/** What could be read: `bytes` is shorter than asked for when `fault` says why. */
export interface MemoryRead {
  readonly bytes: Uint8Array;
  readonly fault: string | undefined;
}

const PAGE = 4096;

/** A run of bytes within one page: where in linear memory, or why not. */
type Located = { readonly linear: number } | { readonly fault: string };

export class DebugMemory {
  readonly #bytes: Uint8Array;

  /** `codeWritten` is told of stores to pages that hold decoded instructions. */
  constructor(
    private readonly memory: ArrayBuffer,
    private readonly codeWritten: (linear: number) => void,
  ) {
    this.#bytes = new Uint8Array(memory);
  }

  /** Bytes from `address` on. */
  read(space: PortSpace, address: bigint, length: number): MemoryRead {
    const out = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const at = this.locate(space, address + BigInt(done));
      if ('fault' in at) return { bytes: out.subarray(0, done), fault: at.fault };
      const count = Math.min(length - done, PAGE - (at.linear % PAGE));
      out.set(this.#bytes.subarray(at.linear, at.linear + count), done);
      done += count;
    }
    return { bytes: out, fault: undefined };
  }

  /** Writes whatever the permissions say; nothing is written unless all can be. The reason when it cannot. */
  write(space: PortSpace, address: bigint, bytes: Uint8Array): string | undefined {
    const runs: { linear: number; from: number; count: number }[] = [];
    for (let from = 0; from < bytes.length;) {
      const at = this.locate(space, address + BigInt(from));
      if ('fault' in at) return at.fault;
      const count = Math.min(bytes.length - from, PAGE - (at.linear % PAGE));
      runs.push({ linear: at.linear, from, count });
      from += count;
    }
    for (const { linear, from, count } of runs) this.#store(linear, bytes.subarray(from, from + count));
    return undefined;
  }

  /** Linear address of one byte. */
  locate(space: PortSpace, address: bigint): Located {
    const pa = space.kind === 'pa' ? Number(BigInt.asUintN(64, address)) : this.#translated(space, address);
    if (typeof pa === 'string') return { fault: pa };
    const linear = ramOffset(pa);
    return linear === 0 ? { fault: `PA:0x${pa.toString(16)} is not RAM` } : { linear };
  }

  #translated(space: Exclude<PortSpace, { kind: 'pa' }>, address: bigint): number | string {
    const result = this.translation(space, address);
    if (result.ok) return result.value.pa;
    const { fsc, stage2 } = result.fault;
    return `stage ${stage2 ? 2 : 1} ${describeFsc(fsc)}`;
  }

  /** The translation of a virtual or intermediate physical address. */
  translation(space: Exclude<PortSpace, { kind: 'pa' }>, address: bigint, access?: AccessKind): Translation {
    if (space.kind === 'va') return translate(this.memory, space.view, BigInt.asUintN(64, address), access);
    return translateIpa(this.memory, space.view, Number(address), access);
  }

  #store(linear: number, bytes: Uint8Array): void {
    const flags = PAGE_FLAGS + pageIndex(linear);
    this.#bytes[flags] |= PageFlag.dirty;
    this.#bytes.set(bytes, linear);
    if ((this.#bytes[flags] & PageFlag.hasCode) === 0) return;
    for (let at = linear - (linear % 64); at < linear + bytes.length; at += 64) this.codeWritten(at);
  }
}

/** Physical address of a linear RAM address of DRAM or OCM. */
export function physicalOf(linear: number): number {
  return linear >= DRAM_BASE ? linear - DRAM_BASE : linear - ramOffset(0xfffc_0000) + 0xfffc_0000;
}
