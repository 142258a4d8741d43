/** A table that is sorted by the column whose heading was clicked. Rows may lead somewhere, by mouse and by keyboard. */
import { type KeyboardEvent, type ReactElement, type ReactNode, useState } from 'react';

export interface TableColumn<T> {
  readonly title: string;
  /** What is shown. */
  readonly cell: (row: T) => ReactNode;
  /** What the table is sorted by: numbers, largest first, or text. */
  readonly sort: (row: T) => number | string;
  readonly isNumber?: boolean;
}

export interface SortableTableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly TableColumn<T>[];
  /** Title of the column it is sorted by at first. */
  readonly firstSort: string;
  readonly onRow?: (row: T) => void;
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? b - a : String(a).localeCompare(String(b));
}

interface Sort {
  readonly title: string;
  readonly isReversed: boolean;
}

/** Rows in the order of a column. */
function sortRows<T>(rows: readonly T[], column: TableColumn<T>, isReversed: boolean): readonly T[] {
  const sorted = rows.toSorted((a, b) => compare(column.sort(a), column.sort(b)));
  return isReversed ? sorted.toReversed() : sorted;
}

export function SortableTable<T>({ label, rows, columns, firstSort, onRow }: SortableTableProps<T>): ReactElement {
  const [sort, setSort] = useState<Sort>({ title: firstSort, isReversed: false });
  const column = columns.find(({ title }) => title === sort.title) ?? columns[0];
  const choose = (title: string): void =>
    setSort({ title, isReversed: title === sort.title ? !sort.isReversed : false });
  const onKey = (event: KeyboardEvent, row: T): void => {
    if (event.key === 'Enter') onRow?.(row);
  };
  return (
    <table className="grid" aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ title, isNumber }) => (
            <th
              key={title}
              className={isNumber ? 'number' : undefined}
              aria-sort={title === sort.title ? (sort.isReversed ? 'ascending' : 'descending') : 'none'}
            >
              <button type="button" className="address-link" onClick={() => choose(title)}>
                {title}
                {title === sort.title ? (sort.isReversed ? ' ▴' : ' ▾') : ''}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sortRows(rows, column, sort.isReversed).map((row, index) => (
          <tr
            // Rows have no names of their own, and are drawn anew as a whole.
            key={index}
            className={onRow && 'is-link'}
            tabIndex={onRow && 0}
            onClick={onRow && (() => onRow(row))}
            onKeyDown={onRow && ((event) => onKey(event, row))}
          >
            {columns.map(({ title, cell, isNumber }) => (
              <td key={title} className={isNumber ? 'number' : undefined}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
