/** Values beside the lines of source that name them. */
import type { InlineValues } from '../../protocol/inspect.ts';

/** Most values on one line. */
const PER_LINE = 4;

const COMMENT_OR_STRING = /\/\/.*$|\/\*.*?(?:\*\/|$)|"(?:[^"\\]|\\.)*"/g;
/** An identifier, with what stands before it: a member's name is not the variable of that name. */
const NAME = /(->|\.)?\s*\b([A-Za-z_]\w*)/g;

/** Names of variables that occur in a line of C, each once. */
function namesIn(text: string): string[] {
  const code = text.replace(COMMENT_OR_STRING, ' ');
  const names = [...code.matchAll(NAME)].filter(([, member]) => member === undefined).map(([, , name]) => name);
  return [...new Set(names)];
}

/** What stands behind each line that names a value, by line number. */
export function inlineTexts(lines: readonly string[], inline: InlineValues): ReadonlyMap<number, string> {
  // What the program does not have at this moment would only hide what it has.
  const present = inline.values.filter(({ text }) => !/^<.*>$/.test(text));
  const texts = new Map(present.map(({ name, text }) => [name, text]));
  const found = new Map<number, string>();
  for (let line = inline.fromLine; line <= inline.toLine; line += 1) {
    const known = namesIn(lines[line - 1] ?? '').filter((name) => texts.has(name));
    if (known.length === 0) continue;
    const words = known.slice(0, PER_LINE).map((name) => `${name} = ${texts.get(name)}`);
    found.set(line, words.join(', '));
  }
  return found;
}

/** Columns below which a value says nothing. */
const LEAST = 8;

/** Columns that a line of source takes, tabs included. */
function widthOf(line: string, tabSize: number): number {
  let width = 0;
  for (const character of line) width += character === '\t' ? tabSize - (width % tabSize) : 1;
  return width;
}

/** A text behind a line, cut so that it ends within `columns`; undefined when there is no room for it. */
export function fitBehind(line: string, text: string, columns: number, tabSize: number): string | undefined {
  const room = columns - widthOf(line, tabSize) - 1;
  if (text.length <= room) return text;
  return room < LEAST ? undefined : `${text.slice(0, room - 1)}…`;
}
