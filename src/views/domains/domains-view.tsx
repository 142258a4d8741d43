/** Xen's domains, with the columns of `xl list`. */
import type { ReactElement } from 'react';
import { useClient } from '../../ui/client-context.tsx';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { AddressLink } from '../../ui/widgets/address-link.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { OwnerChip } from '../../ui/widgets/owner-chip.tsx';

const STATE_LETTERS = 'r running, b blocked, p paused, s shut down, c crashed, d dying';

export function DomainsView(): ReactElement {
  const client = useClient();
  const { data, error, isStale } = useAtStop('domains', (session, stopId) => session.domains(stopId));
  if (!data) {
    return <Empty>{error ?? 'Pause the machine to list the domains from Xen’s own structures.'}</Empty>;
  }
  return (
    <div className="view">
      <div className={isStale ? 'view-body stale' : 'view-body'} tabIndex={0}>
        <table className="grid">
          <thead>
            <tr>
              <th>Name</th>
              <th className="number">ID</th>
              <th className="number">Mem</th>
              <th className="number">VCPUs</th>
              <th title={STATE_LETTERS}>State</th>
              <th className="number">Time(s)</th>
              <th className="number">VMID</th>
              <th>VTTBR</th>
              <th>struct domain</th>
            </tr>
          </thead>
          <tbody>
            {data.map((row) => (
              <tr key={row.domid} onClick={() => client.select({ kind: 'vcpu', domain: row.domid, vcpu: 0 })}>
                <td>
                  <OwnerChip domain={row.domid} />
                </td>
                <td className="number">{row.domid}</td>
                <td className="number">{row.memory}</td>
                <td className="number">{row.vcpus}</td>
                <td className="mono" title={STATE_LETTERS}>
                  {row.state}
                </td>
                <td className="number">{row.time.toFixed(1)}</td>
                <td className="number">{row.vmid}</td>
                <td className="mono">{row.vttbr.toString(16)}</td>
                <td>
                  <AddressLink location={{ space: { kind: 'xen' }, address: row.address }} view="memory" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
