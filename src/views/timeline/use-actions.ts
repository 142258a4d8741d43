/** Carries out what keys and buttons ask of the timeline. */
import { useRef } from 'react';
import type { Client } from '../../client/client.ts';
import type { TimelineSeek, TimelineSlice, TimelineWindow } from '../../protocol/timeline.ts';
import { useClient } from '../../ui/client-context.tsx';
import type { TimelineAction } from './keys.ts';
import { pan, type Range, zoom } from './range.ts';
import { groupNames, moved, type Row } from './rows.ts';

/** What actions are about. */
export interface ActionContext {
  readonly window: TimelineWindow | null;
  readonly range: Range | null;
  readonly rows: readonly Row[];
  readonly setRange: (range: Range | null) => void;
  /** Where the pointer is over the tracks, as a share of their width; null when it is elsewhere. */
  readonly pointer: () => number | null;
  readonly searchText: string;
  readonly focusField: (field: 'search' | 'track') => void;
  /** Selects a stretch and shows its figures. */
  readonly select: (stretch: Range) => void;
  readonly toggleDrawer: () => void;
}

/** Slices at the other ends of arrows, and which of them is shown. */
interface Followed {
  readonly slices: readonly TimelineSlice[];
  readonly index: number;
}

const isShown = ({ from, to }: Range, range: Range): boolean => to > range.from && from < range.to;

const withRange = ({ from, to }: Range, range: Range): Range => {
  const length = range.to - range.from;
  const middle = (from + Math.min(to, from + length)) / 2;
  return { from: middle - length / 2, to: middle + length / 2 };
};

/** Chooses a slice, bringing it into sight. */
function choose(client: Client, context: ActionContext, slice: TimelineSlice): void {
  client.timeline.setState({ focus: slice });
  if (context.range && !isShown(slice, context.range)) context.setRange(withRange(slice, context.range));
}

function toggled<T>(list: readonly T[], item: T): T[] {
  return list.includes(item) ? list.filter((each) => each !== item) : [...list, item];
}

export function useActions(rendered: ActionContext): (action: TimelineAction) => void {
  const client = useClient();
  // Keys may come faster than the view is rendered: each goes on from the last.
  const context: ActionContext = {
    ...rendered,
    get range() {
      return client.timeline.getState().range ?? rendered.range;
    },
  };
  const followed = useRef<Followed | null>(null);
  const centred = useRef<Range | null>(null);
  const { timeline } = client;

  const seek = async (question: TimelineSeek): Promise<readonly TimelineSlice[]> => {
    try {
      return await client.session.timelineSeek(question);
    } catch {
      return [];
    }
  };
  const seekOne = async (question: TimelineSeek): Promise<void> => {
    const [slice] = await seek(question);
    if (slice) choose(client, context, slice);
  };
  const trackRows = context.rows.filter(({ track }) => track && track.kind !== 'counter');
  /** What is chosen, or the middle of the first track when nothing is. */
  const start = (): { track: number; from: number; to: number; depth: number } | null => {
    const { focus } = timeline.getState();
    if (focus) return focus;
    const first = trackRows.find(({ track }) => track?.kind === 'slices')?.track;
    if (!first || !context.range) return null;
    const middle = (context.range.from + context.range.to) / 2;
    return { track: first.id, from: middle, to: middle, depth: 0 };
  };
  const goToRow = (direction: 1 | -1): void => {
    const from = start();
    if (!from || !context.range) return;
    const index = trackRows.findIndex(({ track }) => track?.id === from.track);
    const next = trackRows[timeline.getState().focus ? index + direction : Math.max(0, index)]?.track;
    const time = Math.max(from.from, context.range.from, Math.min(from.to, context.range.to) - 1);
    if (next) void seekOne({ kind: 'at', track: next.id, time, depth: 0 });
  };
  const follow = async (direction: 1 | -1): Promise<void> => {
    const { focus } = timeline.getState();
    if (!focus) return;
    const slices = await seek({ kind: 'flow', track: focus.track, from: focus.from, to: focus.to, direction });
    followed.current = { slices, index: 0 };
    if (slices[0]) choose(client, context, slices[0]);
  };
  const cycle = (direction: 1 | -1): void => {
    const { current } = followed;
    if (!current || current.slices.length === 0) return;
    const index = (current.index + direction + current.slices.length) % current.slices.length;
    followed.current = { ...current, index };
    choose(client, context, current.slices[index]);
  };
  const search = (direction: 1 | -1): void => {
    if (context.searchText === '' || !context.range) return;
    const { focus } = timeline.getState();
    const time = focus?.from ?? context.range.from;
    void seekOne({ kind: 'search', text: context.searchText, track: focus?.track ?? null, time, direction });
  };
  const moveTrack = (by: 1 | -1): void => {
    const { focus, groupOrder, pinned } = timeline.getState();
    const row = trackRows.find(({ track }) => track?.id === focus?.track);
    if (!row?.track || !context.window) return;
    const own = trackRows.filter(({ group }) => group === row.group).map(({ track }) => track?.id ?? 0);
    const order = moved(own, row.track.id, by);
    if (row.isPinned) timeline.setState({ pinned: moved(pinned, row.track.id, by) });
    else if (order.join() === own.join()) {
      // At the edge of its group the whole group moves.
      timeline.setState({ groupOrder: moved(groupNames(context.window.tracks, { groupOrder }), row.group, by) });
    } else {
      const others = timeline.getState().order.filter((id) => !own.includes(id));
      timeline.setState({ order: [...others, ...order] });
    }
  };
  /** Centres what is chosen, and the second time makes it fill the width. */
  const fitFocus = (): void => {
    const { focus, selection } = timeline.getState();
    const place = focus ?? selection;
    if (!place || !context.range) return;
    // Near the ends of the recording nothing can be centred: what counts is that it was asked for.
    context.setRange(centred.current === place ? zoom(place, 1.4, 0.5) : withRange(place, context.range));
    centred.current = place;
  };
  const recorded = context.window && { from: context.window.recordedFrom, to: context.window.recordedTo };

  return (action) => {
    const { focus, mark, marks, pinned, collapsed } = timeline.getState();
    const { range } = context;
    switch (action.kind) {
      case 'zoom':
        if (range) context.setRange(zoom(range, action.factor, context.pointer() ?? 0.5));
        break;
      case 'pan':
        if (range) context.setRange(pan(range, action.share));
        break;
      case 'neighbour': {
        const from = start();
        if (from) {
          const { direction } = action;
          void seekOne({ kind: 'neighbour', direction, track: from.track, time: from.from, depth: from.depth });
        }
        break;
      }
      case 'row':
        goToRow(action.direction);
        break;
      case 'flow':
        void follow(action.direction);
        break;
      case 'cycle':
        cycle(action.direction);
        break;
      case 'search':
        search(action.direction);
        break;
      case 'move':
        moveTrack(action.by);
        break;
      case 'fit':
        fitFocus();
        break;
      case 'select focus':
        if (focus) context.select({ from: focus.from, to: focus.to });
        break;
      case 'select all':
        if (recorded) context.select(recorded);
        break;
      case 'mark':
        timeline.setState({ mark: mark || !focus ? null : { from: focus.from, to: focus.to } });
        break;
      case 'keep mark':
        if (focus) timeline.setState({ marks: [...marks, { from: focus.from, to: focus.to }] });
        break;
      case 'find':
        context.focusField('search');
        break;
      case 'find track':
        context.focusField('track');
        break;
      case 'pin':
        if (focus) timeline.setState({ pinned: toggled(pinned, focus.track) });
        break;
      case 'collapse': {
        const group = context.rows.find(({ track }) => track && track.id === focus?.track)?.group;
        if (group !== undefined) timeline.setState({ collapsed: toggled(collapsed, group) });
        break;
      }
      case 'drawer':
        context.toggleDrawer();
        break;
      case 'clear':
        timeline.setState({ focus: null, selection: null, mark: null });
        break;
      case 'all':
        if (recorded) context.setRange(recorded);
        break;
    }
  };
}
