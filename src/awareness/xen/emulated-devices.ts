/** The devices that Xen emulates for its domains: what it registered to answer their stage-2 faults (struct vmmio), called as the code that answers. */
import { Layout } from '../../debugger/contexts/layout.ts';
import { ifReadable, type MemoryReader } from '../../debugger/contexts/reader.ts';
import type { SymbolFile } from '../../debugger/symbols/symbol-file.ts';

/** A stretch of intermediate physical addresses. */
interface EmulatedDevice {
  readonly start: number;
  readonly end: number;
  /** `vgic_v2_distr`, `vpl011`. */
  readonly name: string;
}

/** A damaged count must not be believed. */
const MOST_HANDLERS = 256;
const SUFFIX = /_mmio_handler(_ops)?$/;

export class EmulatedDevices {
  private readonly known = new Map<number, readonly EmulatedDevice[]>();

  private constructor(
    private readonly symbols: SymbolFile,
    private readonly reader: MemoryReader,
    private readonly domain: Layout<'count' | 'handlers'>,
    private readonly handler: Layout<'address' | 'size' | 'operations'>,
  ) {}

  /** Throws `LayoutError` when `symbols` are not Xen's. */
  static async open(symbols: SymbolFile, reader: MemoryReader): Promise<EmulatedDevices> {
    const domain = await Layout.of(symbols, 'struct domain', {
      count: 'arch.vmmio.num_entries',
      handlers: 'arch.vmmio.handlers',
    });
    const members = { address: 'addr', size: 'size', operations: 'ops' };
    return new EmulatedDevices(symbols, reader, domain, await Layout.of(symbols, 'struct mmio_handler', members));
  }

  /** The device at an intermediate physical address of a domain; `addressOf` tells where its `struct domain` is. */
  at(domid: number, ipa: number, addressOf: (domid: number) => bigint | undefined): string | undefined {
    const find = (): string | undefined =>
      this.known.get(domid)?.find(({ start, end }) => ipa >= start && ipa < end)?.name;
    const name = find();
    if (name !== undefined) return name;
    const address = addressOf(domid);
    if (address === undefined) return undefined;
    this.known.set(domid, ifReadable(() => this.#read(address)) ?? []);
    return find();
  }

  /** Domains may be others now. */
  forget(): void {
    this.known.clear();
  }

  #read(domain: bigint): EmulatedDevice[] {
    const count = Math.min(MOST_HANDLERS, this.domain.number(this.reader, domain, 'count'));
    const first = this.domain.read(this.reader, domain, 'handlers');
    return Array.from({ length: count }, (_, i) => this.#device(first + BigInt(i * this.handler.size)));
  }

  #device(handler: bigint): EmulatedDevice {
    const start = this.handler.number(this.reader, handler, 'address');
    const operations = this.handler.read(this.reader, handler, 'operations');
    const name = this.symbols.symbols.covering(operations)?.name.replace(SUFFIX, '') ?? 'device';
    return { start, end: start + this.handler.number(this.reader, handler, 'size'), name };
  }
}
