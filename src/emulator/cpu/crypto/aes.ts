/** The AES round steps of AESE, AESD, AESMC and AESIMC (FIPS 197; Arm ARM shared/functions/crypto). The state is 16 bytes, column by column. */

/** Product by x in GF(2^8) with the AES polynomial. */
function timesX(a: number): number {
  return ((a << 1) ^ (a & 0x80 ? 0x11b : 0)) & 0xff;
}

function multiply(a: number, b: number): number {
  let product = 0;
  for (let [x, y] = [a, b]; y !== 0; x = timesX(x), y >>= 1) if (y & 1) product ^= x;
  return product;
}

const rotateByte = (a: number, by: number): number => ((a << by) | (a >> (8 - by))) & 0xff;

/** SubBytes' table: the inverse in GF(2^8), then the affine transformation. */
function makeSbox(): Uint8Array {
  const sbox = new Uint8Array(256);
  // p runs through the powers of 3, q through those of its inverse, so that p * q is always 1.
  let [p, q] = [1, 1];
  do {
    p = multiply(p, 3);
    q = multiply(q, 0xf6);
    sbox[p] = q ^ rotateByte(q, 1) ^ rotateByte(q, 2) ^ rotateByte(q, 3) ^ rotateByte(q, 4) ^ 0x63;
  } while (p !== 1);
  sbox[0] = 0x63;
  return sbox;
}

function invert(table: Uint8Array): Uint8Array {
  const inverse = new Uint8Array(256);
  table.forEach((value, index) => (inverse[value] = index));
  return inverse;
}

const SBOX = makeSbox();
const INVERSE_SBOX = invert(SBOX);

/** AESE: SubBytes(ShiftRows(state ^ key)). */
export function aesEncrypt(result: Uint8Array, state: Uint8Array, key: Uint8Array): void {
  substitute(result, state, key, SBOX, 5);
}

/** AESD: the inverse steps. */
export function aesDecrypt(result: Uint8Array, state: Uint8Array, key: Uint8Array): void {
  substitute(result, state, key, INVERSE_SBOX, 13);
}

/** Row r moves by r columns: byte i comes from i * `step` modulo 16, counted within its row. */
function substitute(result: Uint8Array, state: Uint8Array, key: Uint8Array, sbox: Uint8Array, step: number): void {
  for (let i = 0; i < 16; i++) {
    const from = ((i & 12) + (i & 3) * step) & 15;
    result[i] = sbox[state[from] ^ key[from]];
  }
}

function makeProducts(by: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, a) => multiply(a, by));
}

/** Products by the first column of the MixColumns matrix and of its inverse. */
const MIX = [2, 1, 1, 3].map(makeProducts);
const INVERSE_MIX = [14, 9, 13, 11].map(makeProducts);

/** AESMC: MixColumns. */
export function aesMixColumns(result: Uint8Array, state: Uint8Array): void {
  mix(result, state, MIX);
}

/** AESIMC: InvMixColumns. */
export function aesInverseMixColumns(result: Uint8Array, state: Uint8Array): void {
  mix(result, state, INVERSE_MIX);
}

function mix(result: Uint8Array, state: Uint8Array, matrix: readonly Uint8Array[]): void {
  for (let i = 0; i < 16; i++) {
    const column = i & 12;
    let sum = 0;
    for (let j = 0; j < 4; j++) sum ^= matrix[(i - j) & 3][state[column + j]];
    result[i] = sum;
  }
}
