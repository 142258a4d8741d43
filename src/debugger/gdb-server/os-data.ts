/** `info os`: the processes that can be attached to. */
import { escapeXml } from './replies.ts';
import type { ThreadInfo } from './targets.ts';
import { XEN_PID } from './threads.ts';

type Row = Readonly<Record<string, string>>;

/** The table called `annex`; that of all tables when it is empty. Undefined when there is no such table. */
export function osData(annex: string, threads: readonly ThreadInfo[]): string | undefined {
  if (annex === '') return document('types', [{ Type: 'processes', Description: 'Xen and its domains', Title: '' }]);
  if (annex === 'processes') return document(annex, [...processes(threads).values()]);
  return undefined;
}

function processes(threads: readonly ThreadInfo[]): ReadonlyMap<number, Row> {
  const rows = new Map<number, Row>();
  for (const { pid, description, core } of threads) {
    const command = pid === XEN_PID ? 'Xen' : description.split(',')[0];
    const cores = [...new Set([...(rows.get(pid)?.['cores']?.split(',') ?? []), `${core}`])].toSorted();
    rows.set(pid, { pid: `${pid}`, user: pid === XEN_PID ? 'EL2' : `d${pid - 1}`, command, cores: cores.join(',') });
  }
  return rows;
}

function document(type: string, rows: readonly Row[]): string {
  const items = rows.map((row) => {
    const columns = Object.entries(row).map(([name, text]) => `<column name="${name}">${escapeXml(text)}</column>`);
    return `<item>${columns.join('')}</item>`;
  });
  return `<?xml version="1.0"?>\n<osdata type="${type}">\n${items.join('\n')}\n</osdata>`;
}
