/** An expression that cannot be understood or evaluated. `at` is the position in its text, when one is to blame. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';

  constructor(
    message: string,
    readonly at?: number,
  ) {
    super(message);
  }
}
