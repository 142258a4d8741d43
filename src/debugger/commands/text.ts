/** How the console writes addresses, frames and source lines. */
import { type AddressSpace, formatLocation } from '../contexts/spaces.ts';
import { NoSymbolsError } from '../stack/inspection.ts';
import type { FrameRow } from '../stack/inspection.ts';
import type { ConsoleState, SourcePlace } from './console-state.ts';

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** Rows with their columns aligned; the columns of `right` are aligned to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  '),
  );
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** `d1:EL1:0xffff... in major_show (attr=..., buffer=...) at drivers/xen/sys-hypervisor.c:80`. */
export async function frameText(state: ConsoleState, row: FrameRow, withAddress: boolean): Promise<string> {
  const { frame } = row;
  const name = frame.function || frame.symbol || '??';
  const parameters = await state.session.inspector.parameters(row).catch((error: unknown) => {
    if (error instanceof NoSymbolsError) return '';
    throw error;
  });
  const place = frame.file && frame.line > 0 ? ` at ${frame.file}:${frame.line}` : '';
  const address = withAddress ? `${formatLocation({ space: row.space, address: row.pc })} in ` : '';
  return `${address}${name} ${parameters}${place}`.trimEnd();
}

/** Name of an address: `symbol+0x10`; undefined without symbols. */
export function symbolText(
  state: ConsoleState,
  space: AddressSpace,
  address: bigint,
  task?: bigint,
): string | undefined {
  const { system } = state.session;
  const module = system.moduleIn(space, task);
  if (!module) return undefined;
  const linked = BigInt.asUintN(64, address - (system.slide(module, space) ?? 0n));
  const symbol = module.file.symbols.covering(linked);
  if (!symbol) return undefined;
  const offset = linked - symbol.value;
  return offset === 0n ? symbol.name : `${symbol.name}+${hex(offset)}`;
}

/** Source place of a frame. */
export function sourcePlace(state: ConsoleState, row: FrameRow): SourcePlace | undefined {
  const module = state.session.system.moduleIn(row.space, row.task);
  const { file, line } = row.frame;
  return module && file !== '' && line > 0 ? { module, file, line } : undefined;
}

/** Lines `from` to `to` of a source file, numbered; undefined when it is not at hand. */
export async function sourceLines(
  state: ConsoleState,
  { module, file }: SourcePlace,
  from: number,
  to: number,
): Promise<string | undefined> {
  const text = await state.session.source(module, file);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const last = Math.min(to, lines.length);
  const numbered: string[] = [];
  for (let line = Math.max(from, 1); line <= last; line++) numbered.push(`${line}\t${lines[line - 1].trimEnd()}`);
  return numbered.join('\n');
}
