/** Whom a question is about. Every view follows one current target. */

/** A logical or physical processor. */
export type Target =
  | { readonly kind: 'cpu'; readonly cpu: number }
  | { readonly kind: 'vcpu'; readonly domain: number; readonly vcpu: number }
  | { readonly kind: 'task'; readonly domain: number; readonly pid: number };

/** A key that is equal exactly for equal targets, and their notation: `p2`, `d1v0`, `d1:pid 42`. */
export function targetKey(target: Target): string {
  switch (target.kind) {
    case 'cpu':
      return `p${target.cpu}`;
    case 'vcpu':
      return `d${target.domain}v${target.vcpu}`;
    case 'task':
      return `d${target.domain}:pid ${target.pid}`;
  }
}

/** Whom a breakpoint may stop. */
export type Scope =
  | { readonly kind: 'any' }
  | { readonly kind: 'xen' }
  | { readonly kind: 'domain'; readonly domain: number }
  | { readonly kind: 'vcpu'; readonly domain: number; readonly vcpu: number }
  | { readonly kind: 'task'; readonly domain: number; readonly pid: number }
  | { readonly kind: 'cpu'; readonly cpu: number }
  /** By VMID alone: for guests whose domain is not known (no symbols for Xen). */
  | { readonly kind: 'vmid'; readonly vmid: number };

/** `any`, `xen`, `d1`, `d1v0`, `d1:pid 42`, `p2`, `vmid 2`. */
export function formatScope(scope: Scope): string {
  switch (scope.kind) {
    case 'any':
    case 'xen':
      return scope.kind;
    case 'domain':
      return `d${scope.domain}`;
    case 'vmid':
      return `vmid ${scope.vmid}`;
    default:
      return targetKey(scope);
  }
}

const SCOPE_PATTERNS: readonly (readonly [RegExp, (n: number, m: number) => Scope])[] = [
  [/^any$/, () => ({ kind: 'any' })],
  [/^xen$/, () => ({ kind: 'xen' })],
  [/^d(\d+)$/, (domain) => ({ kind: 'domain', domain })],
  [/^d(\d+)v(\d+)$/, (domain, vcpu) => ({ kind: 'vcpu', domain, vcpu })],
  [/^d(\d+):pid (\d+)$/, (domain, pid) => ({ kind: 'task', domain, pid })],
  [/^p(\d)$/, (cpu) => ({ kind: 'cpu', cpu })],
  [/^vmid (\d+)$/, (vmid) => ({ kind: 'vmid', vmid })],
];

/** Reads what `formatScope` writes. */
export function parseScope(text: string): Scope | undefined {
  for (const [pattern, make] of SCOPE_PATTERNS) {
    const match = pattern.exec(text.trim());
    if (match) return make(Number(match[1]), Number(match[2]));
  }
  return undefined;
}
