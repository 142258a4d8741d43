/** Parameters, locals and statics of the current frame. */
import type { ReactElement } from 'react';
import { useMachine, useTargetContext } from '../../ui/client-context.tsx';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { VariableTree } from '../../ui/variable-tree.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';

export function VariablesView(): ReactElement {
  const frameId = useTargetContext((state) => state.frameId);
  const running = useMachine((state) => state.stop === null);
  const { data, error, isStale } = useAtStop(frameId === null ? null : `frame ${frameId}`, (session, stopId) =>
    session.scopes(stopId, frameId ?? 0),
  );
  if (!data) {
    return (
      <Empty>
        {error ??
          (running
            ? 'Pause the machine to see the variables of the current frame.'
            : 'The current frame has no variables: there are no symbols for it.')}
      </Empty>
    );
  }
  const roots = data.map(({ name, variablesReference }) => ({ id: name, name, variablesReference }));
  return (
    <div className="view">
      <div className={isStale ? 'view-body stale' : 'view-body'}>
        <VariableTree label="Variables" roots={roots} frameId={frameId} initiallyOpen={['Arguments', 'Locals']} />
      </div>
    </div>
  );
}
