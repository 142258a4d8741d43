/** A 128-bit checksum of bytes, for integrity and comparison (not for security): four XXH32 lanes, mixed together at the end. */

const P1 = 0x9e37_79b1;
const P2 = 0x85eb_ca77;
const P3 = 0xc2b2_ae3d;

/** 32 hexadecimal digits. */
export function digest(bytes: Uint8Array): string {
  const whole = bytes.length & ~15;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const lanes = new Int32Array([P1 + P2, P2, P3, -P1]);
  absorb(lanes, new Int32Array(aligned.buffer, aligned.byteOffset, whole >> 2));
  const tail = new Uint8Array(16);
  tail.set(bytes.subarray(whole));
  absorb(lanes, new Int32Array(tail.buffer));
  return finish(lanes, bytes.length);
}

function absorb(lanes: Int32Array, words: Int32Array): void {
  let [a, b, c, d] = lanes;
  for (let i = 0; i < words.length; i += 4) {
    a = round(a, words[i]);
    b = round(b, words[i + 1]);
    c = round(c, words[i + 2]);
    d = round(d, words[i + 3]);
  }
  lanes.set([a, b, c, d]);
}

function round(lane: number, word: number): number {
  const sum = (lane + Math.imul(word, P2)) | 0;
  return Math.imul((sum << 13) | (sum >>> 19), P1);
}

/** Every lane comes to depend on all of them and on the length. */
function finish(lanes: Int32Array, length: number): string {
  lanes[0] ^= length;
  for (let pass = 0; pass < 3; pass++) {
    for (let i = 0; i < 4; i++) lanes[i] = avalanche(lanes[i] + Math.imul(lanes[(i + 3) & 3], P3));
  }
  return [...lanes].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}

function avalanche(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 15), P2);
  h = Math.imul(h ^ (h >>> 13), P3);
  return h ^ (h >>> 16);
}
