/** From an instruction word to its row of the encoding table. */
import { fieldsOf, type Encoding, type Fields } from './encoding.ts';
import { ENCODINGS } from './table.ts';

/** A decoded word: its row and the values of the row's fields. */
export interface Decoded {
  readonly row: Encoding;
  readonly fields: Fields;
}

/** Rows that a word can match, by its bits 31:21 (2048 buckets). */
const BUCKET_SHIFT = 21;

function fitsBucket(row: Encoding, bucket: number): boolean {
  return ((((bucket << BUCKET_SHIFT) >>> 0) ^ row.value) & row.mask) >>> BUCKET_SHIFT === 0;
}

const buckets: readonly (readonly Encoding[])[] = Array.from({ length: 1 << (32 - BUCKET_SHIFT) }, (_, bucket) =>
  ENCODINGS.filter((row) => fitsBucket(row, bucket)),
);

/** Decodes an unsigned 32-bit word; undefined when it is UNDEFINED in Armv8.0. */
export function decode(word: number): Decoded | undefined {
  for (const row of buckets[word >>> BUCKET_SHIFT]) {
    if ((word & row.mask) >>> 0 !== row.value) continue;
    const fields = fieldsOf(row, word);
    if (row.where === undefined || row.where(fields)) return { row, fields };
  }
  return undefined;
}
