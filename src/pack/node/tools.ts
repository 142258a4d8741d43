/** The programs that building a pack needs, and how to get them. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BuildError } from './build-error.ts';
import type { Progress } from './progress.ts';
import { run } from './run.ts';

/** A program (or, with a slash, a file) and the Debian package that has it. */
type Need = readonly [tool: string, debianPackage: string];

/** What `npm run pack` uses. */
export const PACK_TOOLS: readonly Need[] = [
  ['make', 'make'],
  ['gcc', 'gcc'],
  ['/usr/include/stdio.h', 'libc6-dev'],
  ['flex', 'flex'],
  ['bison', 'bison'],
  ['bc', 'bc'],
  ['python3', 'python3'],
  ['patch', 'patch'],
  ['xz', 'xz-utils'],
  ['bzip2', 'bzip2'],
  ['dpkg-source', 'dpkg-dev'],
  ['aarch64-linux-gnu-gcc', 'gcc-aarch64-linux-gnu'],
  ['aarch64-linux-gnu-strip', 'binutils-aarch64-linux-gnu'],
  ['/usr/aarch64-linux-gnu/lib/libc.a', 'libc6-dev-arm64-cross'],
];

function isThere(tool: string): boolean {
  const paths = tool.includes('/')
    ? [tool]
    : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, tool));
  return paths.some((path) => isReadable(path));
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Makes sure that `tools` are installed: as root by installing them, else by saying how. Throws `BuildError`. */
export async function ensureTools(tools: readonly Need[], progress: Progress): Promise<void> {
  const missing = tools.filter(([tool]) => !isThere(tool));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))];
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) {
    throw new BuildError(
      `Some tools are missing (${missing.map(([tool]) => tool).join(', ')}). Install them with:\n\n  sudo ${command}\n`,
    );
  }
  progress.note(`Installing missing tools: ${command}`);
  await run('apt-get', ['update']);
  const [program, ...args] = command.split(' ');
  await run(program, args, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
}
