/** What a panel without content says: one sentence on what will be here and how to get it. */
import type { ReactElement, ReactNode } from 'react';

export function Empty({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <div className="empty">
      <p>{children}</p>
    </div>
  );
}
