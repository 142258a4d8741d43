/** A tree with the keyboard of the ARIA tree pattern: arrows, Home, End, Enter. The caller owns which nodes are open. */
import { type KeyboardEvent, type ReactElement, type ReactNode, useRef, useState } from 'react';
import { Icon } from './icon.tsx';

/** One visible row, in display order. */
export interface TreeRow {
  readonly id: string;
  /** 1 for the top. */
  readonly depth: number;
  /** Undefined for a leaf. */
  readonly isOpen?: boolean;
  readonly isSelected?: boolean;
  readonly className?: string;
  readonly owner?: string;
  readonly content: ReactNode;
}

export interface TreeProps {
  readonly rows: readonly TreeRow[];
  readonly label: string;
  readonly onToggle: (id: string) => void;
  /** Enter or click. */
  readonly onActivate?: (id: string) => void;
  /** Any other key on a row; return true when it was used. */
  readonly onKey?: (id: string, key: string) => boolean;
}

/** Indentation of one level in pixels. */
const INDENT = 14;

export function Tree({ rows, label, onToggle, onActivate, onKey }: TreeProps): ReactElement {
  const [focusedId, setFocusedId] = useState<string | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const focused = Math.max(
    0,
    rows.findIndex(({ id }) => id === focusedId),
  );

  const focusRow = (index: number): void => {
    const row = rows[Math.min(Math.max(index, 0), rows.length - 1)];
    if (!row) return;
    setFocusedId(row.id);
    root.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(row.id)}"]`)?.focus();
  };
  const parentOf = (index: number): number =>
    rows.findLastIndex((row, i) => i < index && row.depth < rows[index].depth);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (
      event.target instanceof HTMLInputElement ||
      event.target instanceof HTMLSelectElement ||
      event.ctrlKey ||
      event.altKey ||
      event.metaKey
    )
      return;
    const row = rows[focused];
    if (!row) return;
    const actions: Record<string, () => void> = {
      ArrowDown: () => focusRow(focused + 1),
      ArrowUp: () => focusRow(focused - 1),
      Home: () => focusRow(0),
      End: () => focusRow(rows.length - 1),
      ArrowRight: () => (row.isOpen === false ? onToggle(row.id) : focusRow(focused + 1)),
      ArrowLeft: () => (row.isOpen === true ? onToggle(row.id) : focusRow(parentOf(focused))),
      Enter: () => (onActivate ? onActivate(row.id) : onToggle(row.id)),
    };
    const action = actions[event.key];
    if (!action) {
      if (onKey?.(row.id, event.key)) event.preventDefault();
      return;
    }
    if (event.target instanceof HTMLButtonElement && event.key === 'Enter') return;
    event.preventDefault();
    action();
  };

  return (
    <div ref={root} className="tree" role="tree" aria-label={label} onKeyDown={onKeyDown}>
      {rows.map((row, index) => (
        <div
          key={row.id}
          data-id={row.id}
          data-owner={row.owner}
          role="treeitem"
          aria-level={row.depth}
          aria-expanded={row.isOpen}
          aria-selected={row.isSelected ?? false}
          tabIndex={index === focused ? 0 : -1}
          className={`tree-row ${row.className ?? ''}`}
          style={{ paddingLeft: 4 + (row.depth - 1) * INDENT }}
          onFocus={() => setFocusedId(row.id)}
          onClick={() => {
            if (onActivate) onActivate(row.id);
            else if (row.isOpen !== undefined) onToggle(row.id);
          }}
        >
          <span
            className={row.isOpen ? 'twisty open' : 'twisty'}
            onClick={(event) => {
              event.stopPropagation();
              if (row.isOpen !== undefined) onToggle(row.id);
            }}
          >
            {row.isOpen !== undefined && <Icon name="chevron" size={12} />}
          </span>
          {row.content}
        </div>
      ))}
    </div>
  );
}
