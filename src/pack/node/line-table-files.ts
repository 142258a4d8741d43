/** The source files that the DWARF line tables of an ELF file name (DWARF 5, section 6.2.4), read from the tables' headers alone. */
import { posix } from 'node:path';
import { ElfFile } from '../../formats/elf/elf.ts';
import { BuildError } from './build-error.ts';
import { FileAccess } from './folder-files.ts';

/** The files of all line tables. Relative names are relative to their unit's compilation directory. */
export interface LineTableFiles {
  /** Normalised, with the compilation directory in front. */
  readonly names: ReadonlySet<string>;
  /** The compilation directory of most units. */
  readonly compilationDirectory: string;
  /** Lower-case hexadecimal. */
  readonly buildId: string;
}

const DW_LNCT_path = 1;
const DW_LNCT_directory_index = 2;
const DW_FORM_string = 0x08;
const DW_FORM_udata = 0x0f;
const DW_FORM_line_strp = 0x1f;
/** Bytes of the forms of fixed size that line tables use: data1, data2, data4, data8, data16. */
const FIXED_FORMS: ReadonlyMap<number, number> = new Map([
  [0x0b, 1],
  [0x05, 2],
  [0x06, 4],
  [0x07, 8],
  [0x1e, 16],
]);

/** Reads the file names of all line tables of the ELF file at `path`. */
export async function lineTableFiles(path: string): Promise<LineTableFiles> {
  const file = await FileAccess.open(path);
  try {
    const elf = await ElfFile.open(file);
    const section = async (name: string): Promise<Uint8Array> => {
      const shdr = elf.shdr(name);
      return shdr === undefined ? new Uint8Array() : file.read(shdr.offset, shdr.size);
    };
    const buildId = await elf.pager.run(() => elf.buildId());
    if (buildId === undefined) throw new BuildError(`${path} has no build-id`);
    return { ...namesOf(await section('.debug_line'), await section('.debug_line_str')), buildId };
  } finally {
    await file.close();
  }
}

function namesOf(lines: Uint8Array, lineStrings: Uint8Array): Omit<LineTableFiles, 'buildId'> {
  const names = new Set<string>();
  const directories = new Map<string, number>();
  for (let at = 0; at < lines.length;) {
    const header = new LineHeader(lines, lineStrings, at);
    for (const name of header.files()) names.add(name);
    directories.set(header.directory, (directories.get(header.directory) ?? 0) + 1);
    at = header.end;
  }
  const [mostUsed] = [...directories].sort(([, a], [, b]) => b - a);
  return { names, compilationDirectory: mostUsed?.[0] ?? '' };
}

type Entry = ReadonlyMap<number, string | number>;

/** Reads one unit's header, field after field. */
class LineHeader {
  #at: number;
  readonly #view: DataView;
  readonly end: number;
  readonly #directories: readonly string[];
  readonly #files: readonly Entry[];

  constructor(
    readonly bytes: Uint8Array,
    readonly lineStrings: Uint8Array,
    start: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = start + 4 + this.#view.getUint32(start, true);
    const version = this.#view.getUint16(start + 4, true);
    if (version !== 5) throw new BuildError(`a line table has DWARF version ${version}; this reads version 5`);
    // unit_length 4, version 2, address_size 1, segment_selector_size 1, header_length 4, then five bytes up to opcode_base.
    const opcodeBase = bytes[start + 17];
    this.#at = start + 17 + opcodeBase;
    this.#directories = this.#table().map((entry) => String(entry.get(DW_LNCT_path)));
    this.#files = this.#table();
  }

  /** The unit's compilation directory. */
  get directory(): string {
    return this.#directories[0] ?? '';
  }

  files(): string[] {
    return this.#files.map((entry) => {
      const directory = this.#directories[Number(entry.get(DW_LNCT_directory_index) ?? 0)] ?? '';
      return posix.normalize(resolve(this.directory, directory, String(entry.get(DW_LNCT_path))));
    });
  }

  #table(): Entry[] {
    const formats = Array.from({ length: this.bytes[this.#at++] }, () => [this.#uleb(), this.#uleb()] as const);
    return Array.from(
      { length: this.#uleb() },
      () => new Map(formats.map(([type, form]) => [type, this.#value(form)] as const)),
    );
  }

  #value(form: number): string | number {
    if (form === DW_FORM_udata) return this.#uleb();
    if (form === DW_FORM_string) return this.#string();
    const fixed = form === DW_FORM_line_strp ? 4 : FIXED_FORMS.get(form);
    if (fixed === undefined)
      throw new BuildError(`a line table uses form 0x${form.toString(16)}, which this does not know`);
    this.#at += fixed;
    const start = this.#at - fixed;
    if (form === DW_FORM_line_strp) return cstring(this.lineStrings, this.#view.getUint32(start, true));
    if (fixed === 1) return this.bytes[start];
    return fixed === 2 ? this.#view.getUint16(start, true) : this.#view.getUint32(start, true);
  }

  #string(): string {
    const text = cstring(this.bytes, this.#at);
    this.#at += text.length + 1;
    return text;
  }

  #uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.#at++];
      value += (byte & 0x7f) * scale;
      if ((byte & 0x80) === 0) return value;
    }
  }
}

function cstring(bytes: Uint8Array, start: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.indexOf(0, start) - start).toString('latin1');
}

/** Each part is relative to the one before it unless it is absolute. */
function resolve(...parts: readonly string[]): string {
  return parts.reduce((base, part) => (part.startsWith('/') || base === '' ? part : `${base}/${part}`));
}
