/** Operands that hurt: special floating-point values, their neighbours, and random numbers of related size (tests only). */

/** A seeded generator of random bits (splitmix64). */
export class RandomBits {
  #state: bigint;

  constructor(seed: number) {
    this.#state = BigInt(seed);
  }

  /** 64 random bits. */
  next(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e37_79b9_7f4a_7c15n);
    let z = this.#state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
    return z ^ (z >> 31n);
  }

  /** A number from 0 to `below` - 1. */
  below(below: number): number {
    return Number(this.next() >> 33n) % below;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
}

/** Signless bit patterns of a format: zeros, extremes, one, two, NaNs, and the edges of integer ranges. */
function specialMagnitudes(exponentBits: number, fractionBits: number): bigint[] {
  const f = BigInt(fractionBits);
  const one = ((1n << BigInt(exponentBits - 1)) - 1n) << f;
  const infinity = ((1n << BigInt(exponentBits)) - 1n) << f;
  const power = (n: number): bigint => one + (BigInt(n) << f);
  const powers = [-53, -52, -25, -24, -2, -1, 0, 1, 2, 14, 15, 16, 23, 24, 30, 31, 32, 51, 52, 53, 62, 63, 64, 126];
  const near = powers.map(power).flatMap((p) => [p - 1n, p, p + 1n, p + (1n << (f - 1n))]);
  const edges = [0n, 1n, 2n, 3n, 1n << (f - 1n), (1n << f) - 1n, 1n << f, (1n << f) + 1n, infinity - 1n, infinity - 2n];
  const half = 1n << (f - 1n);
  const nans = [infinity + 1n, infinity + half, infinity + half + 1n, infinity + half - 1n, infinity + (1n << f) - 1n];
  const huge = [infinity - (1n << f), infinity - (2n << f), infinity - (3n << f), 2n << f, 3n << f];
  return [...edges, infinity, ...nans, ...huge, ...near].filter(
    (value) => value >= 0n && value < 1n << (f + BigInt(exponentBits)),
  );
}

const SPECIALS: Record<number, bigint[]> = {
  16: specialMagnitudes(5, 10),
  32: specialMagnitudes(8, 23),
  64: specialMagnitudes(11, 52),
};
const FRACTION_BITS: Record<number, bigint> = { 16: 10n, 32: 23n, 64: 52n };

/** One operand of `size` bits: special, sparse, or near 1 so that exponents of a pair are close. */
export function fpOperand(random: RandomBits, size: 16 | 32 | 64): bigint {
  const sign = (random.next() & 1n) << BigInt(size - 1);
  const bits = BigInt.asUintN(size - 1, random.next());
  const f = FRACTION_BITS[size];
  const fraction = bits & ((1n << f) - 1n);
  const bias = (1n << (BigInt(size) - 2n - f)) - 1n;
  switch (random.below(6)) {
    case 0:
    case 1:
      return sign | random.pick(SPECIALS[size]);
    case 2:
      return sign | fraction | ((bias + BigInt(random.below(8) - 4)) << f);
    case 3:
      return (
        sign |
        (fraction & ~((1n << BigInt(random.below(Number(f)))) - 1n)) |
        (((bias + BigInt(random.below(40) - 8)) << f) & ~(1n << BigInt(size - 1)))
      );
    case 4:
      return sign | (fraction >> BigInt(random.below(Number(f))));
    default:
      return sign | bits;
  }
}

/** A 128-bit register full of operands of `size` bits. */
export function fpVector(random: RandomBits, size: 16 | 32 | 64): bigint {
  let value = 0n;
  for (let at = 0; at < 128; at += size) value |= fpOperand(random, size) << BigInt(at);
  return value;
}

/** An FPCR with a random rounding mode, FZ, DN and AHP; half of them plain. */
export function randomFpcr(random: RandomBits): number {
  return random.below(2) === 0 ? 0 : random.below(32) << 22;
}
