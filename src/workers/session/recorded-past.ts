/** The recorded past: windows of the timeline, what it says of an event, and what is recorded besides. Also while the machine runs. */
import type { TimelineFunctions } from '../../protocol/session.ts';
import type { Recording } from '../recording.ts';
import { describeEvent } from '../timeline-event.ts';
import { seekSlices } from '../timeline-seek.ts';
import { cutWindow, windowStatistics } from '../timeline-window.ts';
import type { SessionCore } from './core.ts';

export function timelineFunctions(core: SessionCore): TimelineFunctions {
  const { tracing } = core;
  const upToNow = (): Recording => {
    tracing.recording.update();
    return tracing.recording;
  };
  return {
    timeline: async (request) => {
      const { timelines, store } = upToNow();
      return cutWindow(timelines.model, store.dropped, request);
    },
    timelineSeek: async (seek) => seekSlices(tracing.recording.timelines.model, seek),
    timelineEvent: (track, time, depth) => describeEvent(tracing.recording, core.view, track, time, depth),
    timelineStatistics: async (from, to) => windowStatistics(upToNow().timelines.model, from, to),
    addProbe: async (text) => {
      const { id, name } = await tracing.addProbe(text);
      return { id, name };
    },
    removeProbe: async (id) => tracing.removeProbe(id),
    probes: async () => tracing.probeState,
    setProbeSource: (source, isOn) => tracing.setSource(source, isOn),
    exportTimeline: async (format) => tracing.export(format),
  };
}
