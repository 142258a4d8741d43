/** Xen's vCPUs, with the columns of `xl vcpu-list`. */
import type { ReactElement } from 'react';
import type { VcpuRow } from '../../protocol/awareness.ts';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { AddressLink } from '../../ui/widgets/address-link.tsx';
import { OwnerChip } from '../../ui/widgets/owner-chip.tsx';
import { type StopColumn, StopTable } from '../../ui/widgets/stop-table.tsx';

function Place({ domid, pc, symbol }: VcpuRow): ReactElement {
  const location = { space: { kind: 'guest', domain: domid, el: 1 }, address: pc } as const;
  return <AddressLink location={location} label={symbol ?? undefined} />;
}

const COLUMNS: readonly StopColumn<VcpuRow>[] = [
  { title: 'Name', cell: ({ domid }) => <OwnerChip domain={domid} /> },
  { title: 'ID', kind: 'number', cell: ({ domid }) => domid },
  { title: 'VCPU', kind: 'number', cell: ({ vcpu }) => vcpu },
  { title: 'CPU', kind: 'number', cell: ({ cpu }) => cpu ?? '-' },
  { title: 'State', kind: 'mono', cell: ({ state }) => state },
  { title: 'Time(s)', kind: 'number', cell: ({ time }) => time.toFixed(1) },
  { title: 'Affinity (Hard / Soft)', cell: ({ affinity }) => affinity },
  { title: 'Runstate', cell: ({ runstate }) => runstate },
  { title: 'PC', cell: Place },
  {
    title: 'struct vcpu',
    cell: ({ address }) => <AddressLink location={{ space: { kind: 'xen' }, address }} view="memory" />,
  },
];

export function VcpusView(): ReactElement {
  return (
    <StopTable
      label="vCPUs"
      rows={useAtStop('vcpus', (session, stopId) => session.vcpus(stopId))}
      columns={COLUMNS}
      targetOf={({ domid, vcpu }) => ({ kind: 'vcpu', domain: domid, vcpu })}
      empty="Pause the machine to list the vCPUs and where each of them is, running or not."
    />
  );
}
