/** Everything that can be looked at: pCPUs, Xen, domains with their vCPUs and tasks. */
import './styles.css';
import { type ReactElement, useState } from 'react';
import type { TaskRow, VcpuRow } from '../../protocol/awareness.ts';
import type { PackDomain } from '../../protocol/pack.ts';
import type { CpuStatus } from '../../protocol/status.ts';
import { type Target, targetKey } from '../../protocol/target.ts';
import { useClient, useMachine, useTargetContext } from '../../ui/client-context.tsx';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { Empty } from '../../ui/widgets/empty.tsx';
import { ownerOf } from '../../ui/widgets/owner-chip.tsx';
import { Tree, type TreeRow } from '../../ui/widgets/tree.tsx';

const NO_CPUS: readonly CpuStatus[] = [];
const NO_DOMAINS: readonly PackDomain[] = [];

function Line({
  name,
  detail,
  mono,
}: {
  readonly name: string;
  readonly detail: string;
  readonly mono?: boolean;
}): ReactElement {
  return (
    <>
      <span className={mono ? 'target-name mono' : 'target-name'}>{name}</span>
      <span className="target-detail">{detail}</span>
    </>
  );
}

function cpuDetail({ state, el, vmid, domain, vcpu, symbol }: CpuStatus): string {
  if (state === 'off') return 'off';
  const who = domain === null ? '' : ` d${domain}${vcpu === null ? '' : `v${vcpu}`}`;
  return state === 'sleeping' ? `sleeping EL${el}${who}` : `EL${el}${who} VMID ${vmid} ${symbol ?? ''}`;
}

/** What is known of a vCPU: from the cores, or from Xen's structures when it is on none. */
function vcpuDetail(domain: number, vcpu: number, cpus: readonly CpuStatus[], saved: readonly VcpuRow[]): string {
  const cpu = cpus.find((each) => each.domain === domain && each.vcpu === vcpu);
  if (cpu) return `${cpu.state} on pCPU ${cpu.cpu} EL${cpu.el}`;
  const row = saved.find((each) => each.domid === domain && each.vcpu === vcpu);
  return row ? `${row.runstate} ${row.symbol ?? ''}` : 'not on a pCPU';
}

interface Targeted {
  readonly row: TreeRow;
  readonly target?: Target;
}

function domainRows(
  domain: PackDomain,
  cpus: readonly CpuStatus[],
  saved: readonly VcpuRow[],
  tasks: readonly TaskRow[] | undefined,
  open: ReadonlySet<string>,
): Targeted[] {
  const { domid, name, vcpus } = domain;
  const owner = ownerOf(domid);
  const id = `d${domid}`;
  const head: Targeted = {
    row: {
      id,
      depth: 1,
      owner,
      isOpen: open.has(id),
      content: (
        <>
          <span className="owner-dot" />
          <Line name={name} detail={`${vcpus} vCPU${vcpus === 1 ? '' : 's'}, ${domain.memory} MB`} />
        </>
      ),
    },
  };
  if (!open.has(id)) return [head];
  const vcpuRows = Array.from({ length: vcpus }, (_, vcpu): Targeted => {
    const target = { kind: 'vcpu', domain: domid, vcpu } as const;
    const content = <Line mono name={targetKey(target)} detail={vcpuDetail(domid, vcpu, cpus, saved)} />;
    return { target, row: { id: targetKey(target), depth: 2, owner, content } };
  });
  return [head, ...vcpuRows, ...taskRows(domid, tasks, open)];
}

function taskRows(domid: number, tasks: readonly TaskRow[] | undefined, open: ReadonlySet<string>): Targeted[] {
  if (!tasks) return [];
  const id = `d${domid} tasks`;
  const head: Targeted = {
    row: { id, depth: 2, isOpen: open.has(id), content: <Line name="tasks" detail={String(tasks.length)} /> },
  };
  if (!open.has(id)) return [head];
  return [
    head,
    ...tasks.map(({ pid, comm, state, vcpu }): Targeted => {
      const target = { kind: 'task', domain: domid, pid } as const;
      const detail = `${state}${vcpu === null ? '' : ` on v${vcpu}`}`;
      return {
        target,
        row: { id: targetKey(target), depth: 3, content: <Line mono name={`${pid} ${comm}`} detail={detail} /> },
      };
    }),
  ];
}

function cpuRows(cpus: readonly CpuStatus[], isOpen: boolean): Targeted[] {
  const head: Targeted = {
    row: { id: 'cpus', depth: 1, isOpen, content: <Line name="pCPUs" detail="4 × Cortex-A53" /> },
  };
  if (!isOpen) return [head];
  return [
    head,
    ...cpus.map((cpu): Targeted => {
      const target = { kind: 'cpu', cpu: cpu.cpu } as const;
      const owner = cpu.domain === null ? 'idle' : ownerOf(cpu.domain);
      return {
        target,
        row: {
          id: targetKey(target),
          depth: 2,
          owner,
          content: <Line mono name={`p${cpu.cpu}`} detail={cpuDetail(cpu)} />,
        },
      };
    }),
  ];
}

/** Tasks of the domains that are open, by domain. */
function useTasks(open: ReadonlySet<string>, domains: readonly PackDomain[]): ReadonlyMap<number, readonly TaskRow[]> {
  const wanted = domains.filter(({ domid }) => open.has(`d${domid}`)).map(({ domid }) => domid);
  const { data } = useAtStop(wanted.length > 0 ? wanted.join() : null, async (session, stopId) => {
    const lists = await Promise.all(
      wanted.map(async (domid) => [domid, await session.tasks(stopId, domid).catch((): TaskRow[] => [])] as const),
    );
    return new Map(lists.filter(([, tasks]) => tasks.length > 0));
  });
  return data ?? new Map();
}

const NO_VCPUS: readonly VcpuRow[] = [];

export function TargetsView(): ReactElement {
  const client = useClient();
  const domains = useMachine((state) => state.pack?.domains ?? NO_DOMAINS);
  const cpus = useMachine((state) => state.status?.cpus ?? NO_CPUS);
  const current = useTargetContext((state) => targetKey(state.target));
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(['cpus', 'd0', 'd1', 'd2']));
  const tasks = useTasks(open, domains);
  const { data: saved } = useAtStop('vcpus', (session, stopId) => session.vcpus(stopId));
  if (domains.length === 0)
    return <Empty>Cores, Xen and the domains with their vCPUs and tasks will be listed here.</Empty>;
  const xen: Targeted = {
    row: {
      id: 'xen',
      depth: 1,
      owner: 'xen',
      content: (
        <>
          <span className="owner-dot" />
          <Line
            name="Xen"
            detail={`EL2 on ${cpus.filter(({ el, state }) => el === 2 && state === 'running').length} of ${cpus.length}`}
          />
        </>
      ),
    },
  };
  const rows = [
    ...cpuRows(cpus, open.has('cpus')),
    xen,
    ...domains.flatMap((domain) => domainRows(domain, cpus, saved ?? NO_VCPUS, tasks.get(domain.domid), open)),
  ];
  const toggle = (id: string): void => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  const activate = (id: string): void => {
    const found = rows.find(({ row }) => row.id === id);
    if (found?.target) client.select(found.target);
    else if (found?.row.isOpen !== undefined) toggle(id);
  };
  return (
    <div className="view">
      <div className="view-body">
        <Tree
          label="Targets"
          rows={rows.map(({ row, target }) => ({
            ...row,
            isSelected: target !== undefined && targetKey(target) === current,
          }))}
          onToggle={toggle}
          onActivate={activate}
        />
      </div>
    </div>
  );
}
