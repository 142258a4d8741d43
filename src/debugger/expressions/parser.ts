/** C expressions (C11, section 6.5), with gdb's `@` and the kernels' `container_of` and `per_cpu`. */
import type { BinaryOperator, Node, TypeName, UnaryOperator } from './ast.ts';
import { ExpressionError } from './expression-error.ts';
import { tokenize, type Token } from './lexer.ts';

const TAG_WORDS = new Set(['struct', 'union', 'enum']);
const BASE_WORDS = new Set([
  'void',
  'char',
  'short',
  'int',
  'long',
  'float',
  'double',
  'signed',
  'unsigned',
  '_Bool',
  'bool',
]);
const QUALIFIERS = new Set(['const', 'volatile', 'restrict', '__restrict']);

/** Binding strengths, weakest first. */
const PRECEDENCE: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const UNARY = new Set(['-', '+', '!', '~', '*', '&']);
const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '|=', '^=']);
const MAX_DEPTH = 200;

/** Parses `text`; throws `ExpressionError`. */
export function parseExpression(text: string): Node {
  return new Parser(tokenize(text)).parse();
}

class Parser {
  #next = 0;
  #depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): Node {
    const node = this.#comma();
    this.#expectEnd();
    return node;
  }

  get #token(): Token {
    return this.tokens[this.#next];
  }

  #expectEnd(): void {
    if (this.#token.kind !== 'end') throw new ExpressionError(`unexpected "${this.#token.text}"`, this.#token.at);
  }

  #is(text: string, ahead = 0): boolean {
    const token = this.tokens[Math.min(this.#next + ahead, this.tokens.length - 1)];
    return token.kind === 'operator' && token.text === text;
  }

  #accept(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) {
      const found = this.#token.kind === 'end' ? 'the end' : `"${this.#token.text}"`;
      throw new ExpressionError(`expected "${text}" before ${found}`, this.#token.at);
    }
  }

  #name(): string {
    const token = this.#token;
    if (token.kind !== 'name') throw new ExpressionError('expected a name', token.at);
    this.#next++;
    return token.text;
  }

  #comma(): Node {
    let left = this.#assignment();
    while (this.#is(',')) {
      const { at } = this.#token;
      this.#next++;
      left = { kind: 'comma', at, left, right: this.#assignment() };
    }
    return left;
  }

  /** `a += b` is `a = a + b`: nothing in a debugger's expression has side effects twice. */
  #assignment(): Node {
    const target = this.#conditional();
    const { kind, text, at } = this.#token;
    if (kind !== 'operator' || !ASSIGNMENTS.has(text)) return target;
    this.#next++;
    const right = this.#assignment();
    if (text === '=') return { kind: 'assign', at, target, value: right };
    const operator = text.slice(0, -1) as BinaryOperator;
    return { kind: 'assign', at, target, value: { kind: 'binary', at, operator, left: target, right } };
  }

  #conditional(): Node {
    if (++this.#depth > MAX_DEPTH) throw new ExpressionError('the expression is nested too deeply', this.#token.at);
    const test = this.#slice();
    const { at } = this.#token;
    this.#depth--;
    if (!this.#accept('?')) return test;
    const whenTrue = this.#comma();
    this.#expect(':');
    return { kind: 'conditional', at, test, whenTrue, whenFalse: this.#conditional() };
  }

  /** `first@count`: elements one after another in memory. */
  #slice(): Node {
    const first = this.#binary(0);
    const { at } = this.#token;
    return this.#accept('@') ? { kind: 'slice', at, first, count: this.#binary(0) } : first;
  }

  #binary(level: number): Node {
    if (level === PRECEDENCE.length) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const { at } = this.#token;
      const operator = PRECEDENCE[level].find((it) => this.#is(it));
      if (!operator) return left;
      this.#next++;
      left = { kind: 'binary', at, operator, left, right: this.#binary(level + 1) };
    }
  }

  #unary(): Node {
    const { at, kind, text } = this.#token;
    if (++this.#depth > MAX_DEPTH) throw new ExpressionError('the expression is nested too deeply', at);
    try {
      if (kind === 'operator' && UNARY.has(text)) {
        this.#next++;
        return { kind: 'unary', at, operator: text as UnaryOperator, operand: this.#unary() };
      }
      if (kind === 'name' && text === 'sizeof') return this.#sizeof(at);
      return this.#isCast() ? this.#cast(at) : this.#postfix(this.#primary());
    } finally {
      this.#depth--;
    }
  }

  #sizeof(at: number): Node {
    this.#next++;
    if (!this.#is('(') || !(this.#startsType(1) || this.#isPointerType()))
      return { kind: 'sizeof', at, operand: this.#unary() };
    this.#next++;
    const type = this.#typeName(true);
    this.#expect(')');
    return { kind: 'sizeofType', at, type };
  }

  #cast(at: number): Node {
    this.#expect('(');
    const type = this.#typeName(true);
    this.#expect(')');
    return { kind: 'cast', at, type, operand: this.#unary() };
  }

  #startsType(ahead: number): boolean {
    const token = this.tokens[this.#next + ahead];
    if (token?.kind !== 'name') return false;
    return TAG_WORDS.has(token.text) || BASE_WORDS.has(token.text) || QUALIFIERS.has(token.text);
  }

  /**
   * `(name)` is a cast when what follows could not continue an expression, and `(name *)` always: the parser does not know which names are
   * types.
   */
  #isCast(): boolean {
    if (!this.#is('(')) return false;
    if (this.#startsType(1)) return true;
    if (this.tokens[this.#next + 1]?.kind !== 'name') return false;
    if (this.#isPointerType()) return true;
    if (!this.#is(')', 2)) return false;
    const after = this.tokens[this.#next + 3];
    const startsOperand =
      after.kind !== 'end' && (after.kind !== 'operator' || after.text === '(' || after.text === '~');
    return startsOperand;
  }

  /** `(name *)`. */
  #isPointerType(): boolean {
    if (this.tokens[this.#next + 1]?.kind !== 'name' || !this.#is('*', 2)) return false;
    let ahead = 3;
    while (this.#is('*', ahead)) ahead++;
    return this.#is(')', ahead);
  }

  #typeName(allowsArrays: boolean): TypeName {
    const words: string[] = [];
    for (;;) {
      const { kind, text } = this.#token;
      const isTaken = kind === 'name' && (words.length === 0 || isTypeWord(words, text));
      if (!isTaken) break;
      if (!QUALIFIERS.has(text)) words.push(text);
      this.#next++;
    }
    if (words.length === 0) throw new ExpressionError('expected a type', this.#token.at);
    let pointers = 0;
    while (this.#accept('*') || (this.#token.kind === 'name' && QUALIFIERS.has(this.#token.text))) {
      if (this.tokens[this.#next - 1].text === '*') pointers++;
      else this.#next++;
    }
    const counts: number[] = [];
    while (allowsArrays && this.#accept('[')) counts.push(this.#count());
    return { base: words.join(' '), pointers, counts };
  }

  #count(): number {
    const token = this.#token;
    if (token.kind !== 'number') throw new ExpressionError('expected a number of elements', token.at);
    this.#next++;
    this.#expect(']');
    return Number(token.value);
  }

  #postfix(start: Node): Node {
    let node = start;
    for (;;) {
      const { at } = this.#token;
      if (this.#accept('[')) {
        node = { kind: 'index', at, array: node, index: this.#comma() };
        this.#expect(']');
      } else if (this.#is('.') || this.#is('->')) {
        const isArrow = this.#is('->');
        this.#next++;
        node = { kind: 'member', at, object: node, member: this.#name(), isArrow };
      } else if (this.#is('(')) throw new ExpressionError('functions of the program cannot be called', at);
      else return node;
    }
  }

  #primary(): Node {
    const token = this.#token;
    const { at, value } = token;
    this.#next++;
    switch (token.kind) {
      case 'number':
        return { kind: 'integer', at, value, suffix: token.suffix, isDecimal: !token.text.startsWith('0') };
      case 'float':
        return { kind: 'float', at, value: Number(token.text) };
      case 'character':
        return { kind: 'character', at, value };
      case 'string':
        return this.#is('::') ? this.#qualified(token) : { kind: 'string', at, value: token.text };
      case 'register':
        return { kind: 'register', at, name: token.text };
      case 'name':
        return this.#named(token);
      default:
        return this.#parenthesised(token);
    }
  }

  /** `'file.c'::name` */
  #qualified(file: Token): Node {
    this.#expect('::');
    return { kind: 'name', at: file.at, name: this.#name(), file: file.text };
  }

  #named({ text, at }: Token): Node {
    if (this.#is('(')) {
      if (text === 'container_of') return this.#containerOf(at);
      if (text === 'offsetof') return this.#offsetof(at);
      if (text === 'per_cpu') return this.#perCpu(at);
    }
    return { kind: 'name', at, name: text };
  }

  #parenthesised(token: Token): Node {
    if (token.kind !== 'operator' || token.text !== '(') {
      const found = token.kind === 'end' ? 'the expression ends too early' : `unexpected "${token.text}"`;
      throw new ExpressionError(found, token.at);
    }
    const node = this.#comma();
    this.#expect(')');
    return node;
  }

  #containerOf(at: number): Node {
    this.#expect('(');
    const pointer = this.#assignment();
    this.#expect(',');
    const type = this.#typeName(false);
    this.#expect(',');
    const path = this.#path();
    this.#expect(')');
    return { kind: 'containerOf', at, pointer, type, path };
  }

  #offsetof(at: number): Node {
    this.#expect('(');
    const type = this.#typeName(false);
    this.#expect(',');
    const path = this.#path();
    this.#expect(')');
    return { kind: 'offsetof', at, type, path };
  }

  #perCpu(at: number): Node {
    this.#expect('(');
    const name = this.#name();
    this.#expect(',');
    const cpu = this.#assignment();
    this.#expect(')');
    return { kind: 'perCpu', at, name, cpu };
  }

  #path(): string {
    let path = this.#name();
    while (this.#accept('.')) path += `.${this.#name()}`;
    return path;
  }
}

/** `struct` takes one more word; base type words take others of their kind; a typedef stands alone. */
function isTypeWord(words: readonly string[], text: string): boolean {
  if (QUALIFIERS.has(text)) return true;
  if (words.length === 1 && TAG_WORDS.has(words[0])) return true;
  return BASE_WORDS.has(text) && words.every((word) => BASE_WORDS.has(word));
}
