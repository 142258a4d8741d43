/** A key chord as key caps. */
import type { ReactElement } from 'react';

export function Keys({ chord }: { readonly chord: string }): ReactElement {
  return <kbd className="keys">{chord}</kbd>;
}
