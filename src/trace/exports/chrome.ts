/** Chrome's trace event format (JSON): what chrome://tracing, Perfetto and others read. Times in microseconds. */
import { FLOW_KINDS } from '../labels.ts';
import type { TimelineModel } from '../model.ts';
import { counterValue, type TrackEntry, trackList } from '../track-list.ts';

const COUNTER_STEP = 1e6;

interface ChromeEvent {
  readonly ph: 'X' | 'i' | 'C' | 'M' | 's' | 'f';
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: number;
  readonly s?: 't';
  readonly bp?: 'e';
  readonly args?: Readonly<Record<string, string | number>>;
}

/** The text of the trace, in pieces. */
export function* chromeTrace(model: TimelineModel): Generator<string> {
  yield '{"displayTimeUnit":"ns","traceEvents":[\n';
  let separator = '';
  for (const event of events(model)) {
    yield separator + JSON.stringify(event);
    separator = ',\n';
  }
  yield '\n]}\n';
}

function* events(model: TimelineModel): Generator<ChromeEvent> {
  const entries = trackList(model);
  const groups = [...new Set(entries.map(({ group }) => group))];
  const pidOf = new Map(entries.map(({ id, group }) => [id, groups.indexOf(group) + 1]));
  for (const [index, name] of groups.entries()) {
    yield { ph: 'M', pid: index + 1, tid: 0, name: 'process_name', args: { name } };
    yield { ph: 'M', pid: index + 1, tid: 0, name: 'process_sort_index', args: { sort_index: index } };
  }
  for (const [rank, entry] of entries.entries()) {
    const where = { pid: pidOf.get(entry.id) ?? 0, tid: entry.id + 1 };
    yield { ph: 'M', ...where, name: 'thread_name', args: { name: entry.name } };
    yield { ph: 'M', ...where, name: 'thread_sort_index', args: { sort_index: rank } };
    yield* trackEvents(model, entry, where);
  }
  yield* flowEvents(model, pidOf);
}

type Where = Pick<ChromeEvent, 'pid' | 'tid'>;

function* trackEvents(model: TimelineModel, { data, name }: TrackEntry, where: Where): Generator<ChromeEvent> {
  if (data.kind === 'counter') {
    for (let time = model.start; time < model.end; time += COUNTER_STEP) {
      const value = counterValue(model, data.counter, time, Math.min(model.end, time + COUNTER_STEP));
      yield { ph: 'C', ...where, name, ts: time / 1000, args: { value } };
    }
    return;
  }
  const { track } = data;
  for (let i = 0; i < track.count; i++) {
    const { text, category } = model.labels.get(track.labels.values[i]);
    const start = track.starts.values[i];
    if (data.kind === 'markers') yield { ph: 'i', ...where, name: text, ts: start / 1000, s: 't' };
    if (data.kind === 'markers' || category === 'none') continue;
    const end = data.kind === 'slices' ? data.track.endOf(i) : Math.min(data.track.ends.values[i], model.end);
    yield { ph: 'X', ...where, name: text, cat: category, ts: start / 1000, dur: (end - start) / 1000 };
  }
}

function* flowEvents({ flows }: TimelineModel, pidOf: ReadonlyMap<number, number>): Generator<ChromeEvent> {
  for (let id = 0; id < flows.count; id++) {
    const name = FLOW_KINDS[flows.kinds.values[id]];
    const [from, to] = [flows.fromTracks.values[id], flows.toTracks.values[id]];
    const common = { name, cat: 'flow', id };
    yield { ph: 's', pid: pidOf.get(from) ?? 0, tid: from + 1, ts: flows.fromTimes.values[id] / 1000, ...common };
    yield { ph: 'f', bp: 'e', pid: pidOf.get(to) ?? 0, tid: to + 1, ts: flows.toTimes.values[id] / 1000, ...common };
  }
}
