/** A source file of Xen, a kernel or a program: the editor is loaded when the first one is opened. */
import './styles.css';
import { lazy, type ReactElement, Suspense, useEffect, useState } from 'react';
import { messageOf } from '../../client/client.ts';
import { type OpenSource, sourcePanelId } from '../../client/navigation.ts';
import type { SourceText } from '../../protocol/inspect.ts';
import { useClient } from '../../ui/client-context.tsx';
import type { ViewProps } from '../../ui/workbench/view.ts';
import { Button } from '../../ui/widgets/button.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';

const SourceEditor = lazy(async () => ({ default: (await import('./source-editor.tsx')).SourceEditor }));

function useSourceText(path: string): SourceText | { readonly kind: 'failed'; readonly message: string } | null {
  const client = useClient();
  const [text, setText] = useState<SourceText | { readonly kind: 'failed'; readonly message: string } | null>(
    client.texts.peek(path) ?? null,
  );
  useEffect(() => {
    let isCurrent = true;
    client.texts.get(path).then(
      (found) => isCurrent && setText(found),
      (error: unknown) => isCurrent && setText({ kind: 'failed', message: messageOf(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, path]);
  return text;
}

/** While a file is open, links can name it. */
function useIsOpen(source: OpenSource): void {
  const { navigation } = useClient();
  useEffect(() => {
    const panel = sourcePanelId(source);
    navigation.setState(({ openSources }) => ({ openSources: { ...openSources, [panel]: source } }));
    return () =>
      navigation.setState(({ openSources }) => {
        const { [panel]: _closed, ...others } = openSources;
        return { openSources: others };
      });
  }, [navigation, source]);
}

/** A file that the pack does not have: where it would have to be, and what can be read instead. */
function MissingSource({
  path,
  lookedIn,
}: {
  readonly path: string;
  readonly lookedIn: readonly string[];
}): ReactElement {
  const client = useClient();
  return (
    <div className="view source-missing">
      <p>
        The pack has no source for <span className="mono">{path}</span>. Looked in:
      </p>
      <ul aria-label="Places looked in">
        {lookedIn.length === 0 && <li>nowhere: the pack has no source folders</li>}
        {lookedIn.map((place) => (
          <li key={place} className="mono">
            {place}
          </li>
        ))}
      </ul>
      <Button onClick={() => client.commands.run('view.disassembly')}>Show the disassembly instead</Button>
    </div>
  );
}

export function SourceView({ params }: ViewProps): ReactElement {
  const source = params.source as OpenSource;
  useIsOpen(source);
  const text = useSourceText(source.path);
  if (!text) return <Empty>Loading {source.path}…</Empty>;
  if (text.kind === 'failed')
    return (
      <Empty>
        {source.path} cannot be shown: {text.message}.
      </Empty>
    );
  if (text.kind === 'missing') return <MissingSource path={source.path} lookedIn={text.lookedIn} />;
  return (
    <div className="view">
      <Suspense fallback={<Empty>Loading the editor…</Empty>}>
        <SourceEditor source={source} text={text} />
      </Suspense>
    </div>
  );
}
