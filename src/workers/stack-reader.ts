/** Call stacks by frame pointers (AAPCS64): Linux keeps them, so do programs built with them; of Xen, which has none, the innermost function. */
import type { AddressSpace } from '../protocol/address.ts';
import type { ExceptionLevel } from '../protocol/status.ts';
import type { StackFrame } from '../protocol/inspect.ts';
import type { AddressSpaces } from './address-spaces.ts';
import type { SymbolDirectory } from './symbol-directory.ts';

/** Frames beyond this are a broken chain. */
const MAX_FRAMES = 64;

/** Where a stack begins. */
export interface StackStart {
  readonly pc: bigint;
  readonly sp: bigint;
  readonly fp: bigint;
  readonly lr: bigint;
}

export class StackReader {
  constructor(
    private readonly spaces: AddressSpaces,
    private readonly symbols: () => SymbolDirectory | undefined,
  ) {}

  /** The frames of a stack, innermost first, inlined ones included. */
  async read(space: AddressSpace, start: StackStart): Promise<StackFrame[]> {
    const frames: StackFrame[] = [];
    const returns = space.kind === 'guest' ? this.#returnAddresses(space, start.fp) : [];
    for (const [index, address] of [start.pc, ...returns].entries()) {
      // A return address belongs to the call before it.
      frames.push(...(await this.#logicalFrames(space, address, index === 0 ? address : address - 4n, frames.length)));
    }
    return frames;
  }

  #returnAddresses(space: AddressSpace, fp: bigint): bigint[] {
    const found: bigint[] = [];
    let record = fp;
    while (found.length < MAX_FRAMES && record !== 0n && record % 8n === 0n) {
      const { bytes, readable } = this.spaces.read({ space, address: record }, 16);
      if (readable.includes(0)) break;
      const view = new DataView(bytes.buffer);
      const next = view.getBigUint64(0, true);
      const lr = view.getBigUint64(8, true);
      if (lr === 0n) break;
      found.push(lr);
      if (next <= record && next !== 0n) break;
      record = next;
    }
    return found;
  }

  async #logicalFrames(space: AddressSpace, address: bigint, lookup: bigint, firstId: number): Promise<StackFrame[]> {
    const info = await this.symbols()?.lookup(space, lookup);
    const el: ExceptionLevel = space.kind === 'guest' ? space.el : 2;
    const domain = space.kind === 'guest' ? space.domain : null;
    const base = { el, domain, location: { space, address }, presentationHint: 'normal' as const };
    if (!info || info.frames.length === 0) {
      const name = info?.symbol ?? `0x${address.toString(16)}`;
      return [{ ...base, id: firstId, name, presentationHint: 'subtle' }];
    }
    return info.frames.map(({ function: name, file, line, column, inlined }, index) => ({
      ...base,
      id: firstId + index,
      name,
      isInlined: inlined,
      source: file ? { path: file, line, column } : undefined,
    }));
  }
}
