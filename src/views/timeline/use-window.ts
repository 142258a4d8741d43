/** The window of the recording that is in sight: asked for again when the range or the rows change, and while guests run. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { TimelineWindow } from '../../protocol/timeline.ts';
import { useClient, useMachine, useTimeline } from '../../ui/client-context.tsx';
import { clamp, type Range } from './range.ts';

/** Milliseconds between two questions while the machine runs. */
const INTERVAL = 150;
/** Milliseconds between two questions while the range changes: what is known is drawn stretched meanwhile. */
const REST = 80;
/** Nanoseconds in sight while the present is followed. */
const FOLLOWED = 40e6;
/** What is asked for on either side of what is in sight, so that panning finds something there. */
const MARGIN = 0.25;

export interface TimelineWindowState {
  readonly window: TimelineWindow | null;
  readonly range: Range | null;
  /** Null follows the present. */
  readonly setRange: (range: Range | null) => void;
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}

/** `tracks`: ids of those in sight, with commas between; empty for all. */
export function useWindow(pixels: number, isVisible: boolean, tracks: string): TimelineWindowState {
  const client = useClient();
  const phase = useMachine((state) => state.phase);
  const running = useMachine((state) => state.stop === null);
  const stopId = useMachine((state) => state.stop?.stopId ?? 0);
  const wanted = useTimeline((state) => state.range);
  const [found, setFound] = useState<{ readonly window: TimelineWindow; readonly range: Range } | null>(null);
  const isAsking = useRef(false);
  const isOutdated = useRef(false);
  const question = useRef({ pixels, tracks });
  question.current = { pixels, tracks };

  const ask = useCallback(async (): Promise<void> => {
    isOutdated.current = true;
    if (isAsking.current) return;
    isAsking.current = true;
    try {
      while (isOutdated.current) {
        isOutdated.current = false;
        const asked = performance.now();
        const now = client.machine.getState().status?.virtualTime ?? 0;
        const range = client.timeline.getState().range ?? { from: Math.max(0, now - FOLLOWED), to: Math.max(now, 1) };
        const margin = (range.to - range.from) * MARGIN;
        const window = await client.session.timeline({
          from: range.from - margin,
          to: range.to + margin,
          pixels: question.current.pixels * (1 + 2 * MARGIN),
          tracks: question.current.tracks === '' ? null : question.current.tracks.split(',').map(Number),
        });
        setFound({ window, range });
        await rest(REST - (performance.now() - asked));
      }
    } catch {
      // The session is gone or being replaced: the banner says so.
    } finally {
      isAsking.current = false;
    }
  }, [client]);

  const isReady = isVisible && pixels > 0 && phase === 'ready';
  useEffect(() => {
    if (isReady) void ask();
  }, [isReady, ask, running, stopId, pixels, tracks, wanted]);
  useEffect(() => {
    if (!isReady || !running) return undefined;
    const timer = setInterval(() => void ask(), INTERVAL);
    return () => clearInterval(timer);
  }, [isReady, running, ask]);

  const window = found?.window ?? null;
  const setRange = useCallback(
    (range: Range | null): void => {
      const recorded = window && { from: window.recordedFrom, to: window.recordedTo };
      client.timeline.setState({ range: range && recorded ? clamp(range, recorded) : range });
    },
    [client, window],
  );
  return { window, range: wanted ?? found?.range ?? null, setRange };
}
