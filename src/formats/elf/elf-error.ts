/** Why an ELF file, or a part of it, cannot be used. */
export type ElfErrorCode = 'not-elf' | 'unsupported' | 'truncated' | 'out-of-range' | 'too-large' | 'bad-compression';

/** An ELF file that is damaged, hostile or of a kind that is not supported. */
export class ElfError extends Error {
  override readonly name = 'ElfError';

  constructor(
    readonly code: ElfErrorCode,
    message: string,
  ) {
    super(message);
  }
}
