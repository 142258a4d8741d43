/** A field and the list of what it finds, in a dialog: type, choose by arrows or mouse, Enter. The caller finds. */
import { Dialog } from '@base-ui/react/dialog';
import { type KeyboardEvent, type ReactElement, type ReactNode, useState } from 'react';

export interface PickListProps<T> {
  /** Of the field. */
  readonly label: string;
  readonly listLabel: string;
  readonly placeholder: string;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly items: readonly T[];
  readonly keyOf: (item: T, index: number) => string;
  readonly row: (item: T) => ReactNode;
  readonly isDisabled?: (item: T) => boolean;
  /** Said when nothing is found. */
  readonly none: string;
  readonly foot?: string;
  /** Called after the dialog has given the focus back, so that what moves the focus has the last word. */
  readonly onPick: (item: T, withShift: boolean) => void;
  readonly onDone: () => void;
}

const MOVES: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };

export function PickList<T>(props: PickListProps<T>): ReactElement {
  const { label, listLabel, items, query, onQuery, keyOf, row, isDisabled, onPick, onDone } = props;
  const [selected, setSelected] = useState(0);
  const current = Math.min(selected, items.length - 1);
  const pick = (item: T | undefined, withShift: boolean): void => {
    if (item === undefined || isDisabled?.(item) === true) return;
    onDone();
    setTimeout(() => onPick(item, withShift), 0);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = MOVES[event.key];
    if (move !== undefined) setSelected(Math.max(0, Math.min(current + move, items.length - 1)));
    else if (event.key === 'Enter') pick(items[current], event.shiftKey);
    else return;
    event.preventDefault();
  };
  const list = `${label.toLowerCase()}-list`;
  return (
    <>
      <input
        className="palette-input"
        placeholder={props.placeholder}
        aria-label={label}
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={items.length > 0 ? `${list}-${current}` : undefined}
        spellCheck={false}
        value={query}
        autoFocus
        onKeyDown={onKeyDown}
        onChange={(event) => {
          onQuery(event.target.value);
          setSelected(0);
        }}
      />
      <div id={list} className="palette-list" role="listbox" aria-label={listLabel}>
        {items.map((item, index) => (
          <div
            key={keyOf(item, index)}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === current}
            aria-disabled={isDisabled?.(item)}
            className="palette-row"
            ref={(element) => {
              if (index === current) element?.scrollIntoView({ block: 'nearest' });
            }}
            onPointerMove={() => setSelected(index)}
            onClick={(event) => pick(item, event.shiftKey)}
          >
            {row(item)}
          </div>
        ))}
        {items.length === 0 && <div className="palette-none">{props.none}</div>}
      </div>
      {props.foot !== undefined && <div className="palette-foot">{props.foot}</div>}
    </>
  );
}

export interface PickDialogProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

export function PickDialog({
  label,
  children,
  isOpen,
  onOpenChange,
}: PickDialogProps & { readonly label: string; readonly children: ReactNode }): ReactElement {
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="palette" aria-label={label}>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
