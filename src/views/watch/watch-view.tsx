/** Expressions that are evaluated in the current frame at every stop. */
import './styles.css';
import { type ReactElement, useState } from 'react';
import { type Client, messageOf } from '../../client/client.ts';
import type { Variable } from '../../protocol/inspect.ts';
import { useClient, useTargetContext, useWorkspace } from '../../ui/client-context.tsx';
import { useInFrame, useLast } from '../../ui/use-at-stop.ts';
import { VariableTree, type VariableRoot } from '../../ui/variable-tree.tsx';
import { IconButton } from '../../ui/widgets/button.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';

type Result = Variable | { readonly error: string };

function removeWatch(client: Client, index: number): void {
  client.workspace.setState(({ watches }) => ({ watches: watches.filter((_, i) => i !== index) }));
}

function RemoveButton({ index, expression }: { readonly index: number; readonly expression: string }): ReactElement {
  const client = useClient();
  return (
    <span className="watch-remove">
      <IconButton icon="close" title={`Remove ${expression}`} onClick={() => removeWatch(client, index)} />
    </span>
  );
}

function AddForm(): ReactElement {
  const client = useClient();
  const [text, setText] = useState('');
  return (
    <form
      className="watch-add"
      onSubmit={(event) => {
        event.preventDefault();
        const expression = text.trim();
        if (expression) client.workspace.setState(({ watches }) => ({ watches: [...watches, expression] }));
        setText('');
      }}
    >
      <input
        className="field mono"
        placeholder="Expression: current->domain, $ESR_EL2.EC"
        aria-label="New watch expression"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </form>
  );
}

export function WatchView(): ReactElement {
  const client = useClient();
  const watches = useWorkspace((state) => state.watches);
  const frameId = useTargetContext((state) => state.frameId);
  const key = watches.length === 0 ? null : watches.join('\n');
  const { data, isStale } = useInFrame(key, (session, stopId, id) =>
    Promise.all(
      watches.map((expression) =>
        session.evaluate(stopId, id, expression).catch((error: unknown): Result => ({ error: messageOf(error) })),
      ),
    ),
  );
  const shown = useLast(data);
  const roots = watches.map((expression, index): VariableRoot => {
    const result: Result | undefined = shown?.length === watches.length ? shown[index] : undefined;
    const actions = <RemoveButton index={index} expression={expression} />;
    const base = { id: `${index} ${expression}`, name: expression, actions };
    if (!result) return { ...base, variablesReference: 0 };
    if ('error' in result) return { ...base, error: result.error, variablesReference: 0 };
    return { ...base, variable: result, variablesReference: result.variablesReference };
  });
  return (
    <div className="view">
      <AddForm />
      <div className={isStale && watches.length > 0 ? 'view-body stale' : 'view-body'}>
        {watches.length === 0 ? (
          <Empty>Expressions that you add above are evaluated here at every stop.</Empty>
        ) : (
          <VariableTree
            label="Watch"
            roots={roots}
            isStale={isStale}
            frameId={frameId}
            identity="watch"
            onRemove={(id) => removeWatch(client, Number.parseInt(id, 10))}
          />
        )}
      </div>
    </div>
  );
}
