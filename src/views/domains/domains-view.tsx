/** Xen's domains, with the columns of `xl list`. */
import type { ReactElement } from 'react';
import type { DomainRow } from '../../protocol/awareness.ts';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { AddressLink } from '../../ui/widgets/address-link.tsx';
import { OwnerChip } from '../../ui/widgets/owner-chip.tsx';
import { type StopColumn, StopTable } from '../../ui/widgets/stop-table.tsx';

const STATE_LETTERS = 'r running, b blocked, p paused, s shut down, c crashed, d dying';

const COLUMNS: readonly StopColumn<DomainRow>[] = [
  { title: 'Name', cell: ({ domid }) => <OwnerChip domain={domid} /> },
  { title: 'ID', kind: 'number', cell: ({ domid }) => domid },
  { title: 'Mem', kind: 'number', hint: 'MiB', cell: ({ memory }) => memory },
  { title: 'VCPUs', kind: 'number', cell: ({ vcpus }) => vcpus },
  { title: 'State', kind: 'mono', hint: STATE_LETTERS, cell: ({ state }) => state },
  { title: 'Time(s)', kind: 'number', cell: ({ time }) => time.toFixed(1) },
  { title: 'VMID', kind: 'number', cell: ({ vmid }) => vmid },
  { title: 'VTTBR', kind: 'mono', cell: ({ vttbr }) => vttbr.toString(16) },
  {
    title: 'struct domain',
    cell: ({ address }) => <AddressLink location={{ space: { kind: 'xen' }, address }} view="memory" />,
  },
];

export function DomainsView(): ReactElement {
  return (
    <StopTable
      label="Domains"
      rows={useAtStop('domains', (session, stopId) => session.domains(stopId))}
      columns={COLUMNS}
      targetOf={({ domid }) => ({ kind: 'vcpu', domain: domid, vcpu: 0 })}
      empty="Pause the machine to list the domains from Xen’s own structures."
    />
  );
}
