/** A pack could not be built; the message tells a person what to do. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}
