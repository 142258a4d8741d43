/** What the timeline shows: shared by the timeline itself and by the views that lead there. Times in nanoseconds of virtual time. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { TimelinePlace, TimelineSlice } from '../protocol/timeline.ts';
import { type NavigationStore, revealPanel } from './navigation.ts';
import type { WorkspaceStore } from './workspace-store.ts';

export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

export interface TimelineState {
  /** In sight; null follows the present. */
  readonly range: TimeRange | null;
  /** The stretch whose figures are shown. */
  readonly selection: TimeRange | null;
  /** The slice that was chosen. */
  readonly focus: TimelineSlice | null;
  /** Tracks that stay on top, by id. */
  readonly pinned: readonly number[];
  /** Groups whose tracks are hidden. */
  readonly collapsed: readonly string[];
  /** Ids of tracks and names of groups that were moved, in their new order. */
  readonly order: readonly number[];
  readonly groupOrder: readonly string[];
  /** Stretches that were marked: the last one goes with the next unless it was kept. */
  readonly marks: readonly TimeRange[];
  readonly mark: TimeRange | null;
}

export type TimelineStore = StoreApi<TimelineState>;

export function createTimelineStore(): TimelineStore {
  return createStore<TimelineState>(() => ({
    range: null,
    selection: null,
    focus: null,
    pinned: [],
    collapsed: [],
    order: [],
    groupOrder: [],
    marks: [],
    mark: null,
  }));
}

/** Keeps in the workspace how the tracks are arranged, and takes it from there. */
export function keepArrangement(timeline: TimelineStore, workspace: WorkspaceStore): void {
  let last = workspace.getState().timeline;
  timeline.setState(last);
  workspace.subscribe(({ timeline: kept }) => {
    if (kept === last) return;
    last = kept;
    timeline.setState(kept);
  });
  timeline.subscribe(({ pinned, collapsed, order, groupOrder }) => {
    const isKept =
      pinned === last.pinned && collapsed === last.collapsed && order === last.order && groupOrder === last.groupOrder;
    if (isKept) return;
    last = { pinned, collapsed, order, groupOrder };
    workspace.setState({ timeline: last });
  });
}

/** How much of what is around a place is shown with it, in its own lengths. */
const SURROUNDINGS = 3;
/** Shortest stretch that is shown around a place, ns. */
const SHORTEST = 2000;

/** The stretch that shows a place with what is around it. */
function rangeAround({ from, to }: TimeRange): TimeRange {
  const margin = Math.max((to - from) * SURROUNDINGS, SHORTEST);
  return { from: Math.max(0, from - margin), to: to + margin };
}

/** Shows a place on the timeline, chosen, and brings the timeline forward. */
export function showOnTimeline(
  timeline: TimelineStore,
  navigation: NavigationStore,
  { track, from, to }: TimelinePlace,
): void {
  const focus: TimelineSlice = { track, from, to, trackName: '', depth: 0, text: '' };
  timeline.setState({ range: rangeAround({ from, to }), focus, mark: { from, to } });
  revealPanel(navigation, 'timeline');
}
