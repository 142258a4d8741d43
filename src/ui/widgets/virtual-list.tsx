/** A list that renders only the rows in sight. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactElement, type ReactNode, useEffect, useRef } from 'react';

export interface VirtualListProps {
  readonly count: number;
  /** Pixels. */
  readonly rowHeight: number;
  readonly row: (index: number) => ReactNode;
  readonly label: string;
  /** Row to bring into sight when it changes. */
  readonly reveal?: number;
  readonly className?: string;
}

export function VirtualList({ count, rowHeight, row, label, reveal, className = '' }: VirtualListProps): ReactElement {
  const parent = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => parent.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  useEffect(() => {
    if (reveal !== undefined && reveal >= 0) virtualizer.scrollToIndex(reveal, { align: 'center' });
  }, [reveal, virtualizer]);
  return (
    <div ref={parent} className={`virtual-list ${className}`} role="list" aria-label={label} tabIndex={0}>
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
        {virtualizer.getVirtualItems().map((item) => (
          <div
            key={item.key}
            role="listitem"
            className="virtual-row"
            style={{ height: rowHeight, transform: `translateY(${item.start}px)` }}
          >
            {row(item.index)}
          </div>
        ))}
      </div>
    </div>
  );
}
