/**
 * Scrolling over an address space: 2^64 bytes do not fit a scroll bar, so the caller keeps the address of the top row and this turns wheel,
 * keys and size into changes of it.
 */
import { type KeyboardEvent, type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react';

export interface AddressScrollerProps {
  readonly label: string;
  /** Pixels. */
  readonly rowHeight: number;
  /** Moves the top by a number of rows, negative for up. */
  readonly onScroll: (rows: number) => void;
  /** Gets keys first; return true when it was used. */
  readonly onKey?: (event: KeyboardEvent) => boolean;
  /** Renders as many rows as fit. */
  readonly children: (rowsThatFit: number) => ReactNode;
}

export function AddressScroller({ label, rowHeight, onScroll, onKey, children }: AddressScrollerProps): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  const [rows, setRows] = useState(0);
  const scrollRef = useRef(onScroll);
  useEffect(() => {
    scrollRef.current = onScroll;
  });
  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setRows(Math.ceil(element.clientHeight / rowHeight)));
    observer.observe(element);
    let rest = 0;
    // Registered by hand because React's wheel listeners are passive and could not keep the page from scrolling.
    const onWheel = (event: WheelEvent): void => {
      if (event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      rest += event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY : event.deltaY / rowHeight;
      const whole = Math.trunc(rest);
      rest -= whole;
      if (whole !== 0) scrollRef.current(whole);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener('wheel', onWheel);
    };
  }, [rowHeight]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== host.current || event.ctrlKey || event.altKey || event.metaKey) return;
    const isUsed = onKey?.(event) ?? false;
    const move = isUsed ? undefined : { ArrowDown: 1, ArrowUp: -1, PageDown: rows - 1, PageUp: 1 - rows }[event.key];
    if (move === undefined && !isUsed) return;
    event.preventDefault();
    if (move !== undefined) onScroll(move);
  };

  return (
    <div ref={host} className="address-scroller" tabIndex={0} role="region" aria-label={label} onKeyDown={onKeyDown}>
      {rows > 0 && children(rows)}
    </div>
  );
}
