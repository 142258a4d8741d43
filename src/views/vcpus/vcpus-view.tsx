/** Xen's vCPUs, with the columns of `xl vcpu-list`. */
import type { ReactElement } from 'react';
import { targetKey } from '../../protocol/target.ts';
import { useClient, useTargetContext } from '../../ui/client-context.tsx';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { AddressLink } from '../../ui/widgets/address-link.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { OwnerChip } from '../../ui/widgets/owner-chip.tsx';

export function VcpusView(): ReactElement {
  const client = useClient();
  const current = useTargetContext((state) => targetKey(state.target));
  const { data, error, isStale } = useAtStop('vcpus', (session, stopId) => session.vcpus(stopId));
  if (!data) {
    return <Empty>{error ?? 'Pause the machine to list the vCPUs and where each of them is, running or not.'}</Empty>;
  }
  return (
    <div className="view">
      <div className={isStale ? 'view-body stale' : 'view-body'} tabIndex={0}>
        <table className="grid">
          <thead>
            <tr>
              <th>Name</th>
              <th className="number">ID</th>
              <th className="number">VCPU</th>
              <th className="number">CPU</th>
              <th>State</th>
              <th className="number">Time(s)</th>
              <th>Affinity (Hard / Soft)</th>
              <th>Runstate</th>
              <th>PC</th>
              <th>struct vcpu</th>
            </tr>
          </thead>
          <tbody>
            {data.map((row) => {
              const target = { kind: 'vcpu', domain: row.domid, vcpu: row.vcpu } as const;
              return (
                <tr
                  key={targetKey(target)}
                  aria-selected={targetKey(target) === current}
                  onClick={() => client.select(target)}
                >
                  <td>
                    <OwnerChip domain={row.domid} />
                  </td>
                  <td className="number">{row.domid}</td>
                  <td className="number">{row.vcpu}</td>
                  <td className="number">{row.cpu ?? '-'}</td>
                  <td className="mono">{row.state}</td>
                  <td className="number">{row.time.toFixed(1)}</td>
                  <td>{row.affinity}</td>
                  <td>{row.runstate}</td>
                  <td>
                    <AddressLink
                      location={{ space: { kind: 'guest', domain: row.domid, el: 1 }, address: row.pc }}
                      label={row.symbol ?? undefined}
                    />
                  </td>
                  <td>
                    <AddressLink location={{ space: { kind: 'xen' }, address: row.address }} view="memory" />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}
