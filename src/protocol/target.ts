/** Whom a question is about. Every view follows one current target. */

export { formatScope, parseScope, type Scope } from '../debugger/contexts/spaces.ts';

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
