/** Machine numbers: leading zeros dimmed, grouped in fours on hover. */
import type { ReactElement } from 'react';

/** Splits the digits of `value` into leading zeros and the rest; at least one digit is in the rest. */
export function splitLeadingZeros(value: bigint, bits: number): readonly [string, string] {
  const digits = BigInt.asUintN(bits, value)
    .toString(16)
    .padStart(bits / 4, '0');
  const first = digits.search(/[^0]/);
  const cut = first < 0 ? digits.length - 1 : first;
  return [digits.slice(0, cut), digits.slice(cut)];
}

/** `ffff 8000 0802 8ca0`. */
export function groupInFours(digits: string): string {
  return digits.replaceAll(/\B(?=(.{4})+$)/g, ' ');
}

export interface HexProps {
  readonly value: bigint;
  /** Width; decides the number of digits. */
  readonly bits?: number;
}

export function Hex({ value, bits = 64 }: HexProps): ReactElement {
  const [zeros, rest] = splitLeadingZeros(value, bits);
  return (
    <span className="hex" title={`0x${groupInFours(zeros + rest)}`}>
      {zeros && <span className="hex-zeros">{zeros}</span>}
      {rest}
    </span>
  );
}
