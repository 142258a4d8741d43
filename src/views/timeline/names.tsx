/** The column of names: groups fold, tracks are pinned and moved, by mouse and by keyboard. */
import { memo, type ReactElement } from 'react';
import type { Client } from '../../client/client.ts';
import { useClient } from '../../ui/client-context.tsx';
import { Icon } from '../../ui/widgets/icon.tsx';
import { ownerOf } from '../../ui/widgets/owner-chip.tsx';
import { groupNames, moved, type Row } from './rows.ts';

export interface NamesProps {
  readonly rows: readonly Row[];
  readonly width: number;
  readonly collapsed: readonly string[];
  readonly focusTrack: number | null;
}

function toggle<T>(list: readonly T[], item: T): T[] {
  return list.includes(item) ? list.filter((each) => each !== item) : [...list, item];
}

/** A track or group was dropped on a row: it takes that row's place. */
function drop({ timeline }: Client, rows: readonly Row[], dropped: string, onto: Row): void {
  const [kind, key] = [dropped.slice(0, 1), dropped.slice(1)];
  if (kind === 'g') {
    const tracks = rows.flatMap(({ track }) => (track ? [track] : []));
    const names = groupNames(tracks, timeline.getState());
    timeline.setState({ groupOrder: moved(names, key, names.indexOf(onto.group) - names.indexOf(key)) });
    return;
  }
  const own = rows.flatMap(({ track, group }) => (track && group === onto.group ? [track.id] : []));
  const id = Number(key);
  if (!onto.track || !own.includes(id)) return;
  const order = moved(own, id, own.indexOf(onto.track.id) - own.indexOf(id));
  const others = timeline.getState().order.filter((each) => !own.includes(each));
  timeline.setState(onto.isPinned ? { pinned: order } : { order: [...others, ...order] });
}

function GroupName({ row, isCollapsed }: { readonly row: Row; readonly isCollapsed: boolean }): ReactElement {
  const { timeline } = useClient();
  return (
    <button
      type="button"
      className="timeline-group"
      style={{ top: row.top, height: row.height }}
      data-owner={row.group === 'Hypervisor' ? 'xen' : ownerOf(row.domid)}
      aria-expanded={!isCollapsed}
      draggable={!row.isPinned}
      onDragStart={(event) => event.dataTransfer.setData('text/plain', `g${row.group}`)}
      onClick={() => timeline.setState(({ collapsed }) => ({ collapsed: toggle(collapsed, row.group) }))}
    >
      <span aria-hidden="true">{isCollapsed ? '▸' : '▾'}</span> {row.name}
    </button>
  );
}

function TrackName({ row, isFocus }: { readonly row: Row; readonly isFocus: boolean }): ReactElement {
  const { timeline } = useClient();
  const id = row.track?.id ?? 0;
  return (
    <div
      className="timeline-name"
      style={{ top: row.top, height: row.height }}
      title={row.name}
      data-focus={isFocus}
      draggable
      onDragStart={(event) => event.dataTransfer.setData('text/plain', `t${id}`)}
    >
      <span>{row.name}</span>
      <button
        type="button"
        className="timeline-pin"
        aria-label={`${row.isPinned ? 'Unpin' : 'Pin'} ${row.name}`}
        aria-pressed={row.isPinned}
        onClick={() => timeline.setState(({ pinned }) => ({ pinned: toggle(pinned, id) }))}
      >
        <Icon name="pin" size={11} />
      </button>
    </div>
  );
}

export const Names = memo(function Names({ rows, width, collapsed, focusTrack }: NamesProps): ReactElement {
  const client = useClient();
  return (
    <div
      className="timeline-names"
      style={{ width }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const y = event.clientY - event.currentTarget.getBoundingClientRect().top;
        const onto = rows.find(({ top, height }) => y >= top && y < top + height);
        if (onto) drop(client, rows, event.dataTransfer.getData('text/plain'), onto);
      }}
    >
      <div className="timeline-corner" />
      {rows.map((row) =>
        row.kind === 'group' ? (
          <GroupName key={`group ${row.group}`} row={row} isCollapsed={collapsed.includes(row.group)} />
        ) : (
          <TrackName key={row.track?.id} row={row} isFocus={row.track?.id === focusTrack} />
        ),
      )}
    </div>
  );
});
