/** Go to a function, global variable or file of the current context by any part of its name. */
import { type ReactElement, useEffect, useState } from 'react';
import type { Client } from '../../client/client.ts';
import { messageOf } from '../../client/client.ts';
import { domainName } from '../../client/machine-store.ts';
import { type OpenSource, showLocation, showSource } from '../../client/navigation.ts';
import { cpuOfTarget } from '../../client/targets.ts';
import { formatLocation } from '../../protocol/address.ts';
import type { SymbolMatch } from '../../protocol/inspect.ts';
import { useClient, useMachine } from '../client-context.tsx';
import { OwnerChip } from '../widgets/owner-chip.tsx';
import { PickDialog, type PickDialogProps, PickList } from '../widgets/pick-list.tsx';

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
  const [domain] = useState(() => currentDomain(client));
  const found = useMatches(query, domain);
  const where = domain === null ? 'Xen and all domains' : `Xen and ${domainName(pack, domain)}`;
  const open = (match: SymbolMatch, isRaw: boolean): void => {
    show(client, match, isRaw).catch((error: unknown) => client.report(messageOf(error)));
  };
  return (
    <PickList
      label="Symbol"
      listLabel="Symbols"
      placeholder={`Function, variable or file of ${where}`}
      query={query}
      onQuery={setQuery}
      items={found?.matches ?? []}
      // Only what was found for what is typed: Enter must not open the answer to an earlier question.
      isDisabled={() => found?.query !== query}
      keyOf={(match, index) => `${match.name} ${match.module} ${index}`}
      row={(match) => <MatchRow match={match} />}
      none={emptyWords(query, found, where)}
      foot="Enter shows the source, Shift+Enter the code or memory."
      onPick={open}
      onDone={onDone}
    />
  );
}

export function SymbolSearch(props: PickDialogProps): ReactElement {
  return (
    <PickDialog label="Go to symbol" {...props}>
      <SymbolList onDone={() => props.onOpenChange(false)} />
    </PickDialog>
  );
}
