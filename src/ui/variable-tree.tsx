/** A lazy tree of variables, for the Variables and Watch views. */
import { type ReactElement, type ReactNode, useEffect, useState } from 'react';
import { messageOf } from '../client/client.ts';
import { showLocation } from '../client/navigation.ts';
import type { Variable } from '../protocol/inspect.ts';
import { addBreakpoint } from '../client/breakpoint-store.ts';
import { useChangedValues } from './use-changed-values.ts';
import { FormatSelect, isAbsent, VariableValue } from './variable-value.tsx';
import { useClient, useMachine } from './client-context.tsx';
import { IconButton } from './widgets/button.tsx';
import { EditField } from './widgets/edit-field.tsx';
import { Tree, type TreeRow } from './widgets/tree.tsx';

/** A top-level row. */
export interface VariableRoot {
  readonly id: string;
  /** A scope's heading, or an expression. */
  readonly name: string;
  readonly variable?: Variable;
  readonly error?: string;
  readonly variablesReference: number;
  readonly actions?: ReactNode;
}

/** Children by reference, read when a node is opened and dropped at the next stop. */
function useChildren(
  open: ReadonlySet<string>,
  wanted: readonly number[],
  isStale: boolean,
): ReadonlyMap<number, readonly Variable[]> {
  const client = useClient();
  const stop = useMachine((state) => state.stop);
  const revision = useMachine((state) => state.revision);
  const [children, setChildren] = useState<ReadonlyMap<number, readonly Variable[]>>(new Map());
  // The children of the last stop stay in sight until the roots have been read anew: references are of one stop.
  useEffect(() => {
    if (!isStale) setChildren(new Map());
  }, [stop, revision, isStale]);
  const missing = wanted.filter((reference) => !children.has(reference)).join();
  useEffect(() => {
    if (!stop || isStale || missing === '') return undefined;
    let isCurrent = true;
    for (const reference of missing.split(',').map(Number)) {
      client.session
        .variables(stop.stopId, reference)
        .catch((): readonly Variable[] => [])
        .then((list) => {
          if (isCurrent) setChildren((old) => new Map(old).set(reference, list));
        })
        .catch((error: unknown) => client.report(messageOf(error)));
    }
    return () => {
      isCurrent = false;
    };
  }, [client, stop, isStale, missing, open]);
  return children;
}

function ValueEditor({
  variable,
  frameId,
  onDone,
}: {
  readonly variable: Variable;
  readonly frameId: number | null;
  readonly onDone: () => void;
}): ReactElement {
  const client = useClient();
  const { name, value, evaluateName } = variable;
  const write = (text: string): Promise<boolean> =>
    client.write((session, stopId) => session.setExpression(stopId, frameId, evaluateName ?? name, text));
  return <EditField label={`New value of ${name}`} initial={value} onCommit={write} onDone={onDone} />;
}

function VariableActions({
  variable,
  onEdit,
}: {
  readonly variable: Variable;
  readonly onEdit: () => void;
}): ReactElement {
  const client = useClient();
  const { location, size, evaluateName } = variable;
  const watch = (): void =>
    client.workspace.setState(({ watches }) => ({ watches: [...watches, evaluateName ?? variable.name] }));
  const breakOnChange = (): void => {
    if (!location) return;
    const place = { kind: 'data', location, size: size ?? 8, access: 'change' } as const;
    addBreakpoint(client.breakpoints, { enabled: true, place, scope: { kind: 'any' } });
  };
  return (
    <span className="row-actions">
      <FormatSelect variable={variable} />
      {variable.writable && <IconButton icon="edit" title="Change the value (F2)" onClick={onEdit} />}
      {evaluateName !== undefined && <IconButton icon="plus" title="Watch" onClick={watch} />}
      {location && (
        <IconButton
          icon="search"
          title="Show in memory"
          onClick={() => showLocation(client.navigation, 'memory', location)}
        />
      )}
      {location && <IconButton icon="follow" title="Break on change" onClick={breakOnChange} />}
    </span>
  );
}

interface Node {
  readonly id: string;
  readonly depth: number;
  readonly name: string;
  readonly variable?: Variable;
  readonly error?: string;
  readonly reference: number;
  readonly actions?: ReactNode;
}

function flatten(
  nodes: readonly Node[],
  open: ReadonlySet<string>,
  children: ReadonlyMap<number, readonly Variable[]>,
): Node[] {
  return nodes.flatMap((node) => {
    if (node.reference === 0 || !open.has(node.id)) return [node];
    const below = (children.get(node.reference) ?? []).map((variable, index): Node => ({
      id: `${node.id}/${index}:${variable.name}`,
      depth: node.depth + 1,
      name: variable.name,
      variable,
      reference: variable.variablesReference,
    }));
    return [node, ...flatten(below, open, children)];
  });
}

export interface VariableTreeProps {
  readonly label: string;
  readonly roots: readonly VariableRoot[];
  readonly frameId: number | null;
  /** The roots are of an earlier stop. */
  readonly isStale?: boolean;
  /** What the values are about, so that those of something else do not count as changed. */
  readonly identity: string;
  readonly initiallyOpen?: readonly string[];
  /** Delete on a top-level row. */
  readonly onRemove?: (id: string) => void;
}

export function VariableTree(props: VariableTreeProps): ReactElement {
  const { label, roots, frameId, isStale = false, identity, initiallyOpen = [], onRemove } = props;
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(initiallyOpen));
  const [editing, setEditing] = useState<string | null>(null);
  const [wanted, setWanted] = useState<readonly number[]>([]);
  const children = useChildren(open, wanted, isStale);
  const nodes = flatten(
    roots.map(({ variablesReference, ...root }): Node => ({ ...root, depth: 1, reference: variablesReference })),
    open,
    children,
  );
  const references = nodes.filter((node) => node.reference !== 0 && open.has(node.id)).map((node) => node.reference);
  if (references.join() !== wanted.join()) setWanted(references);
  const changed = useChangedValues(
    identity,
    nodes.map(({ id, variable }) => ({ id, value: variable?.value })),
  );
  const onKey = (id: string, key: string): boolean => {
    const node = nodes.find((each) => each.id === id);
    const isEdit = key === 'F2' && node?.variable?.writable === true;
    if (isEdit) setEditing(id);
    const isRemoval = key === 'Delete' && node?.depth === 1 && onRemove !== undefined;
    if (isRemoval) onRemove(id);
    return isEdit || isRemoval;
  };
  const toggle = (id: string): void => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  const row = (node: Node): TreeRow => ({
    id: node.id,
    depth: node.depth,
    isOpen: node.reference === 0 ? undefined : open.has(node.id),
    content: (
      <>
        <span className={node.variable ? 'variable-name' : 'variable-scope'}>{node.name}</span>
        {node.variable && <span className="dim">=</span>}
        {node.variable && editing === node.id && (
          <ValueEditor variable={node.variable} frameId={frameId} onDone={() => setEditing(null)} />
        )}
        {node.variable && editing !== node.id && (
          <span
            className={`variable-value${changed.has(node.id) ? ' changed' : ''}${isAbsent(node.variable) ? ' absent' : ''}`}
            title={node.variable.type}
            onDoubleClick={() => node.variable?.writable && setEditing(node.id)}
          >
            <VariableValue variable={node.variable} />
          </span>
        )}
        {node.error !== undefined && <span className="variable-error">{node.error}</span>}
        {node.variable && <span className="variable-type">{node.variable.type}</span>}
        {node.variable && <VariableActions variable={node.variable} onEdit={() => setEditing(node.id)} />}
        {node.actions}
      </>
    ),
  });
  return <Tree label={label} rows={nodes.map(row)} onToggle={toggle} onKey={onKey} />;
}
