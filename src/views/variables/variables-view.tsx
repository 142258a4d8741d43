/** Parameters, locals and statics of the current frame. */
import type { ReactElement } from 'react';
import { currentFrame } from '../../client/context-store.ts';
import { useMachine, useTargetContext } from '../../ui/client-context.tsx';
import { useAtFrame, useLast } from '../../ui/use-at-stop.ts';
import { VariableTree } from '../../ui/variable-tree.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';

export function VariablesView(): ReactElement {
  const frame = useTargetContext(currentFrame);
  const isReading = useTargetContext((state) => state.frames.length === 0 && state.framesError === null);
  const frameId = frame?.id ?? null;
  const running = useMachine((state) => state.stop === null);
  const { data, error, isStale } = useAtFrame('scopes', (session, stopId, id) => session.scopes(stopId, id));
  const identity = useLast(frame && `${frame.domain} ${frame.name}`) ?? '';
  const last = useLast(data);
  // Between two stops the variables of the last one stay: a tree that comes and goes would close its branches.
  const shown = data ?? (error === null && (isReading || frameId !== null) ? last : undefined);
  if (!shown) {
    return (
      <Empty>
        {error ??
          (running
            ? 'Pause the machine to see the variables of the current frame.'
            : 'The current frame has no variables: there are no symbols for it.')}
      </Empty>
    );
  }
  const roots = shown.map(({ name, variablesReference }) => ({ id: name, name, variablesReference }));
  return (
    <div className="view">
      <div className={isStale && !isReading ? 'view-body stale' : 'view-body'}>
        <VariableTree
          label="Variables"
          roots={roots}
          frameId={frameId}
          isStale={isStale}
          identity={identity}
          initiallyOpen={['Arguments', 'Locals']}
        />
      </div>
    </div>
  );
}
