/** Addresses with their space, and the notation in which every address is written and read: a bare number never says where it is. */

/** Where an address lives. */
export type AddressSpace =
  /** Virtual, in Xen's own EL2 stage 1. */
  | { readonly kind: 'xen' }
  /** Virtual, in a domain: its kernel's (EL1) or its current program's (EL0) stage 1, then stage 2. */
  | { readonly kind: 'guest'; readonly domain: number; readonly el: 0 | 1 }
  /** Intermediate physical, in a domain's stage 2. */
  | { readonly kind: 'ipa'; readonly domain: number }
  /** Physical. */
  | { readonly kind: 'pa' }
  /** Virtual, in whatever regime pCPU `cpu` is in at the moment. */
  | { readonly kind: 'cpu'; readonly cpu: number };

/** An address and its space. */
export interface Location {
  readonly space: AddressSpace;
  readonly address: bigint;
}

/** The prefix of a space: `xen`, `d2:EL1`, `d2:IPA`, `PA`, `p0`. */
export function formatSpace(space: AddressSpace): string {
  switch (space.kind) {
    case 'xen':
      return 'xen';
    case 'guest':
      return `d${space.domain}:EL${space.el}`;
    case 'ipa':
      return `d${space.domain}:IPA`;
    case 'pa':
      return 'PA';
    case 'cpu':
      return `p${space.cpu}`;
  }
}

/** `d2:EL1:0xffff800008028ca0`. */
export function formatLocation({ space, address }: Location): string {
  return `${formatSpace(space)}:0x${BigInt.asUintN(64, address).toString(16)}`;
}

const GUEST_SPACE = /^d(\d+):(EL0|EL1|IPA)$/i;
const CPU_SPACE = /^p(\d)$/i;
/** The prefixes other debuggers use for the same spaces, where one exists without naming a domain. */
const ALIASES: Readonly<Record<string, AddressSpace>> = {
  xen: { kind: 'xen' },
  el2: { kind: 'xen' },
  h: { kind: 'xen' },
  pa: { kind: 'pa' },
  np: { kind: 'pa' },
};

function parseSpace(text: string): AddressSpace | undefined {
  const guest = GUEST_SPACE.exec(text);
  if (guest) {
    const domain = Number(guest[1]);
    const place = guest[2].toUpperCase();
    return place === 'IPA' ? { kind: 'ipa', domain } : { kind: 'guest', domain, el: place === 'EL0' ? 0 : 1 };
  }
  const cpu = CPU_SPACE.exec(text);
  if (cpu) return { kind: 'cpu', cpu: Number(cpu[1]) };
  return ALIASES[text.toLowerCase()];
}

function parseNumber(text: string): bigint | undefined {
  const digits = text.replaceAll(/[_'\s]/g, '');
  if (!/^(0x)?[0-9a-f]+$/i.test(digits)) return undefined;
  const value = BigInt(/^0x/i.test(digits) ? digits : `0x${digits}`);
  return value < 1n << 64n ? value : undefined;
}

/** Reads `space:number`, or a number alone, which is then in `fallback`. Numbers are hexadecimal with or without `0x`. */
export function parseLocation(text: string, fallback: AddressSpace): Location | undefined {
  const colon = text.lastIndexOf(':');
  const address = parseNumber(text.slice(colon + 1).trim());
  const space = colon < 0 ? fallback : parseSpace(text.slice(0, colon).trim());
  return space && address !== undefined ? { space, address } : undefined;
}
