/** The rows of the timeline from top to bottom: what is pinned, then the groups, in the order the person gave them. */
import type { TimelineTrack } from '../../protocol/timeline.ts';

/** Pixels. */
export const RULER_HEIGHT = 22;
const GROUP_HEIGHT = 18;
const ROW_HEIGHT = 18;
export const NESTED_HEIGHT = 13;
const COUNTER_HEIGHT = 30;

/** One row on screen. */
export interface Row {
  readonly kind: 'group' | 'track';
  readonly group: string;
  readonly name: string;
  readonly domid: number | null;
  readonly track: TimelineTrack | null;
  readonly isPinned: boolean;
  /** Pixels from the top of all rows. */
  readonly top: number;
  readonly height: number;
}

/** How the person arranged the tracks. */
export interface Arrangement {
  readonly pinned: readonly number[];
  readonly collapsed: readonly string[];
  readonly order: readonly number[];
  readonly groupOrder: readonly string[];
}

const PINNED = 'Pinned';
const MARKS = 'Marks';

function heightOf({ kind, depth }: TimelineTrack): number {
  if (kind === 'counter') return COUNTER_HEIGHT;
  return kind === 'spans' ? Math.max(ROW_HEIGHT, depth * NESTED_HEIGHT + 4) : ROW_HEIGHT;
}

/** Those that `order` names in its order, then the others in theirs. */
function arrange<T, K>(items: readonly T[], keyOf: (item: T) => K, order: readonly K[]): T[] {
  const rank = (item: T): number => {
    const index = order.indexOf(keyOf(item));
    return index < 0 ? order.length : index;
  };
  return items.toSorted((a, b) => rank(a) - rank(b));
}

/** `keys` with `key` moved by so many places, as far as there are any. */
export function moved<K>(keys: readonly K[], key: K, by: number): K[] {
  const from = keys.indexOf(key);
  if (from < 0) return [...keys];
  const rest = keys.toSpliced(from, 1);
  return rest.toSpliced(Math.max(0, Math.min(rest.length, from + by)), 0, key);
}

/** Names of the groups in their order: marks come first unless they were moved. */
export function groupNames(
  tracks: readonly TimelineTrack[],
  { groupOrder }: Pick<Arrangement, 'groupOrder'>,
): string[] {
  const names = [...new Set(tracks.map(({ group }) => group))];
  return arrange(
    arrange(names, (name) => name, [MARKS]),
    (name) => name,
    groupOrder,
  );
}

/** All rows; `titleOf` is how a group is called. */
export function layOut(
  tracks: readonly TimelineTrack[],
  arrangement: Arrangement,
  titleOf: (group: string) => string = (group) => group,
): Row[] {
  const rows: Row[] = [];
  let top = RULER_HEIGHT;
  const add = (row: Omit<Row, 'top'>): void => {
    rows.push({ ...row, top });
    top += row.height;
  };
  const addGroup = (group: string, own: readonly TimelineTrack[], isPinned: boolean): void => {
    const common = { group, isPinned, domid: own[0].domid };
    // One row of marks needs no heading.
    if (group !== MARKS) {
      add({ ...common, kind: 'group', name: isPinned ? group : titleOf(group), track: null, height: GROUP_HEIGHT });
    }
    if (arrangement.collapsed.includes(group)) return;
    for (const track of own)
      add({ ...common, kind: 'track', name: track.name, domid: track.domid, track, height: heightOf(track) });
  };
  const isPinned = ({ id }: TimelineTrack): boolean => arrangement.pinned.includes(id);
  const pinned = arrange(tracks.filter(isPinned), ({ id }) => id, arrangement.pinned);
  if (pinned.length > 0) addGroup(PINNED, pinned, true);
  for (const group of groupNames(tracks, arrangement)) {
    const own = tracks.filter((track) => track.group === group && !isPinned(track));
    if (own.length > 0)
      addGroup(
        group,
        arrange(own, ({ id }) => id, arrangement.order),
        false,
      );
  }
  return rows;
}

/** Total height of rows. */
export function heightOfRows(rows: readonly Row[]): number {
  const last = rows.at(-1);
  return last ? last.top + last.height : RULER_HEIGHT;
}

/** The row at a height. */
export function rowAt(rows: readonly Row[], y: number): Row | undefined {
  return rows.find(({ top, height }) => y >= top && y < top + height);
}

/** Rows that are partly between two heights. */
export function rowsBetween(rows: readonly Row[], top: number, bottom: number): Row[] {
  return rows.filter((row) => row.top + row.height > top && row.top < bottom);
}

/** Nesting at a height within a track's row. */
export function depthAt(row: Row, y: number): number {
  return row.track?.kind === 'spans' ? Math.max(0, Math.floor((y - row.top - 2) / NESTED_HEIGHT)) : 0;
}

/** The slice at a point of a track; undefined for none. */
export function sliceAt({ slices, kind }: TimelineTrack, time: number, depth: number): number | undefined {
  if (!slices) return undefined;
  for (let index = slices.starts.length - 1; index >= 0; index -= 1) {
    const isHere = slices.starts[index] <= time && time < slices.ends[index];
    if (isHere && (kind !== 'spans' || slices.depths[index] === depth)) return index;
  }
  return undefined;
}

/** The marker that is nearest to a time and not further than `reach` (ns). */
export function markerAt({ slices }: TimelineTrack, time: number, reach: number): number | undefined {
  let best: number | undefined;
  let distance = reach;
  slices?.starts.forEach((start, index) => {
    if (Math.abs(start - time) > distance) return;
    distance = Math.abs(start - time);
    best = index;
  });
  return best;
}
