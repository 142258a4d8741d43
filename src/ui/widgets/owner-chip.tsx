/** Who: a domain or Xen in its colour, always with its name. */
import type { ReactElement } from 'react';
import { domainName } from '../../client/machine-store.ts';
import { formatScope, type Scope } from '../../protocol/target.ts';
import { useMachine } from '../client-context.tsx';

/** Number of domain colours; further domains share them. */
const HUES = 6;

/** Value of `data-owner`, from which the colour follows. */
export function ownerOf(domain: number | null | 'xen'): string {
  if (domain === 'xen') return 'xen';
  return domain === null ? 'idle' : String(domain % HUES);
}

/** `DomU1` in its colour; null is idle. */
export function OwnerChip({ domain }: { readonly domain: number | null | 'xen' }): ReactElement {
  const pack = useMachine((state) => state.pack);
  const name = domain === 'xen' ? 'Xen' : domain === null ? 'idle' : domainName(pack, domain);
  return (
    <span className="owner-chip" data-owner={ownerOf(domain)}>
      {name}
    </span>
  );
}

function ownerOfScope(scope: Scope): string {
  if (scope.kind === 'xen') return 'xen';
  return 'domain' in scope ? ownerOf(scope.domain) : 'idle';
}

/** `[d1]`, `[xen]`, `[any]`. */
export function ScopeChip({ scope }: { readonly scope: Scope }): ReactElement {
  return (
    <span className="scope-chip" data-owner={ownerOfScope(scope)}>
      {formatScope(scope)}
    </span>
  );
}
