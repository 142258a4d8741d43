/** General registers in assembler syntax. */
import type { Fields } from './encoding.ts';

/** `width` is `w` or `x`; number 31 is the zero register, or the stack pointer when `isSp`. */
export function registerText(width: string, number: number, isSp = false): string {
  if (number !== 31) return `${width}${number}`;
  if (isSp) return width === 'w' ? 'wsp' : 'sp';
  return `${width}zr`;
}

/** A 64-bit register: `sf`, `sz`, or (sign-extending loads) `opc0` clear. */
function isWide(f: Fields): boolean {
  return (f.sf ?? f.sz ?? 1 - f.opc0) === 1;
}

/**
 * Places such as `Xn`, `Wd`, `Rm` (width by the instruction) with `|sp` when 31 is the stack pointer, and `#Rd`, a bare number.
 * Undefined for other places.
 */
export function registerPlace(place: string, fields: Fields): string | undefined {
  const match = /^([#RWX])R?(d|n|m|a|t2|t|s)(\|sp)?$/.exec(place);
  if (match === null) return undefined;
  const [, width, name, sp] = match;
  const number = fields[`R${name}`];
  if (width === '#') return `${number}`;
  const isX = width === 'X' || (width === 'R' && isWide(fields));
  return registerText(isX ? 'x' : 'w', number, sp !== undefined);
}
