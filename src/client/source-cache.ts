/** Texts of source files, read once for each pack. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { SourceText } from '../protocol/inspect.ts';

/** A file that was asked for: its lines, or null while it is being read and when it is not there. */
export type SourceLines = readonly string[] | null;

export type SourceStore = StoreApi<{ readonly files: Readonly<Record<string, SourceLines>> }>;

export function createSourceStore(): SourceStore {
  return createStore(() => ({ files: {} }));
}

/** Asks for a file unless that was done before. */
export function requestSource(store: SourceStore, path: string, read: (path: string) => Promise<SourceText>): void {
  if (path in store.getState().files) return;
  const put = (lines: SourceLines): void => store.setState(({ files }) => ({ files: { ...files, [path]: lines } }));
  put(null);
  read(path).then(
    (source) => source.kind === 'found' && put(source.text.split('\n')),
    () => {
      // Not yet: the symbols are still being opened. The next look asks again.
      const others = Object.entries(store.getState().files).filter(([name]) => name !== path);
      store.setState({ files: Object.fromEntries(others) });
    },
  );
}
