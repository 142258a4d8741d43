/** Guest packs as the page sees them. */

/** The terminals of a pack: Xen's own console and one for each domain. */
export type TerminalId = 'xen' | `d${number}`;

/** A file the person chose from disk. Structurally a web `File`, without naming the DOM here. */
export interface LocalFile {
  readonly name: string;
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** Where a pack comes from. */
export type PackSource =
  /** A folder URL, ending in `/`, that serves `manifest.json`. */
  | { readonly kind: 'url'; readonly url: string }
  /** The files of a folder, by name relative to it. */
  | { readonly kind: 'files'; readonly files: readonly LocalFile[] };

/** A domain that the pack's device tree creates. */
export interface PackDomain {
  readonly domid: number;
  /** `Dom0`, `DomU1`. */
  readonly name: string;
  /** Number of vCPUs. */
  readonly vcpus: number;
  /** MiB. */
  readonly memory: number;
  readonly vmid: number;
}

/** What a pack holds. */
export interface PackInfo {
  readonly name: string;
  /** Component to version, for the about box: `Xen` to `4.17.5+72`. */
  readonly versions: Readonly<Record<string, string>>;
  readonly domains: readonly PackDomain[];
  /** The pack has a boot snapshot, so that the machine can start at the prompts. */
  readonly hasSnapshot: boolean;
}
