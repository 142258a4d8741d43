/** One row for each pCPU: level, VMID, whose context, where and what. */
import './styles.css';
import type { ReactElement } from 'react';
import { codeSpace, cpuOfTarget } from '../../client/targets.ts';
import type { CpuStatus } from '../../protocol/status.ts';
import { useClient, useMachine, useTargetContext } from '../../ui/client-context.tsx';
import { AddressLink } from '../../ui/widgets/address-link.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { OwnerChip } from '../../ui/widgets/owner-chip.tsx';

const NO_CPUS: readonly CpuStatus[] = [];

function Who({ cpu }: { readonly cpu: CpuStatus }): ReactElement {
  if (cpu.domain === null) return <OwnerChip domain={cpu.el === 2 && cpu.state === 'running' ? 'xen' : null} />;
  return (
    <>
      <OwnerChip domain={cpu.domain} />
      {cpu.vcpu !== null && <span className="muted"> v{cpu.vcpu}</span>}
    </>
  );
}

export function CpusView(): ReactElement {
  const client = useClient();
  const cpus = useMachine((state) => state.status?.cpus ?? NO_CPUS);
  const target = useTargetContext((state) => state.target);
  if (cpus.length === 0) return <Empty>The four cores will be listed here as soon as a pack is loaded.</Empty>;
  const current = cpuOfTarget(cpus, target)?.cpu;
  return (
    <div className="view">
      <div className="view-body" tabIndex={0}>
        <table className="grid cpus">
          <thead>
            <tr>
              <th>CPU</th>
              <th>EL</th>
              <th>VMID</th>
              <th>Domain</th>
              <th>State</th>
              <th>PC</th>
            </tr>
          </thead>
          <tbody>
            {cpus.map((cpu) => (
              <tr
                key={cpu.cpu}
                aria-selected={cpu.cpu === current}
                onClick={() => client.select({ kind: 'cpu', cpu: cpu.cpu })}
              >
                <td>
                  <button
                    type="button"
                    className="address-link mono"
                    onClick={() => client.select({ kind: 'cpu', cpu: cpu.cpu })}
                  >
                    {cpu.cpu}
                  </button>
                </td>
                <td className="mono">EL{cpu.el}</td>
                <td className="mono">{cpu.vmid}</td>
                <td>
                  <Who cpu={cpu} />
                </td>
                <td>{cpu.state}</td>
                <td>
                  <AddressLink location={{ space: codeSpace(cpu), address: cpu.pc }} label={cpu.symbol ?? undefined} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
