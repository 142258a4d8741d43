/** Small programs of ours that get into a guest by its keyboard, so that the guest pack needs none of them. */
import { assembleFlat } from '../cross-compile.ts';

/** Bytes in one line: short enough for a terminal's input line. */
const LINE = 60;

/** Shell lines that make the executable file `path` of the assembler program `name`.S, which must lay out the whole ELF file by itself. */
export function typedProgram(name: string, path: string): string[] {
  const bytes = assembleFlat(name);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += LINE) {
    const escapes = Array.from(bytes.subarray(at, at + LINE), (byte) => `\\${byte.toString(8).padStart(3, '0')}`);
    lines.push(`printf '${escapes.join('')}' ${at === 0 ? '>' : '>>'} ${path}`);
  }
  return [...lines, `chmod +x ${path}`];
}
