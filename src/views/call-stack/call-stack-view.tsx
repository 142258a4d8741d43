/** The stack of the current target, across exception levels. */
import './styles.css';
import type { KeyboardEvent, ReactElement } from 'react';
import { formatLocation } from '../../protocol/address.ts';
import type { StackFrame } from '../../protocol/inspect.ts';
import { targetKey } from '../../protocol/target.ts';
import { useClient, useMachine, useTargetContext } from '../../ui/client-context.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { ownerOf } from '../../ui/widgets/owner-chip.tsx';

function FrameRow({ frame, isCurrent }: { readonly frame: StackFrame; readonly isCurrent: boolean }): ReactElement {
  const client = useClient();
  if (frame.presentationHint === 'label') {
    return (
      <div className="frame-boundary" role="option" aria-selected="false" aria-disabled="true">
        <span>{frame.name}</span>
      </div>
    );
  }
  const owner = frame.el === 2 ? 'xen' : ownerOf(frame.domain);
  return (
    <div
      role="option"
      aria-selected={isCurrent}
      className={`frame ${frame.presentationHint}`}
      data-owner={owner}
      title={formatLocation(frame.location)}
      onClick={() => client.showFrame(frame)}
    >
      <span className="frame-level">EL{frame.el}</span>
      <span className="frame-name">{frame.name}</span>
      {frame.isInlined && <span className="frame-inlined">inlined</span>}
      <span className="frame-parameters">{frame.parameters}</span>
      <span className="frame-source">
        {frame.source ? `${frame.source.path.split('/').at(-1)}:${frame.source.line}` : ''}
      </span>
    </div>
  );
}

export function CallStackView(): ReactElement {
  const client = useClient();
  const { frames, frameId, framesError, target } = useTargetContext((state) => state);
  const running = useMachine((state) => state.stop === null);
  if (frames.length === 0) {
    const text = running
      ? 'Pause the machine to see the call stack, from the program through the kernel into Xen.'
      : (framesError ?? 'The current target has no stack at this stop.');
    return <Empty>{text}</Empty>;
  }
  const real = frames.filter((frame) => frame.presentationHint !== 'label');
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = move === undefined ? undefined : real[real.findIndex(({ id }) => id === frameId) + move];
    if (!next) return;
    event.preventDefault();
    client.showFrame(next);
  };
  return (
    <div className="view">
      <div className="view-bar">{targetKey(target)}</div>
      <div
        className={running ? 'view-body stale' : 'view-body'}
        role="listbox"
        aria-label="Call stack"
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        {frames.map((frame, index) => (
          <FrameRow key={`${frame.id} ${index}`} frame={frame} isCurrent={frame.id === frameId} />
        ))}
      </div>
    </div>
  );
}
