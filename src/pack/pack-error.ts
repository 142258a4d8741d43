/** What is wrong with a pack. */
export type PackErrorCode = 'missing' | 'unreachable' | 'no-ranges' | 'format' | 'manifest' | 'damaged';

/** A pack that cannot be used; the message is for the person. */
export class PackError extends Error {
  override readonly name = 'PackError';

  constructor(
    readonly code: PackErrorCode,
    message: string,
  ) {
    super(message);
  }
}
