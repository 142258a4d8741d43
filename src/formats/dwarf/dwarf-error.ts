/** Why debugging information cannot be used. */
export type DwarfErrorCode = 'truncated' | 'malformed' | 'unsupported' | 'limit';

/** Debugging information that is damaged, hostile or of a kind that is not supported. */
export class DwarfError extends Error {
  override readonly name = 'DwarfError';

  constructor(
    readonly code: DwarfErrorCode,
    message: string,
  ) {
    super(message);
  }
}
