/** Go to a function, global variable or file of the current context by any part of its name. */
import { Dialog } from '@base-ui/react/dialog';
import { type KeyboardEvent, type ReactElement, useEffect, useState } from 'react';
import type { Client } from '../../client/client.ts';
import { messageOf } from '../../client/client.ts';
import { domainName } from '../../client/machine-store.ts';
import { type OpenSource, showLocation, showSource } from '../../client/navigation.ts';
import { cpuOfTarget } from '../../client/targets.ts';
import { formatLocation } from '../../protocol/address.ts';
import type { SymbolMatch } from '../../protocol/inspect.ts';
import { useClient, useMachine } from '../client-context.tsx';
import { OwnerChip } from '../widgets/owner-chip.tsx';

/** The domain that the current target is about; null for none in particular. */
function currentDomain(client: Client): number | null {
  const { target } = client.context.getState();
  if (target.kind !== 'cpu') return target.domain;
  return cpuOfTarget(client.machine.getState().status?.cpus ?? [], target)?.domain ?? null;
}

function domainOf({ space }: SymbolMatch): number | null {
  return space.kind === 'guest' ? space.domain : null;
}

function ownerOfMatch(match: SymbolMatch): OpenSource['owner'] {
  const domain = domainOf(match);
  return domain === null ? { kind: 'xen' } : { kind: 'domain', domain };
}

function showMemoryOf(client: Client, { kind, location }: SymbolMatch): void {
  if (location) showLocation(client.navigation, kind === 'function' ? 'disassembly' : 'memory', location);
}

/** Shows the source of what was found, or its code or memory when it has none. */
async function show(client: Client, match: SymbolMatch, isRaw: boolean): Promise<void> {
  const source = match.source ?? (isRaw ? null : await client.session.definition(match.name, null, domainOf(match)));
  if (source && !isRaw) showSource(client.navigation, { ...source, owner: ownerOfMatch(match), takesFocus: true });
  else showMemoryOf(client, match);
}

interface Found {
  readonly query: string;
  readonly matches: readonly SymbolMatch[];
  readonly error: string | null;
}

/** What was found for the last query that was answered. */
function useMatches(query: string, domain: number | null): Found | null {
  const client = useClient();
  const [found, setFound] = useState<Found | null>(null);
  useEffect(() => {
    let isCurrent = true;
    const put = (matches: readonly SymbolMatch[], error: string | null): void => {
      if (isCurrent) setFound({ query, matches, error });
    };
    const search = async (): Promise<readonly SymbolMatch[]> => client.session.searchSymbols(query, domain);
    search().then(
      (matches) => put(matches, null),
      (error: unknown) => put([], messageOf(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, query, domain]);
  return found;
}

const KIND_WORDS = { function: 'function', data: 'variable', file: 'file' } as const;

function MatchRow({ match }: { readonly match: SymbolMatch }): ReactElement {
  const { kind, name, source, location } = match;
  const where = source ? source.path : location ? formatLocation(location) : '';
  return (
    <>
      <span className="palette-category">{KIND_WORDS[kind]}</span>
      <span className="palette-title mono">{name}</span>
      <span className="palette-detail mono">{where}</span>
      <OwnerChip domain={match.space.kind === 'guest' ? match.space.domain : 'xen'} />
    </>
  );
}

function emptyWords(query: string, found: Found | null, where: string): string {
  if (query.trim() === '') return `Type a part of the name of a function, variable or file of ${where}.`;
  if (found?.query !== query) return 'Searching…';
  return found.error ?? `Nothing in the symbols of ${where} is called that.`;
}

function SymbolList({ onDone }: { readonly onDone: () => void }): ReactElement {
  const client = useClient();
  const pack = useMachine((state) => state.pack);
  const [query, setQuery] = useState('');
  const [selected, setSelected] = useState(0);
  const [domain] = useState(() => currentDomain(client));
  const found = useMatches(query, domain);
  const matches = found?.matches ?? [];
  const current = Math.min(selected, matches.length - 1);
  const where = domain === null ? 'Xen and all domains' : `Xen and ${domainName(pack, domain)}`;

  const open = (match: SymbolMatch | undefined, isRaw: boolean): void => {
    if (!match) return;
    onDone();
    // After the dialog has given the focus back, so that the editor has it in the end.
    setTimeout(() => void show(client, match, isRaw).catch((error: unknown) => client.report(messageOf(error))), 0);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (move !== undefined) setSelected(Math.min(Math.max(current + move, 0), matches.length - 1));
    // Only what was found for what is typed: Enter must not open the answer to an earlier question.
    else if (event.key === 'Enter' && found?.query === query) open(matches[current], event.shiftKey);
    else if (event.key !== 'Enter') return;
    event.preventDefault();
  };

  return (
    <>
      <input
        className="palette-input"
        placeholder={`Function, variable or file of ${where}`}
        aria-label="Symbol"
        role="combobox"
        aria-expanded="true"
        aria-controls="symbol-list"
        aria-activedescendant={matches[current] ? `symbol-${current}` : undefined}
        spellCheck={false}
        value={query}
        autoFocus
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setQuery(event.target.value);
          setSelected(0);
        }}
      />
      <div id="symbol-list" className="palette-list" role="listbox" aria-label="Symbols">
        {matches.map((match, index) => (
          <div
            key={`${match.name} ${match.module} ${index}`}
            id={`symbol-${index}`}
            role="option"
            aria-selected={index === current}
            className="palette-row"
            ref={(element) => {
              if (index === current) element?.scrollIntoView({ block: 'nearest' });
            }}
            onPointerMove={() => setSelected(index)}
            onClick={(event) => open(match, event.shiftKey)}
          >
            <MatchRow match={match} />
          </div>
        ))}
        {matches.length === 0 && <div className="palette-none">{emptyWords(query, found, where)}</div>}
      </div>
      <div className="palette-foot">Enter shows the source, Shift+Enter the code or memory.</div>
    </>
  );
}

export interface SymbolSearchProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

export function SymbolSearch({ isOpen, onOpenChange }: SymbolSearchProps): ReactElement {
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="palette" aria-label="Go to symbol">
          <SymbolList onDone={() => onOpenChange(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
