/** What a person may type to look for in memory. */
import type { MemorySearch } from '../../protocol/inspect.ts';
import { type AddressSpace, formatLocation } from '../../protocol/address.ts';

/** Bytes that one search looks through at most. */
export const SEARCH_LENGTH = 16 << 20;

const HEX = /^(0x)?([0-9a-f]{2}[\s_]*)+$/i;

export interface Pattern {
  readonly bytes: Uint8Array;
  readonly kind: 'bytes' | 'text';
}

/** Pairs of hexadecimal digits are bytes in the order of memory; anything else, or what is in quotes, is text (UTF-8). */
export function parsePattern(input: string): Pattern | null {
  const text = input.trim();
  if (text === '') return null;
  const quoted = /^"(.*)"?$/.exec(text);
  if (quoted) {
    const inner = quoted[1].replace(/"$/, '');
    return inner === '' ? null : { bytes: new TextEncoder().encode(inner), kind: 'text' };
  }
  if (!HEX.test(text)) return { bytes: new TextEncoder().encode(text), kind: 'text' };
  const digits = text.replace(/^0x/i, '').replaceAll(/[\s_]/g, '');
  const bytes = Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  );
  return { bytes, kind: 'bytes' };
}

function size(bytes: bigint | number): string {
  const n = Number(bytes);
  if (n >= 1 << 20) return `${Math.round(n / (1 << 20))} MB`;
  return n >= 1024 ? `${Math.round(n / 1024)} KB` : `${n} bytes`;
}

/** Where a search looked and what it found, in one sentence. */
export function describeSearch({ found, from, to, unreadable }: MemorySearch, space: AddressSpace): string {
  if (found !== null) return `found at ${formatLocation({ space, address: found })}`;
  const range = `${formatLocation({ space, address: from })} to 0x${to.toString(16)}`;
  const holes = unreadable > 0 ? `, ${size(unreadable)} of it not readable` : '';
  return `not in ${range} (${size(to - from)}${holes}); find again to go on`;
}
