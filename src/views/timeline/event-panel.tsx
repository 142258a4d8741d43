/** What happened at the chosen slice, as far as it was recorded, and the way from there to code and registers. */
import { type ReactElement, useEffect, useState } from 'react';
import type { Client } from '../../client/client.ts';
import { showSource } from '../../client/navigation.ts';
import type { EventFrame, TimelineEvent, TimelineSlice } from '../../protocol/timeline.ts';
import { targetKey } from '../../protocol/target.ts';
import { useClient } from '../../ui/client-context.tsx';
import { AddressLink } from '../../ui/widgets/address-link.tsx';
import { Button } from '../../ui/widgets/button.tsx';
import { formatDuration } from '../../ui/widgets/duration.ts';
import { Empty } from '../../ui/widgets/empty.tsx';
import { formatTime } from './range.ts';

/** What is known of the slice at a place, read when it is chosen. */
export function useEvent(focus: TimelineSlice | null): TimelineEvent | null {
  const client = useClient();
  const [event, setEvent] = useState<TimelineEvent | null>(null);
  useEffect(() => {
    setEvent(null);
    if (!focus) return undefined;
    let isCurrent = true;
    client.session.timelineEvent(focus.track, focus.from, focus.depth).then(
      (found) => isCurrent && setEvent(found),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [client, focus]);
  return event;
}

function goToSource(client: Client, { source, location }: EventFrame): void {
  if (!source || !location) return;
  const { space } = location;
  const owner =
    space.kind === 'guest' ? ({ kind: 'domain', domain: space.domain } as const) : ({ kind: 'xen' } as const);
  showSource(client.navigation, { ...source, owner });
}

function Frame({ frame }: { readonly frame: EventFrame }): ReactElement {
  const client = useClient();
  if (frame.kind !== 'frame') return <li className={`timeline-${frame.kind}`}>{frame.text}</li>;
  return (
    <li className="timeline-frame">
      {frame.location && <AddressLink location={frame.location} label={frame.text} />}
      {frame.source && (
        <button type="button" className="address-link dim" onClick={() => goToSource(client, frame)}>
          {frame.source.path.split('/').at(-1)}:{frame.source.line}
        </button>
      )}
    </li>
  );
}

export function EventPanel({ event }: { readonly event: TimelineEvent | null }): ReactElement {
  const client = useClient();
  if (!event) return <Empty>Click a slice, or press . to choose one: what happened there is shown here.</Empty>;
  const { slice, facts, stack, target } = event;
  return (
    <div className="timeline-event">
      <h3>{slice.text}</h3>
      <p className="muted">
        {slice.trackName} · {formatTime(slice.from, 1000)} · {formatDuration(slice.to - slice.from)}
      </p>
      {stack.length > 0 && (
        <ul className="timeline-stack" aria-label="Stack of the event">
          {stack.map((frame, index) => (
            // The rows of one event never move.
            <Frame key={index} frame={frame} />
          ))}
        </ul>
      )}
      <dl className="timeline-facts" aria-label="Facts of the event">
        {facts.map(({ name, value }, index) => (
          <div key={index}>
            <dt>{name}</dt>
            <dd className="mono">{value}</dd>
          </div>
        ))}
      </dl>
      {target && <Button onClick={() => client.select(target)}>Look at {targetKey(target)}</Button>}
      <p className="dim">
        The recording has where each exception came from, its syndrome and its context. General registers, memory and
        the callers within one exception level are not recorded: pause at a breakpoint, or probe the functions in
        between.
      </p>
    </div>
  );
}
