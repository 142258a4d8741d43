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

/** Files as they are shown in editors, each read once: a step into a file finds it there when its panel is drawn. */
export class SourceTexts {
  readonly #asked = new Map<string, Promise<SourceText>>();
  readonly #known = new Map<string, SourceText>();

  constructor(private readonly read: (path: string) => Promise<SourceText>) {}

  /** Forgets everything: another pack has other files. */
  clear(): void {
    this.#asked.clear();
    this.#known.clear();
  }

  /** A file, if it has been read. */
  peek(path: string): SourceText | undefined {
    return this.#known.get(path);
  }

  get(path: string): Promise<SourceText> {
    const asked = this.#asked.get(path) ?? this.#read(path);
    this.#asked.set(path, asked);
    return asked;
  }

  async #read(path: string): Promise<SourceText> {
    try {
      const text = await this.read(path);
      this.#known.set(path, text);
      return text;
    } catch (error) {
      this.#asked.delete(path);
      throw error;
    }
  }
}
