/** Addresses with their space, in the page's notation: the debugger's, but for numbers, which are hexadecimal with or without `0x`. */
import { type AddressSpace, type Location, splitSpace } from '../debugger/contexts/spaces.ts';

export { type AddressSpace, formatLocation, formatSpace, type Location } from '../debugger/contexts/spaces.ts';

function parseNumber(text: string): bigint | undefined {
  const digits = text.replaceAll(/[_'\s]/g, '');
  if (!/^(0x)?[0-9a-f]+$/i.test(digits)) return undefined;
  const value = BigInt(/^0x/i.test(digits) ? digits : `0x${digits}`);
  return value < 1n << 64n ? value : undefined;
}

/** Reads `space:number`, or a number alone, which is then in `fallback`. */
export function parseLocation(text: string, fallback: AddressSpace): Location | undefined {
  const { space = fallback, rest } = splitSpace(text.trim());
  const address = parseNumber(rest);
  return address === undefined ? undefined : { space, address };
}
