/** CRC32 and CRC32C (Arm ARM C6, "CRC32"): the reflected form, so that a step takes a byte from the low end. */

function makeTable(reversedPolynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? reversedPolynomial : 0);
    return crc;
  });
}

/** Polynomials 0x04C11DB7 (CRC32) and 0x1EDC6F41 (CRC32C), bits reversed. */
const CRC32 = makeTable(0xedb8_8320);
const CRC32C = makeTable(0x82f6_3b78);

/** Accumulates the low `bytes` (1, 2, 4 or 8) of `high:low` into `crc`; `castagnoli` not zero selects CRC32C. The result is signed. */
export function crc32(crc: number, low: number, high: number, bytes: number, castagnoli: number): number {
  const table = castagnoli ? CRC32C : CRC32;
  let sum = crc;
  for (let i = 0; i < bytes; i++) {
    const word = i < 4 ? low : high;
    sum = (sum >>> 8) ^ table[(sum ^ (word >>> (8 * (i & 3)))) & 0xff];
  }
  return sum | 0;
}
