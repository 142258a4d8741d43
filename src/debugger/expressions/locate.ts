/** Turns what DWARF says about a variable into a value. */
import { evaluateLocation, type ExpressionContext, type Location, type Piece } from '../../formats/dwarf/expression.ts';
import type { Variable } from '../symbols/scopes.ts';
import type { Type } from '../symbols/types.ts';
import { objectAt } from './evaluator.ts';
import type { ExpressionScope } from './scope.ts';
import { absentValue, bytesToInteger, integerBytes, MAX_VALUE, type Value } from './value.ts';

/** The value of `variable`. `canWriteRegisters` is false in frames whose registers have been saved elsewhere. */
export async function variableValue(
  variable: Variable,
  context: ExpressionContext,
  scope: ExpressionScope,
  canWriteRegisters: boolean,
): Promise<Value> {
  const { location, type } = variable;
  if (location.kind === 'optimisedOut') return absentValue(type, 'optimised out');
  if (location.kind === 'constant') return constantOf(type, location.value);
  const pieces = await locate(location.expression, context);
  if (!pieces) return absentValue(type, 'unreadable');
  if (pieces.length > 1 || pieces[0].bitSize > 0) return assemble(type, pieces, context);
  return single(type, pieces[0].location, context, scope, canWriteRegisters);
}

async function locate(expression: Uint8Array, context: ExpressionContext): Promise<Piece[] | undefined> {
  try {
    return await evaluateLocation(expression, context);
  } catch {
    // Memory that the expression needs (a saved pointer, a stack slot) cannot be read.
    return undefined;
  }
}

function constantOf(type: Type, value: bigint | Uint8Array): Value {
  const bytes = typeof value === 'bigint' ? integerBytes(value, type.byteSize) : resized(value, type.byteSize);
  return { type, bytes, place: undefined };
}

async function single(
  type: Type,
  location: Location,
  context: ExpressionContext,
  scope: ExpressionScope,
  canWriteRegisters: boolean,
): Promise<Value> {
  if (location.kind === 'memory') return objectAt(type, location.address, scope);
  const bytes = await locationBytes(location, context, type.byteSize);
  if (!bytes) return absentValue(type, 'optimised out');
  const isWritable = location.kind === 'register' && canWriteRegisters && location.register <= 31;
  return { type, bytes, place: isWritable ? { kind: 'register', register: location.register } : undefined };
}

async function locationBytes(
  location: Location,
  context: ExpressionContext,
  size: number,
): Promise<Uint8Array | undefined> {
  switch (location.kind) {
    case 'memory':
      return context.memory(location.address, size).catch(() => undefined);
    case 'register': {
      const value = await context.register(location.register);
      return value === undefined ? undefined : integerBytes(value, size);
    }
    case 'value':
      return integerBytes(location.value, size);
    case 'bytes':
      return resized(location.bytes, size);
    case 'optimisedOut':
      return undefined;
  }
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(bytes.subarray(0, size));
  return result;
}

/** Puts a value together from pieces; all must be there. */
async function assemble(type: Type, pieces: readonly Piece[], context: ExpressionContext): Promise<Value> {
  let whole = 0n;
  let at = 0n;
  for (const { location, bitSize, bitOffset } of pieces) {
    if (bitSize > MAX_VALUE * 8) return absentValue(type, 'unreadable');
    const bytes = await locationBytes(location, context, Math.ceil((bitOffset + bitSize) / 8));
    if (!bytes) return absentValue(type, 'optimised out');
    whole |= BigInt.asUintN(bitSize, bytesToInteger(bytes) >> BigInt(bitOffset)) << at;
    at += BigInt(bitSize);
  }
  return { type, bytes: integerBytes(whole, type.byteSize), place: undefined };
}
