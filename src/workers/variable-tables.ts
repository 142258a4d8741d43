/** Variables of a stop by DAP's references: a tree that is read as it is unfolded. */
import type { FrameRow } from '../debugger/stack/inspection.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { objectAt } from '../debugger/expressions/evaluator.ts';
import { isFloating } from '../debugger/expressions/c-types.ts';
import { formatValue } from '../debugger/expressions/format.ts';
import { partsOf } from '../debugger/expressions/parts.ts';
import type { ExpressionScope } from '../debugger/expressions/scope.ts';
import { toInteger, type Value } from '../debugger/expressions/value.ts';
import { strip, type Type } from '../debugger/symbols/types.ts';
import type { AddressSpace, Location } from '../protocol/address.ts';
import type { ScalarValue, Variable, VariableScope } from '../protocol/inspect.ts';

/** Something that has variables below it. */
type Container =
  | { readonly kind: 'scope'; readonly row: FrameRow; readonly isArguments: boolean }
  | {
      readonly kind: 'value';
      readonly value: Value;
      readonly scope: ExpressionScope;
      readonly space: AddressSpace;
      readonly expression: string;
    };

/** How values are written in one line. */
const FORMAT = { depth: 1, limit: 64 } as const;

export class VariableTables {
  readonly #containers = new Map<number, Container>();
  #next = 1;

  constructor(private readonly debug: Debugger) {}

  /** The scopes of a frame. */
  scopes(row: FrameRow): VariableScope[] {
    // Says so at once when there are no symbols.
    this.debug.inspector.scope(row);
    return [
      { name: 'Arguments', variablesReference: this.#add({ kind: 'scope', row, isArguments: true }) },
      { name: 'Locals', variablesReference: this.#add({ kind: 'scope', row, isArguments: false }) },
    ];
  }

  /** What is below a reference. */
  async variables(reference: number): Promise<Variable[]> {
    const container = this.#containers.get(reference);
    if (!container) throw new Error('these variables belong to a stop that is over');
    return container.kind === 'scope' ? this.#locals(container) : this.#parts(container);
  }

  /** An expression in a frame. */
  async evaluate(row: FrameRow, expression: string): Promise<Variable> {
    const { value, scope } = await this.debug.inspector.evaluate(row, expression);
    return this.#describe(expression, expression, value, scope, row.space);
  }

  /** Memory as a type. Its parts are named from `*(type *)address`. */
  async overlay({ space, address }: Location, type: Type, scope: ExpressionScope): Promise<Variable> {
    const expression = `*(${type.name} *)0x${address.toString(16)}`;
    const value = await objectAt(type, address, scope);
    return this.#describe(type.name, expression, value, scope, space);
  }

  async #locals({ row, isArguments }: Container & { kind: 'scope' }): Promise<Variable[]> {
    const scope = this.debug.inspector.scope(row);
    const found = (await scope.locals()).filter(({ kind }) => (kind === 'parameter') === isArguments);
    return Promise.all(found.map(({ name, value }) => this.#describe(name, name, value, scope, row.space)));
  }

  async #parts({ value, scope, space, expression }: Container & { kind: 'value' }): Promise<Variable[]> {
    const parts = await partsOf(value, scope);
    return Promise.all(
      parts.map(({ name, access, value: part }) => {
        const whole = access.startsWith('*') ? `*(${expression})` : `${wrap(expression)}${access}`;
        return this.#describe(name, whole, part, scope, space);
      }),
    );
  }

  async #describe(
    name: string,
    expression: string,
    value: Value,
    scope: ExpressionScope,
    space: AddressSpace,
  ): Promise<Variable> {
    const { type, place } = value;
    const reference = hasParts(value) ? this.#add({ kind: 'value', value, scope, space, expression }) : 0;
    return {
      name,
      value: await formatValue(value, scope, FORMAT),
      type: type.name,
      variablesReference: reference,
      evaluateName: expression,
      writable: place !== undefined && value.bytes !== undefined && !isAggregate(type),
      location: place?.kind === 'memory' ? { space, address: place.address } : undefined,
      size: type.byteSize || undefined,
      scalar: scalarOf(value),
    };
  }

  #add(container: Container): number {
    this.#containers.set(this.#next, container);
    return this.#next++;
  }
}

/** The number that a value is; undefined for structures, arrays, floating point and what is not there. */
function scalarOf(value: Value): ScalarValue | undefined {
  const { kind } = strip(value.type);
  const isNumber = (kind === 'base' && !isFloating(value.type)) || kind === 'enum' || kind === 'pointer';
  const number = isNumber ? toInteger(value) : undefined;
  if (number === undefined) return undefined;
  const bits = value.bitField?.size ?? value.type.byteSize * 8;
  return bits > 0 ? { value: number, bits } : undefined;
}

/** Puts what is not a simple expression in brackets, so that a member can be taken of it. */
function wrap(expression: string): string {
  return /^[\w.[\]>-]+$/.test(expression) ? expression : `(${expression})`;
}

function isAggregate(type: Type): boolean {
  return ['struct', 'union', 'array'].includes(strip(type).kind);
}

function hasParts(value: Value): boolean {
  if (!value.bytes) return false;
  const bare = strip(value.type);
  if (bare.kind === 'struct' || bare.kind === 'union' || bare.kind === 'array') return true;
  return bare.kind === 'pointer' && bare.target !== 0 && toInteger(value) !== 0n;
}
