/** Columns and cells that tables of figures have in common. */
import type { ReactElement } from 'react';
import { formatDuration, formatShare } from './duration.ts';
import { OwnerChip } from './owner-chip.tsx';
import type { TableColumn } from './sortable-table.tsx';

/** Nanoseconds. */
export function timeColumn<T>(title: string, of: (row: T) => number): TableColumn<T> {
  return { title, sort: of, cell: (row) => formatDuration(of(row)), isNumber: true };
}

/** A part, 0 to 1. */
export function shareColumn<T>(title: string, of: (row: T) => number): TableColumn<T> {
  return { title, sort: of, cell: (row) => formatShare(of(row)), isNumber: true };
}

export function countColumn<T>(title: string, of: (row: T) => number): TableColumn<T> {
  return { title, sort: of, cell: of, isNumber: true };
}

/** Names of the machine and its guests. */
export function nameColumn<T>(title: string, of: (row: T) => string): TableColumn<T> {
  return { title, sort: of, cell: (row) => <span className="mono">{of(row)}</span> };
}

/** `DomU1 d1v0`; Xen's own and idle time have no vCPU. */
export function Who({ domid, name }: { readonly domid: number | null; readonly name: string }): ReactElement {
  return (
    <>
      <OwnerChip domain={domid ?? (name === 'idle' ? null : 'xen')} /> {domid === null ? '' : name}
    </>
  );
}

interface OfVcpu {
  readonly vcpu: string;
  readonly domid: number | null;
}

export function vcpuColumn<T extends OfVcpu>(title = 'vCPU'): TableColumn<T> {
  return { title, sort: ({ vcpu }) => vcpu, cell: ({ vcpu, domid }) => <Who domid={domid} name={vcpu} /> };
}
