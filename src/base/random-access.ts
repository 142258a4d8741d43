/** Bytes that can be read anywhere without reading the rest: a file, an HTTP resource with range requests, a buffer. */
export interface RandomAccess {
  /** Total size in bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; rejects when the range is not inside the source. */
  read(offset: number, length: number): Promise<Uint8Array>;
}
