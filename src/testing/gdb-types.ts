/** Structure layouts as gdb sees them and as the debugger's own symbols do, in one form. */
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SymbolFile } from '../debugger/symbols/symbol-file.ts';
import { strip, type Type } from '../debugger/symbols/types.ts';
import { runTool } from './cross-compile.ts';

/** `path: bit offset, bit size, size in bytes` of each member, anonymous members' own members included; the whole size first. */
export type Layout = readonly string[];

const SCRIPT = `
import gdb
def walk(t, prefix, base, out, depth):
    for f in t.fields():
        if not hasattr(f, 'bitpos'): continue
        s = f.type.strip_typedefs()
        name = prefix + (f.name or '')
        if f.name: out.append('%s: %d, %d, %d' % (name, base + f.bitpos, f.bitsize, f.type.sizeof))
        if not f.name and s.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION): walk(s, prefix, base + f.bitpos, out, depth)
        elif depth > 0 and s.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION): walk(s, name + '.', base + f.bitpos, out, depth - 1)
for n in NAMES:
    out = []
    try:
        t = gdb.lookup_type(n).strip_typedefs()
        out.append('size %d' % t.sizeof)
        walk(t, '', 0, out, 3)
    except gdb.error as e:
        out.append('error')
    print('@' + '|'.join(out))
`;

/** Asks gdb's Python for the layouts of `names` in the file at `path`. */
export function gdbLayouts(path: string, names: readonly string[]): Layout[] {
  const folder = mkdtempSync(join(tmpdir(), 'trapline-gdb-'));
  const script = join(folder, 'layouts.py');
  writeFileSync(script, `NAMES = ${JSON.stringify(names)}\n${SCRIPT}`);
  try {
    const printed = runTool('gdb-multiarch', ['-nx', '-batch', '-ex', `source ${script}`, path]);
    return printed
      .split('\n')
      .filter((line) => line.startsWith('@'))
      .map((line) => line.slice(1).split('|'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same from the debugger's own symbols. */
export async function ownLayouts(file: SymbolFile, names: readonly string[]): Promise<Layout[]> {
  const layouts: Layout[] = [];
  for (const name of names) {
    const type = await file.typeByName(name);
    if (!type) layouts.push(['error']);
    else layouts.push([`size ${type.byteSize}`, ...walk(type, '', 0, 3)]);
  }
  return layouts;
}

function walk(type: Type, prefix: string, base: number, depth: number): string[] {
  const struct = strip(type);
  if (struct.kind !== 'struct' && struct.kind !== 'union') return [];
  return struct.members.flatMap((member) => {
    const inner = strip(member.type);
    const isStruct = inner.kind === 'struct' || inner.kind === 'union';
    const at = base + member.bitOffset;
    if (member.name === undefined) return isStruct ? walk(inner, prefix, at, depth) : [];
    const line = `${prefix}${member.name}: ${at}, ${member.bitSize}, ${member.type.byteSize}`;
    return isStruct && depth > 0 ? [line, ...walk(inner, `${prefix}${member.name}.`, at, depth - 1)] : [line];
  });
}
