/** The window of the recording that is in sight: asked for again when the range changes, and at every sample while guests run. */
import { useEffect, useRef, useState } from 'react';
import type { TimelineWindow } from '../../protocol/timeline.ts';
import { useClient, useMachine } from '../../ui/client-context.tsx';
import { clamp, type Range } from './range.ts';

/** Milliseconds between two questions while the machine runs. */
const INTERVAL = 120;

export interface TimelineState {
  readonly window: TimelineWindow | null;
  readonly range: Range | null;
  /** Null follows the present. */
  readonly setRange: (range: Range | null) => void;
}

/** `span`: nanoseconds in sight while the present is followed. */
export function useWindow(pixels: number, isVisible: boolean, span: number): TimelineState {
  const client = useClient();
  const phase = useMachine((state) => state.phase);
  const running = useMachine((state) => state.stop === null);
  const stopId = useMachine((state) => state.stop?.stopId ?? 0);
  const [wanted, setRange] = useState<Range | null>(null);
  const [found, setFound] = useState<TimelineWindow | null>(null);
  const isAsking = useRef(false);

  useEffect(() => {
    if (!isVisible || pixels <= 0 || phase !== 'ready') return undefined;
    let isCurrent = true;
    const ask = async (): Promise<void> => {
      if (isAsking.current) return;
      isAsking.current = true;
      try {
        const now = client.machine.getState().status?.virtualTime ?? 0;
        const range = wanted ?? { from: Math.max(0, now - span), to: Math.max(now, 1) };
        const answer = await client.session.timeline(range.from, range.to, pixels);
        if (isCurrent) setFound(answer);
      } catch {
        // The session is gone or being replaced: the banner says so.
      } finally {
        isAsking.current = false;
      }
    };
    void ask();
    const timer = running || isAsking.current ? setInterval(() => void ask(), INTERVAL) : undefined;
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [client, phase, running, stopId, isVisible, pixels, wanted, span]);

  const recorded = found && { from: found.recordedFrom, to: found.recordedTo };
  return {
    window: found,
    range: wanted ?? (found && { from: found.from, to: found.to }),
    setRange: (range) => setRange(range && recorded ? clamp(range, recorded) : range),
  };
}
