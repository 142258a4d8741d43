/** The layout of an index file: a header, then sections. */
import { decodeText, type SectionData } from '../../../formats/elf/section.ts';
import { Cursor } from '../../../formats/dwarf/cursor.ts';
import type { Pager } from '../../../formats/elf/pager.ts';
import { ByteWriter } from './bytes.ts';

/** Changes with every change of what is written. */
export const INDEX_FORMAT = 1;

const MAGIC = 'TRAPLINE-INDEX';
const HEADER_SIZE = 256;

/** `names` and `inlined` are hash tables; `paths` tells of each path how many bytes of `lines` are its own; `labels` are names by number. */
export const INDEX_SECTIONS = ['names', 'inlined', 'paths', 'lines', 'labels'] as const;
export type IndexSection = (typeof INDEX_SECTIONS)[number];

/** What an index belongs to. */
export interface IndexSubject {
  readonly buildId: string | undefined;
  /** Size of .debug_info in bytes. */
  readonly infoSize: number;
}

/** The header of an index. Sections are places within the file. */
export interface IndexHeader extends IndexSubject {
  /** What addresses in the index count from. */
  readonly base: bigint;
  readonly sections: Readonly<Record<IndexSection, { readonly offset: number; readonly size: number }>>;
}

/** The whole file. */
export function writeIndexFile(
  subject: IndexSubject,
  base: bigint,
  sections: Readonly<Record<IndexSection, Uint8Array>>,
): Uint8Array {
  const head = new ByteWriter();
  head.cstring(MAGIC);
  head.uleb(INDEX_FORMAT);
  head.cstring(subject.buildId ?? '');
  head.uleb(subject.infoSize);
  head.cstring(base.toString(16));
  for (const name of INDEX_SECTIONS) head.uleb(sections[name].length);
  head.bytes(new Uint8Array(HEADER_SIZE - head.length));
  for (const name of INDEX_SECTIONS) head.bytes(sections[name]);
  return head.finish();
}

/** Reads the header; undefined when the file is no index, or one of another format. May throw `Missing`. */
export function readIndexHeader(pager: Pager): IndexHeader | undefined {
  if (pager.size < HEADER_SIZE) return undefined;
  const cursor = new Cursor(pager.bytes(0, HEADER_SIZE));
  if (decodeText(cursor.block(MAGIC.length), MAGIC.length) !== MAGIC) return undefined;
  cursor.skip(1);
  if (cursor.uleb() !== INDEX_FORMAT) return undefined;
  const buildId = cursor.cstring();
  const infoSize = cursor.uleb();
  const base = BigInt(`0x${cursor.cstring()}`);
  let offset = HEADER_SIZE;
  const places = INDEX_SECTIONS.map((name) => {
    const size = cursor.uleb();
    offset += size;
    return [name, { offset: offset - size, size }] as const;
  });
  const sections = Object.fromEntries(places) as unknown as IndexHeader['sections'];
  return offset === pager.size ? { buildId: buildId || undefined, infoSize, base, sections } : undefined;
}

/** Texts by number: how many, where each begins and the last one ends, then the texts. */
export function writeTexts(texts: readonly string[]): Uint8Array {
  const data = new ByteWriter();
  const head = new ByteWriter();
  head.u32(texts.length);
  for (const text of texts) {
    head.u32(data.length);
    data.bytes(new TextEncoder().encode(text));
  }
  head.u32(data.length);
  head.bytes(data.finish());
  return head.finish();
}

/** Text `number` of what `writeTexts` wrote. */
export function textIn(texts: SectionData, number: number): string {
  const count = new Cursor(texts.bytes(0, 4)).u32();
  const places = new Cursor(texts.bytes(4 + number * 4, 8));
  const start = places.u32();
  const length = places.u32() - start;
  return decodeText(texts.bytes(4 + (count + 1) * 4 + start, length), length);
}
