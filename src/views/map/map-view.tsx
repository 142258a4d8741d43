/** The whiteboard picture, alive: columns are domains, rows exception levels, Xen under all of them, each pCPU a marker. */
import './styles.css';
import type { ReactElement } from 'react';
import { domainName } from '../../client/machine-store.ts';
import { cpuOfTarget } from '../../client/targets.ts';
import type { PackDomain } from '../../protocol/pack.ts';
import type { CpuStatus, ExceptionLevel, TransitionKind } from '../../protocol/status.ts';
import { useClient, useMachine, useTargetContext } from '../../ui/client-context.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { ownerOf } from '../../ui/widgets/owner-chip.tsx';
import { type Column, type Crossing, columnsOf, crossingsOf, type Marker, markersOf } from './map-model.ts';

const NO_CPUS: readonly CpuStatus[] = [];
const NO_DOMAINS: readonly PackDomain[] = [];
const ROWS: readonly ExceptionLevel[] = [0, 1, 2];

interface CellProps {
  readonly column: Column;
  readonly el: ExceptionLevel;
  readonly name: string;
  readonly markers: readonly Marker[];
  readonly currentCpu: number | undefined;
}

/** One domain at one exception level. A click makes a pCPU that is there, or the domain's first vCPU, the current target. */
function Cell({ column, el, name, markers, currentCpu }: CellProps): ReactElement {
  const client = useClient();
  const here = markers.filter((marker) => marker.column === column && marker.el === el);
  const select = (): void => {
    if (here.length > 0) client.select({ kind: 'cpu', cpu: here[0].cpu });
    else if (column !== null) client.select({ kind: 'vcpu', domain: column, vcpu: 0 });
  };
  const place = el === 2 ? `Xen for ${name}` : `${name} EL${el}`;
  const who = here.length > 0 ? `pCPU ${here.map(({ cpu }) => cpu).join(' ')}` : 'no pCPU';
  return (
    <button
      type="button"
      className={`map-cell el${el}${here.some(({ cpu }) => cpu === currentCpu) ? ' current' : ''}`}
      data-owner={el === 2 ? 'xen' : ownerOf(column)}
      onClick={select}
    >
      <span className="visually-hidden">{`${place}: ${who}`}</span>
      {here.map(({ cpu, isSleeping }) => (
        <span
          key={cpu}
          aria-hidden="true"
          className={isSleeping ? 'map-cpu sleeping' : 'map-cpu'}
          title={`pCPU ${cpu} ${isSleeping ? 'sleeping (WFI)' : 'running'} in ${place}`}
        >
          {cpu}
        </span>
      ))}
    </button>
  );
}

/** Kinds whose names are too long for a column. */
const SHORT_NAMES: Readonly<Partial<Record<TransitionKind, string>>> = { ABORT: 'ABT' };

/** What crossed one boundary of one column, entries before returns. */
function Boundary({ crossings }: { readonly crossings: readonly Crossing[] }): ReactElement {
  return (
    <div className="map-boundary">
      {crossings.slice(0, 2).map(({ kind, isEntry, count }) => (
        <span key={`${kind}${isEntry}`} className="map-crossing" title={`${count} since the last sample`}>
          {isEntry ? '↓' : '↑'}
          {SHORT_NAMES[kind] ?? kind}
        </span>
      ))}
    </div>
  );
}

export function MapView(): ReactElement {
  const pack = useMachine((state) => state.pack);
  const cpus = useMachine((state) => state.status?.cpus ?? NO_CPUS);
  const target = useTargetContext((state) => state.target);
  const domains = pack?.domains ?? NO_DOMAINS;
  if (domains.length === 0 || cpus.length === 0) {
    return (
      <Empty>
        Every core will be shown here in the domain and exception level where it is, as soon as a pack is loaded.
      </Empty>
    );
  }
  const columns = columnsOf(domains.map(({ domid }) => domid));
  const markers = markersOf(cpus);
  const crossings = crossingsOf(cpus);
  const currentCpu = cpuOfTarget(cpus, target)?.cpu;
  const nameOf = (column: Column): string => (column === null ? 'idle' : domainName(pack, column));
  return (
    <div className="view map" style={{ gridTemplateColumns: `34px repeat(${columns.length}, minmax(0, 1fr))` }}>
      <span />
      {columns.map((column) => (
        <span key={String(column)} className="map-column" data-owner={ownerOf(column)}>
          {nameOf(column)}
        </span>
      ))}
      {ROWS.flatMap((el) => [
        <span key={`el${el}`} className="map-row">
          EL{el}
          {el === 2 && <small>Xen</small>}
        </span>,
        ...columns.map((column) =>
          column === null && el < 2 ? (
            <span key={`${el}idle`} />
          ) : (
            <Cell key={`${el}${column}`} {...{ column, el, markers, currentCpu }} name={nameOf(column)} />
          ),
        ),
        ...(el === 2
          ? []
          : [
              <span key={`b${el}`} />,
              ...columns.map((column) => (
                <Boundary
                  key={`b${el}${column}`}
                  crossings={crossings.filter((each) => each.column === column && each.boundary === el)}
                />
              )),
            ]),
      ])}
    </div>
  );
}
