/** Addresses with their space: a bare number never says where it is. */

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

/** Whom a breakpoint may stop. */
export type Scope =
  | { readonly kind: 'any' }
  | { readonly kind: 'xen' }
  | { readonly kind: 'domain'; readonly domain: number }
  | { readonly kind: 'vcpu'; readonly domain: number; readonly vcpu: number }
  | { readonly kind: 'task'; readonly domain: number; readonly pid: number }
  | { readonly kind: 'cpu'; readonly cpu: number }
  /** By VMID alone: for guests whose domain is not known. */
  | { readonly kind: 'vmid'; readonly vmid: number };

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

/** `any`, `xen`, `d1`, `d1v0`, `d1:pid 42`, `p2`, `vmid 2`. */
export function formatScope(scope: Scope): string {
  switch (scope.kind) {
    case 'any':
    case 'xen':
      return scope.kind;
    case 'domain':
      return `d${scope.domain}`;
    case 'vcpu':
      return `d${scope.domain}v${scope.vcpu}`;
    case 'task':
      return `d${scope.domain}:pid ${scope.pid}`;
    case 'cpu':
      return `p${scope.cpu}`;
    case 'vmid':
      return `vmid ${scope.vmid}`;
  }
}

const SCOPES: readonly (readonly [RegExp, (n: number, m: number) => Scope])[] = [
  [/^any$/, () => ({ kind: 'any' })],
  [/^xen$/, () => ({ kind: 'xen' })],
  [/^d?(\d+)$/, (domain) => ({ kind: 'domain', domain })],
  [/^d(\d+)v(\d+)$/, (domain, vcpu) => ({ kind: 'vcpu', domain, vcpu })],
  [/^d(\d+):pid ?(\d+)$/, (domain, pid) => ({ kind: 'task', domain, pid })],
  [/^p(\d)$/, (cpu) => ({ kind: 'cpu', cpu })],
  [/^vmid ?(\d+)$/, (vmid) => ({ kind: 'vmid', vmid })],
];

/** Reads what `formatScope` writes; a number alone is a domain. */
export function parseScope(text: string): Scope | undefined {
  for (const [pattern, make] of SCOPES) {
    const match = pattern.exec(text.trim());
    if (match) return make(Number(match[1]), Number(match[2]));
  }
  return undefined;
}

/** Prefixes that other debuggers use for the same spaces. */
const PREFIXES: Readonly<Record<string, AddressSpace>> = {
  xen: { kind: 'xen' },
  el2: { kind: 'xen' },
  h: { kind: 'xen' },
  pa: { kind: 'pa' },
  np: { kind: 'pa' },
};

function parseSpace(text: string): AddressSpace | undefined {
  const guest = /^d(\d+):(EL0|EL1|IPA)$/i.exec(text);
  if (guest) {
    const domain = Number(guest[1]);
    const place = guest[2].toUpperCase();
    return place === 'IPA' ? { kind: 'ipa', domain } : { kind: 'guest', domain, el: place === 'EL0' ? 0 : 1 };
  }
  const cpu = /^p(\d)$/i.exec(text);
  if (cpu) return { kind: 'cpu', cpu: Number(cpu[1]) };
  return PREFIXES[text.toLowerCase()];
}

/** Splits `space:rest`; the space is undefined when `text` names none. */
export function splitSpace(text: string): { readonly space: AddressSpace | undefined; readonly rest: string } {
  for (const prefix of [/^(d\d+:(?:EL0|EL1|IPA)):(.*)$/i, /^(xen|el2|h|pa|np|p\d):(.*)$/i]) {
    const match = prefix.exec(text);
    const space = match && parseSpace(match[1]);
    if (match && space) return { space, rest: match[2] };
  }
  return { space: undefined, rest: text };
}

/** Reads `space:0x...`, or a number alone, which is then in `fallback`. Hexadecimal with `0x`, else decimal. */
export function parseLocation(text: string, fallback: AddressSpace | undefined): Location | undefined {
  const { space = fallback, rest } = splitSpace(text.trim());
  const digits = rest.replaceAll(/[_']/g, '');
  if (!space || !/^(0x[0-9a-f]+|\d+)$/i.test(digits)) return undefined;
  const address = BigInt(digits);
  return address < 1n << 64n ? { space, address } : undefined;
}
