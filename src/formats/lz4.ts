/**
 * LZ4 blocks (the LZ4 Block Format Description): fast to read back, which is what the machine's saved memory needs.
 *
 * A block is a row of sequences: a token (literal length in bits 7:4, match length - 4 in bits 3:0), length bytes for nibbles of 15, the literals, a 16-bit
 * little-endian distance, length bytes of the match. The last sequence has literals only.
 */

/** A block that is not LZ4, or not of the expected length. */
export class Lz4Error extends Error {}

const MIN_MATCH = 4;
/** The format wants the last 5 bytes to be literals, and no match to begin in the last 12. */
const LAST_LITERALS = 5;
const MATCH_LIMIT = 12;
const HASH_BITS = 14;
const MAX_DISTANCE = 0xffff;

/** Most bytes that `length` bytes can need. */
export function lz4Bound(length: number): number {
  return length + Math.ceil(length / 255) + 16;
}

/** Writes blocks; keeps its tables between them. */
export class Lz4Encoder {
  /** Position + 1 of the last occurrence of each hash, within the block. */
  private readonly table = new Int32Array(1 << HASH_BITS);

  /** Compresses `source` into `target` (at least `lz4Bound` long) from `at` and gives the end of what it wrote. */
  encode(source: Uint8Array, target: Uint8Array, at: number): number {
    this.table.fill(0);
    const words = new DataView(source.buffer, source.byteOffset, source.length);
    const limit = source.length - MATCH_LIMIT;
    let anchor = 0;
    let position = 0;
    let misses = 0;
    while (position < limit) {
      const found = this.candidate(words, position);
      if (found < 0) {
        // Ever larger strides through what does not compress.
        position += 1 + (misses++ >> 6);
        continue;
      }
      misses = 0;
      const end = matchEnd(source, found, position);
      at = writeSequence(source, target, at, anchor, position, position - found, end - position);
      position = anchor = end;
    }
    return writeLiterals(source, target, at, anchor);
  }

  private candidate(words: DataView, position: number): number {
    const word = words.getUint32(position, true);
    const hash = Math.imul(word, 0x9e37_79b1) >>> (32 - HASH_BITS);
    const found = this.table[hash] - 1;
    this.table[hash] = position + 1;
    if (found < 0 || position - found > MAX_DISTANCE) return -1;
    return words.getUint32(found, true) === word ? found : -1;
  }
}

function matchEnd(source: Uint8Array, from: number, position: number): number {
  const last = source.length - LAST_LITERALS;
  let [a, b] = [from + MIN_MATCH, position + MIN_MATCH];
  while (b < last && source[a] === source[b]) {
    a++;
    b++;
  }
  return b;
}

function writeSequence(
  source: Uint8Array,
  target: Uint8Array,
  at: number,
  anchor: number,
  position: number,
  distance: number,
  match: number,
): number {
  const token = at;
  at = writeRun(source, target, at, anchor, position);
  target[at++] = distance & 0xff;
  target[at++] = distance >> 8;
  target[token] |= Math.min(match - MIN_MATCH, 15);
  return match - MIN_MATCH < 15 ? at : writeLength(target, at, match - MIN_MATCH - 15);
}

function writeLiterals(source: Uint8Array, target: Uint8Array, at: number, anchor: number): number {
  return writeRun(source, target, at, anchor, source.length);
}

/** The token with its literal length, and the literals. */
function writeRun(source: Uint8Array, target: Uint8Array, at: number, from: number, to: number): number {
  const length = to - from;
  target[at++] = Math.min(length, 15) << 4;
  if (length >= 15) at = writeLength(target, at, length - 15);
  if (length > 32) {
    target.set(source.subarray(from, to), at);
    return at + length;
  }
  for (let i = from; i < to; i++) target[at++] = source[i];
  return at;
}

function writeLength(target: Uint8Array, at: number, rest: number): number {
  for (; rest >= 255; rest -= 255) target[at++] = 255;
  target[at++] = rest;
  return at;
}

/** Expands one block, which must give exactly `target.length` bytes. */
export function lz4Decode(source: Uint8Array, target: Uint8Array): void {
  let from = 0;
  let to = 0;
  while (from < source.length) {
    const token = source[from++];
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255 && from < source.length) literals += more = source[from++];
    }
    if (from + literals > source.length || to + literals > target.length) throw new Lz4Error('literals overrun');
    copyLiterals(source, from, target, to, literals);
    from += literals;
    to += literals;
    if (from === source.length) break;
    const distance = source[from] | (source[from + 1] << 8);
    from += 2;
    let match = (token & 15) + MIN_MATCH;
    if ((token & 15) === 15) {
      let more = 255;
      while (more === 255 && from < source.length) match += more = source[from++];
    }
    if (distance === 0 || distance > to || to + match > target.length) throw new Lz4Error('a match is out of range');
    copyMatch(target, to, distance, match);
    to += match;
  }
  if (to !== target.length) throw new Lz4Error(`${to} bytes instead of ${target.length}`);
}

function copyLiterals(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
  if (length > 32) target.set(source.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) target[to + i] = source[from + i];
}

/** Source and target may overlap: a distance shorter than the match repeats. */
function copyMatch(target: Uint8Array, to: number, distance: number, length: number): void {
  if (length > 32 && distance >= length) target.copyWithin(to, to - distance, to - distance + length);
  else if (distance === 1 && length > 16) target.fill(target[to - 1], to, to + length);
  else for (let i = 0; i < length; i++) target[to + i] = target[to + i - distance];
}
