/** SHA-1 and SHA-256 instructions (FIPS 180-4; Arm ARM C7 and shared/functions/crypto). Registers are 4 words, lowest first. */

const rol = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
const ror = (x: number, by: number): number => (x >>> by) | (x << (32 - by));
/** `result`, `d`, `n`, `m` are the destination and the source registers; none overlaps the result. */
export type CryptoInstruction = (result: Uint32Array, d: Uint32Array, n: Uint32Array, m: Uint32Array) => void;

type Mixing = (x: number, y: number, z: number) => number;
const choose: Mixing = (x, y, z) => ((y ^ z) & x) ^ z;
const parity: Mixing = (x, y, z) => x ^ y ^ z;
const majority: Mixing = (x, y, z) => (x & y) | ((x | y) & z);

/** Four rounds of SHA-1: d is A to D, n holds E, m the message words with the constant added. */
const sha1Rounds =
  (mixing: Mixing): CryptoInstruction =>
  (result, d, n, m) => {
    let [a, b, c, dd] = d;
    let e = n[0];
    for (const word of m) {
      const next = (e + rol(a, 5) + mixing(b, c, dd) + word) | 0;
      [e, dd, c, b, a] = [dd, c, rol(b, 30), a, next];
    }
    result.set([a, b, c, dd]);
  };

export const sha1c = sha1Rounds(choose);
export const sha1p = sha1Rounds(parity);
export const sha1m = sha1Rounds(majority);

export const sha1h: CryptoInstruction = (result, _d, n) => {
  result.set([rol(n[0], 30), 0, 0, 0]);
};

export const sha1su0: CryptoInstruction = (result, d, n, m) => {
  const shifted = [d[2], d[3], n[0], n[1]];
  for (let i = 0; i < 4; i++) result[i] = shifted[i] ^ d[i] ^ m[i];
};

export const sha1su1: CryptoInstruction = (result, d, n) => {
  const t = [d[0] ^ n[1], d[1] ^ n[2], d[2] ^ n[3], d[3]];
  for (let i = 0; i < 4; i++) result[i] = rol(t[i], 1);
  result[3] ^= rol(t[0], 2);
};

const sigma0 = (x: number): number => ror(x, 2) ^ ror(x, 13) ^ ror(x, 22);
const sigma1 = (x: number): number => ror(x, 6) ^ ror(x, 11) ^ ror(x, 25);

/** SHA256hash(): four rounds on A to D and E to H; gives all eight. */
function sha256Hash(abcd: Uint32Array, efgh: Uint32Array, w: Uint32Array): number[] {
  let [a, b, c, d] = abcd;
  let [e, f, g, h] = efgh;
  for (const word of w) {
    const t = (h + sigma1(e) + choose(e, f, g) + word) | 0;
    const next = (t + sigma0(a) + majority(a, b, c)) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t) | 0, c, b, a, next];
  }
  return [a, b, c, d, e, f, g, h];
}

export const sha256h: CryptoInstruction = (result, d, n, m) => {
  result.set(sha256Hash(d, n, m).slice(0, 4));
};

export const sha256h2: CryptoInstruction = (result, d, n, m) => {
  result.set(sha256Hash(n, d, m).slice(4));
};

export const sha256su0: CryptoInstruction = (result, d, n) => {
  const t = [d[1], d[2], d[3], n[0]];
  for (let i = 0; i < 4; i++) result[i] = d[i] + (ror(t[i], 7) ^ ror(t[i], 18) ^ (t[i] >>> 3));
};

export const sha256su1: CryptoInstruction = (result, d, n, m) => {
  const t = [n[1], n[2], n[3], m[0]];
  for (let i = 0; i < 4; i++) {
    const x = i < 2 ? m[i + 2] : result[i - 2];
    result[i] = d[i] + t[i] + (ror(x, 17) ^ ror(x, 19) ^ (x >>> 10));
  }
};
