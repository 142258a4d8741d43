/** Answers the page's questions for slices. */
import type { TimelineModel } from '../trace/model.ts';
import { type Found, followFlows, neighbour, search, sliceAt } from '../trace/seek.ts';
import type { TimelineSeek, TimelineSlice } from '../protocol/timeline.ts';
import { sliceOf } from './timeline-event.ts';

function find(model: TimelineModel, seek: TimelineSeek): readonly (Found | undefined)[] {
  switch (seek.kind) {
    case 'at':
      return [sliceAt(model, seek.track, seek.time, seek.depth)];
    case 'neighbour':
      return [neighbour(model, seek.track, seek.time, seek.depth, seek.direction)];
    case 'flow':
      return followFlows(model, seek.track, seek.from, seek.to, seek.direction);
    case 'search':
      return [search(model, seek.text, seek.track, seek.time, seek.direction)];
  }
}

/** Slices that answer `seek`; none when there is no such slice. */
export function seekSlices(model: TimelineModel, seek: TimelineSeek): TimelineSlice[] {
  return find(model, seek).flatMap((found) => (found ? [sliceOf(found)] : []));
}
