/** Splits C expressions into tokens. */
import { ExpressionError } from './expression-error.ts';

/** A token; `at` is its position in the text. `register` tokens begin with `$`, which is left out of `text`. */
export interface Token {
  readonly kind: 'number' | 'float' | 'character' | 'string' | 'name' | 'register' | 'operator' | 'end';
  readonly text: string;
  readonly at: number;
  /** Value of numbers and characters. */
  readonly value: bigint;
  /** `u` and `l` suffixes of numbers, in lower case. */
  readonly suffix: string;
}

/** Longest first. */
const OPERATORS = (
  '<<= >>= ... -> ++ -- << >> <= >= == != && || :: += -= *= /= %= &= |= ^= ' +
  '+ - * / % & | ^ ~ ! < > = ? : . , ( ) [ ] { } @'
).split(' ');

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

const PATTERNS = {
  space: /\s+/y,
  float: /(\d+\.\d*|\.\d+)([eE][+-]?\d+)?|\d+[eE][+-]?\d+/y,
  number: /(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uUlL]*)/y,
  name: /[A-Za-z_][A-Za-z0-9_]*/y,
  register: /\$[A-Za-z_][A-Za-z0-9_]*/y,
  character: /'((?:\\.|[^'\\])+)'/y,
  string: /"((?:\\.|[^"\\])*)"/y,
};

/** Tokens of `text`, the last of kind `end`. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const space = match(PATTERNS.space, text, at);
    if (space) {
      at += space[0].length;
      continue;
    }
    const { token, length } = tokenAt(text, at);
    tokens.push(token);
    at += length;
  }
  tokens.push(make('end', '', text.length));
  return tokens;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function make(kind: Token['kind'], text: string, at: number, value = 0n, suffix = ''): Token {
  return { kind, text, at, value, suffix };
}

function tokenAt(text: string, at: number): { token: Token; length: number } {
  const float = match(PATTERNS.float, text, at);
  if (float) return { token: make('float', float[0], at), length: float[0].length };
  const number = match(PATTERNS.number, text, at);
  if (number) return { token: numberToken(number, at), length: number[0].length };
  const name = match(PATTERNS.name, text, at);
  if (name) return { token: make('name', name[0], at), length: name[0].length };
  const register = match(PATTERNS.register, text, at);
  if (register) return { token: make('register', register[0].slice(1), at), length: register[0].length };
  const character = match(PATTERNS.character, text, at);
  if (character) return { token: characterToken(character[1], at), length: character[0].length };
  const string = match(PATTERNS.string, text, at);
  if (string) return { token: make('string', unescape(string[1]), at), length: string[0].length };
  const operator = OPERATORS.find((it) => text.startsWith(it, at));
  if (!operator) throw new ExpressionError(`unexpected "${text[at]}"`, at);
  return { token: make('operator', operator, at), length: operator.length };
}

function numberToken([all, digits, suffix]: RegExpExecArray, at: number): Token {
  const isOctal = /^0[0-7]+$/.test(digits);
  return make('number', all, at, BigInt(isOctal ? `0o${digits.slice(1)}` : digits), suffix.toLowerCase());
}

function characterToken(body: string, at: number): Token {
  const text = unescape(body);
  // gdb's way to name a file: 'file.c'::variable.
  if (text.length !== 1) return make('string', text, at);
  return make('character', text, at, BigInt(text.charCodeAt(0)));
}

function unescape(body: string): string {
  return body.replace(/\\(x[0-9a-fA-F]+|[0-7]{1,3}|.)/g, (_, escape: string) => {
    if (/^[0-7]+$/.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8));
    if (/^x./.test(escape)) return String.fromCharCode(Number.parseInt(escape.slice(1), 16) & 0xff);
    return ESCAPES[escape] ?? escape;
  });
}
