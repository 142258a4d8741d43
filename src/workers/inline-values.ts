/** Values beside the source of a frame. */
import type { FrameRow, Inspector } from '../debugger/stack/inspection.ts';
import { formatValue } from '../debugger/expressions/format.ts';
import { lookupPc } from '../debugger/unwinding/frame.ts';
import type { InlineValues } from '../protocol/inspect.ts';

/** Characters of one value. */
const LENGTH = 44;

/** Parameters and locals in scope at a frame's pc, with the lines of its function up to there. Null when it has no source. */
export async function inlineValues(inspector: Inspector, row: FrameRow): Promise<InlineValues | null> {
  const { file: path, line, physical, inlineDepth } = row.frame;
  const module = physical.space.moduleAt(physical.pc);
  if (!path || !module) return null;
  const scope = inspector.scope(row);
  const frames = await module.file.scopesAt(lookupPc(physical, module));
  const declared = frames[inlineDepth]?.scopes.flatMap(({ variables }) => variables.map((it) => it.line)) ?? [];
  const fromLine = Math.min(line, ...declared.filter((it) => it > 0 && it <= line));
  const values = (await scope.locals()).map(async ({ name, value }) => {
    const text = await formatValue(value, scope, { depth: 1, limit: 16 });
    return { name, text: text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text };
  });
  return { path, fromLine, toLine: line, values: await Promise.all(values) };
}
