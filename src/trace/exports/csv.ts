/** Statistics as comma-separated values (RFC 4180): one row for each figure, times in ns. */
import type { Distribution, Statistics } from '../statistics.ts';

const COLUMNS = [
  'table',
  'domain',
  'vcpu',
  'name',
  'count',
  'total_ns',
  'mean_ns',
  'p50_ns',
  'p99_ns',
  'max_ns',
  'max_at_ns',
] as const;

type Cell = string | number | null;

/** The whole table, with a line of headings. */
export function statisticsCsv(statistics: Statistics): string {
  const rows: (readonly Cell[])[] = [COLUMNS, ...cpuRows(statistics), ...vcpuRows(statistics), ...taskRows(statistics)];
  for (const row of statistics.exits) rows.push(['exit', row.domid, row.vcpu, row.reason, ...figures(row)]);
  for (const row of statistics.latencies) {
    rows.push([row.kind, row.domid, row.vcpu, row.subject, ...figures(row)]);
  }
  return rows.map((row) => `${row.map(quote).join(',')}\r\n`).join('');
}

function cpuRows({ cpus }: Statistics): Cell[][] {
  return cpus.flatMap(({ cpu, ...times }) =>
    Object.entries(times).map(([name, time]) => ['pcpu', null, `p${cpu}`, name, null, time]),
  );
}

function vcpuRows({ vcpus }: Statistics): Cell[][] {
  return vcpus.flatMap(({ vcpu, domid, turns, ...times }) =>
    Object.entries(times).map(([name, time]) => ['vcpu', domid, vcpu, name, name === 'account' ? turns : null, time]),
  );
}

function taskRows({ tasks }: Statistics): Cell[][] {
  return tasks.flatMap(({ domid, name, turns, running, account }) => [
    ['task running', domid, null, name, null, running],
    ['task account', domid, null, name, turns, account],
  ]);
}

function figures({ count, total, mean, p50, p99, max, maxAt }: Distribution): number[] {
  return [count, total, Math.round(mean), p50, p99, max, maxAt];
}

function quote(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
