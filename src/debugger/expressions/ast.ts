/** Expressions as trees. `at` is the position in the text. */

/** A type as an expression names it: `struct domain **`, `unsigned char [4]`. */
export interface TypeName {
  /** `struct domain`, `unsigned long`, `u64`: words joined by single spaces, without qualifiers. */
  readonly base: string;
  readonly pointers: number;
  readonly counts: readonly number[];
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '<<'
  | '>>'
  | '&'
  | '|'
  | '^'
  | '<'
  | '>'
  | '<='
  | '>='
  | '=='
  | '!='
  | '&&'
  | '||';

export type UnaryOperator = '-' | '+' | '!' | '~' | '*' | '&';

export type Node = { readonly at: number } & (
  | { readonly kind: 'integer'; readonly value: bigint; readonly suffix: string; readonly isDecimal: boolean }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'character'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'name'; readonly name: string; readonly file?: string }
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Node }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'conditional'; readonly test: Node; readonly whenTrue: Node; readonly whenFalse: Node }
  | { readonly kind: 'assign'; readonly target: Node; readonly value: Node }
  | { readonly kind: 'member'; readonly object: Node; readonly member: string; readonly isArrow: boolean }
  | { readonly kind: 'index'; readonly array: Node; readonly index: Node }
  | { readonly kind: 'slice'; readonly first: Node; readonly count: Node }
  | { readonly kind: 'cast'; readonly type: TypeName; readonly operand: Node }
  | { readonly kind: 'sizeofType'; readonly type: TypeName }
  | { readonly kind: 'sizeof'; readonly operand: Node }
  | { readonly kind: 'offsetof'; readonly type: TypeName; readonly path: string }
  | { readonly kind: 'containerOf'; readonly pointer: Node; readonly type: TypeName; readonly path: string }
  | { readonly kind: 'perCpu'; readonly name: string; readonly cpu: Node }
  | { readonly kind: 'comma'; readonly left: Node; readonly right: Node }
);
