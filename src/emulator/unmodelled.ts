/** The list of what guests touched that the machine does not model (DESIGN: never silently wrong). */

/** One kind of access from one place. */
export interface UnmodelledAccess {
  /** `read` or `write` of a physical address, or the name of what was touched. */
  readonly what: string;
  /** Physical address; absent for things that have none, such as system registers. */
  readonly address?: number;
  /** Bytes. */
  readonly width?: number;
  readonly pc: bigint;
  readonly el: number;
  readonly vmid: number;
  /** How often. */
  count: number;
}

/** Distinct accesses that are kept; beyond them only the total is counted. */
const MAXIMUM = 1000;

export class UnmodelledLog {
  private readonly byKey = new Map<string, UnmodelledAccess>();
  /** All accesses, listed or not. */
  total = 0;

  note(access: Omit<UnmodelledAccess, 'count'>): void {
    this.total++;
    const key = `${access.what} ${access.address} ${access.width} ${access.pc} ${access.el} ${access.vmid}`;
    const known = this.byKey.get(key);
    if (known) known.count++;
    else if (this.byKey.size < MAXIMUM) this.byKey.set(key, { ...access, count: 1 });
  }

  /** In the order of their first occurrence. */
  get accesses(): readonly UnmodelledAccess[] {
    return [...this.byKey.values()];
  }

  clear(): void {
    this.byKey.clear();
    this.total = 0;
  }
}
