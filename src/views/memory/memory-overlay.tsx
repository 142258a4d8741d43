/** A structure laid over memory: its members as a tree, and the bytes they take up. */
import { type ReactElement, useEffect, useState } from 'react';
import { messageOf } from '../../client/client.ts';
import { formatLocation, formatSpace, type Location } from '../../protocol/address.ts';
import type { Variable } from '../../protocol/inspect.ts';
import { useClient } from '../../ui/client-context.tsx';
import { useAtStop, useLast } from '../../ui/use-at-stop.ts';
import { VariableTree } from '../../ui/variable-tree.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';

/** Characters of a type's name before names are proposed. */
const LEAST_QUERY = 3;

/** The bytes of a member of the structure. */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** The type laid over an address. */
export interface Overlay {
  readonly type: string;
  readonly location: Location;
}

interface LaidOver {
  readonly whole: Variable;
  readonly members: readonly Variable[];
}

function useOverlay(overlay: Overlay | null): { data: LaidOver | undefined; error: string | null } {
  const key = overlay && `${overlay.type} ${formatLocation(overlay.location)}`;
  const { data, error } = useAtStop(key, async (session, stopId): Promise<LaidOver> => {
    if (!overlay) throw new Error('no type');
    const whole = await session.overlay(stopId, overlay.location, overlay.type);
    const { variablesReference } = whole;
    return { whole, members: variablesReference === 0 ? [] : await session.variables(stopId, variablesReference) };
  });
  return { data: useLast(data), error };
}

function fieldsOf({ whole, members }: LaidOver): Field[] {
  const parts = members.length > 0 ? members : [whole];
  return parts.flatMap(({ name, value, location, size }) =>
    location && size ? [{ name, value, start: location.address, end: location.address + BigInt(size) }] : [],
  );
}

function useTypeNames(query: string, { space }: Location): readonly string[] {
  const client = useClient();
  const [names, setNames] = useState<readonly string[]>([]);
  const spaceKey = formatSpace(space);
  useEffect(() => {
    if (query.length < LEAST_QUERY) return undefined;
    let isCurrent = true;
    client.session.searchTypes(query, space).then(
      (found) => isCurrent && setNames(found),
      (error: unknown) => client.report(messageOf(error)),
    );
    return () => {
      isCurrent = false;
    };
    // The key stands for the space, which may be a new object every time.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [client, query, spaceKey]);
  return names;
}

export interface MemoryOverlayProps {
  readonly at: Location;
  readonly overlay: Overlay | null;
  readonly onOverlay: (overlay: Overlay | null) => void;
  /** Gets the members to show over the bytes. */
  readonly onFields: (fields: readonly Field[]) => void;
}

export function MemoryOverlay({ at, overlay, onOverlay, onFields }: MemoryOverlayProps): ReactElement {
  const [text, setText] = useState(overlay?.type ?? '');
  const names = useTypeNames(text.trim(), at);
  const { data, error } = useOverlay(overlay);
  useEffect(() => {
    onFields(overlay && data && error === null ? fieldsOf(data) : []);
    return () => onFields([]);
  }, [overlay, data, error, onFields]);
  const place = overlay && formatLocation(overlay.location);
  return (
    <aside className="memory-overlay" aria-label="Structure">
      <form
        className="view-bar"
        onSubmit={(event) => {
          event.preventDefault();
          onOverlay(text.trim() === '' ? null : { type: text.trim(), location: at });
        }}
      >
        <input
          className="field mono"
          aria-label="Type to lay over the memory"
          placeholder="struct domain"
          list="memory-types"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <datalist id="memory-types">
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <button type="submit" className="text-toggle" title={`Lay it over ${formatLocation(at)}`}>
          lay over selection
        </button>
      </form>
      <div className="view-body">
        {overlay && data && error === null ? (
          <VariableTree
            label="Members"
            frameId={null}
            identity={`${overlay.type} ${place}`}
            initiallyOpen={['whole']}
            roots={[
              {
                id: 'whole',
                name: `${overlay.type} at ${place}`,
                variablesReference: data.whole.variablesReference,
                variable: data.whole.variablesReference === 0 ? data.whole : undefined,
              },
            ]}
          />
        ) : (
          <Empty>
            {overlay && error !== null
              ? `${overlay.type} cannot be laid over this memory: ${error}.`
              : 'Type the name of a structure and press Enter: its members are read from the selected byte on.'}
          </Empty>
        )}
      </div>
    </aside>
  );
}
