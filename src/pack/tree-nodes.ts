/** Making nodes of a device tree: property values by their kind. */
import { cells, type FdtNode, type FdtProperty, strings } from '../formats/fdt.ts';

/** Bytes as they are, one string, one cell, or a property without a value. */
type Value = Uint8Array | string | number | true;

function property([name, value]: readonly [string, Value]): FdtProperty {
  if (value === true) return { name, value: new Uint8Array() };
  if (typeof value === 'string') return { name, value: strings(value) };
  return { name, value: typeof value === 'number' ? cells(value) : value };
}

export function node(
  name: string,
  properties: Readonly<Record<string, Value>>,
  children: readonly FdtNode[] = [],
): FdtNode {
  return { name, properties: Object.entries(properties).map(property), children };
}

/** Address and size pairs with two cells for each (everything here is below 4 GiB). */
export function regions(...values: readonly number[]): Uint8Array {
  return cells(...values.flatMap((value) => [0, value]));
}

export const twoCells = { '#address-cells': 2, '#size-cells': 2 } as const;
