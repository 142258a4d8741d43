/** Which rows of the encoding table have been tested, and how often (tests only). */
import type { Encoding } from '../../arch/a64/encoding.ts';
import { ENCODINGS } from '../../arch/a64/table.ts';

/** Rows by their class, in the order of the table. */
export function rowsByGroup(rows: readonly Encoding[]): [string, Encoding[]][] {
  const groups = new Map<string, Encoding[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return [...groups];
}

export class Coverage {
  readonly #cases = new Map<string, number>();
  /** Variants of uop definitions that have run. */
  readonly variants = new Set<string>();

  /** Counts cases of a row. */
  add(row: string, cases: number): void {
    this.#cases.set(row, (this.#cases.get(row) ?? 0) + cases);
  }

  /** Rows that nothing has tested. */
  get missing(): string[] {
    return ENCODINGS.map((row) => row.name).filter((name) => !this.#cases.get(name));
  }

  get cases(): number {
    return [...this.#cases.values()].reduce((sum, cases) => sum + cases, 0);
  }

  /** One line for each class of the table: its rows with the cases of each; then the sums. */
  toString(): string {
    const lines = rowsByGroup(ENCODINGS).map(([group, rows]) => {
      const entries = rows.map(({ name }) => `${name.slice(0, -group.length - 1)} ${this.#cases.get(name) ?? 0}`);
      return `${group}: ${entries.join(', ')}`;
    });
    const tested = ENCODINGS.length - this.missing.length;
    return `${lines.join('\n')}\nrows tested / rows in all: ${tested} / ${ENCODINGS.length}, ${this.cases} cases, ${this.variants.size} uop variants`;
  }
}
