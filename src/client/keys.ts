/** Key chords: `F5`, `Alt+Shift+F11`, `Ctrl+Shift+P`. On a Mac, Command stands for Ctrl. */

/** The part of a keyboard event that a chord is made of. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const NAMED_CODES: Readonly<Record<string, string>> = {
  BracketLeft: '[',
  BracketRight: ']',
  Comma: ',',
  Period: '.',
  Backquote: '`',
};

function keyName({ key, code }: KeyPress): string {
  // With Alt or Shift held, `key` is a layout-dependent character; chords are about the key itself.
  if (/^Key[A-Z]$/.test(code)) return code.slice(3);
  if (/^Digit\d$/.test(code)) return key === '?' ? '?' : code.slice(5);
  if (key === '?') return '?';
  return NAMED_CODES[code] ?? key;
}

/** The chord of a key press, in the order Ctrl, Alt, Shift. */
export function chordOf(press: KeyPress): string {
  const name = keyName(press);
  const shift = press.shiftKey && name !== '?';
  return [(press.ctrlKey || press.metaKey) && 'Ctrl', press.altKey && 'Alt', shift && 'Shift', name]
    .filter(Boolean)
    .join('+');
}

/** True for chords that a person may be typing into a text field or a terminal. */
export function isTyping(chord: string): boolean {
  return !/F\d+$/.test(chord) && !/^(Ctrl\+Shift|Alt|Ctrl\+Alt)\+/.test(chord);
}
