/** Registers of a vCPU: those of the pCPU it runs on, of the frame its trap left on the stack, or of its structure. */
import type { DebugPort } from '../../emulator/debug-port.ts';
import type { RegisterValues } from '../../debugger/contexts/guests.ts';
import type { Layout } from '../../debugger/contexts/layout.ts';
import type { MemoryReader } from '../../debugger/contexts/reader.ts';

/** Registers of a pCPU. */
export function liveRegisters(port: DebugPort, cpu: number): RegisterValues {
  return {
    isLive: true,
    label: `pCPU ${cpu}`,
    read: (name) => port.readRegister(cpu, name),
    write: (name, value) => port.writeRegister(cpu, name, value),
  };
}

/** Members of a structure as registers; `store` writes bytes to where a member is. */
export function savedRegisters<Name extends string>(
  layout: Layout<Name>,
  reader: MemoryReader,
  base: bigint,
  label: string,
  store: (address: bigint, bytes: Uint8Array) => boolean,
): RegisterValues {
  const known = (name: string): Name | undefined => (layout.has(name as Name) ? (name as Name) : undefined);
  return {
    isLive: false,
    label,
    read: (name) => {
      const member = known(name);
      return member === undefined ? undefined : layout.read(reader, base, member);
    },
    write: (name, value) => {
      const member = known(name);
      if (member === undefined) return false;
      return store(base + layout.offset(member), littleEndian(value, layout.place(member).size));
    },
  };
}

const VECTOR_BYTES = 16;
const VECTOR_COUNT = 32;

/** V0 to V31, which lie one after another from `base` on. */
export function vectorRegisters(
  reader: MemoryReader,
  base: bigint,
  store: (address: bigint, bytes: Uint8Array) => boolean,
): RegisterValues {
  const addressOf = (name: string): bigint | undefined => {
    const number = /^V\d+$/.test(name) ? Number(name.slice(1)) : VECTOR_COUNT;
    return number < VECTOR_COUNT ? base + BigInt(number * VECTOR_BYTES) : undefined;
  };
  return {
    isLive: false,
    label: 'saved vectors',
    read: (name) => {
      const at = addressOf(name);
      return at === undefined ? undefined : (reader.u64(at + 8n) << 64n) | reader.u64(at);
    },
    write: (name, value) => {
      const at = addressOf(name);
      return at !== undefined && store(at, littleEndian(value, VECTOR_BYTES));
    },
  };
}

/** Asks several sources in turn. */
export function layeredRegisters(isLive: boolean, label: string, layers: readonly RegisterValues[]): RegisterValues {
  return {
    isLive,
    label,
    read: (name) => {
      for (const layer of layers) {
        const value = layer.read(name);
        if (value !== undefined) return value;
      }
      return undefined;
    },
    write: (name, value) => layers.some((layer) => layer.write(name, value)),
  };
}

/** `value` in `size` bytes. */
function littleEndian(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** The SP that PSTATE selects, from the banked registers of a trap frame. */
export function withGuestStack(frame: RegisterValues): RegisterValues {
  const bank = (): string => (((frame.read('PSTATE') ?? 0n) & 1n) === 0n ? 'SP_EL0' : 'SP_EL1');
  return {
    ...frame,
    read: (name) => frame.read(name === 'SP' ? bank() : name),
    write: (name, value) => frame.write(name === 'SP' ? bank() : name, value),
  };
}

/** Only the registers for which `has` is true. */
export function onlyRegisters(source: RegisterValues, has: (name: string) => boolean): RegisterValues {
  return {
    ...source,
    read: (name) => (has(name) ? source.read(name) : undefined),
    write: (name, value) => has(name) && source.write(name, value),
  };
}
