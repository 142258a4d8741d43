/** Paths of source files, and which of them a person means. */

export class PathTable {
  readonly #all = new Set<string>();
  readonly #byBaseName = new Map<string, string[]>();

  add(path: string): void {
    if (this.#all.has(path)) return;
    this.#all.add(path);
    const base = baseName(path);
    const same = this.#byBaseName.get(base);
    if (same) same.push(path);
    else this.#byBaseName.set(base, [path]);
  }

  /** All paths, sorted. */
  sorted(): string[] {
    return [...this.#all].toSorted();
  }

  /** The known paths that `path` means: equal, or ending in it at a directory boundary, or (last) the other way round. */
  resolve(path: string): string[] {
    if (this.#all.has(path)) return [path];
    const known = this.#byBaseName.get(baseName(path)) ?? [];
    const longer = known.filter((it) => it.endsWith(`/${path}`));
    return longer.length > 0 ? longer : known.filter((it) => path.endsWith(`/${it}`));
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
