/** The programs that building a pack needs, and how to get them. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BuildError } from './build-error.ts';
import type { Progress } from './progress.ts';
import { run } from './run.ts';

/** A program (or, with a slash, a file) and the Debian package that has it. */
export type Need = readonly [tool: string, debianPackage: string];

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
  // Names the distribution in Xen's banner; without it the image is another.
  ['lsb_release', 'lsb-release'],
  ['aarch64-linux-gnu-gcc', 'gcc-aarch64-linux-gnu'],
  ['aarch64-linux-gnu-strip', 'binutils-aarch64-linux-gnu'],
  ['/usr/aarch64-linux-gnu/lib/libc.a', 'libc6-dev-arm64-cross'],
];

/** What the tests compare with: other implementations of what this project does. */
export const TEST_TOOLS: readonly Need[] = [
  ...PACK_TOOLS,
  ['aarch64-linux-gnu-objdump', 'binutils-aarch64-linux-gnu'],
  ['readelf', 'binutils'],
  ['chromium', 'chromium'],
  ['cpio', 'cpio'],
  ['dtc', 'device-tree-compiler'],
  ['gdb-multiarch', 'gdb-multiarch'],
  ['llvm-dwarfdump', 'llvm'],
  ['llvm-mc', 'llvm'],
  ['llvm-symbolizer', 'llvm'],
  ['qemu-aarch64-static', 'qemu-user-static'],
  ['qemu-system-aarch64', 'qemu-system-arm'],
  ['trc_pkt_lister', 'libopencsd-bin'],
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

/** Those of `tools` that are not installed. */
function missingTools(tools: readonly Need[]): Need[] {
  return tools.filter(([tool]) => !isThere(tool));
}

/** Arguments of apt-get that install `missing`. */
function installArguments(missing: readonly Need[]): readonly string[] {
  return ['install', '-y', '--no-install-recommends', ...new Set(missing.map(([, name]) => name))];
}

/** How a person installs `missing`, as one line for a shell. A machine that has just been set up has no package lists. */
function installCommand(missing: readonly Need[]): string {
  return `sudo apt-get update && sudo apt-get ${installArguments(missing).join(' ')}`;
}

/** Makes sure that `tools` are installed: as root by installing them, else by saying how. Throws `BuildError`. */
export async function ensureTools(tools: readonly Need[], progress: Progress): Promise<void> {
  const missing = missingTools(tools);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) throw new BuildError(explainMissing(missing));
  const install = installArguments(missing);
  progress.note(`Installing missing tools: apt-get ${install.join(' ')}`);
  await run('apt-get', ['update']);
  await run('apt-get', install, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  const still = missingTools(tools);
  if (still.length > 0) throw new BuildError(explainMissing(still));
}

function explainMissing(missing: readonly Need[]): string {
  const names = missing.map(([tool]) => tool).join(', ');
  return `Some tools are missing (${names}). Install them with:\n\n  ${installCommand(missing)}\n`;
}
