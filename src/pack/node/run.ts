/** Running other programs, with what went wrong said in a way that helps. */
import { spawn } from 'node:child_process';
import { BuildError } from './build-error.ts';

/** How a program is run. */
export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input. */
  readonly input?: string;
  /** Called with each line of standard output and standard error, for progress. */
  readonly onLine?: (line: string) => void;
  /** Exit statuses besides 0 that are well. */
  readonly accept?: readonly number[];
}

const TAIL_LINES = 15;

/** Runs a program to its end and returns its standard output. Throws `BuildError` when it fails. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C', ...options.env };
  const child = spawn(command, args, { cwd: options.cwd, env, stdio: 'pipe' });
  const output: string[] = [];
  const all: string[] = [];
  const collect = (text: string): void => {
    all.push(text);
    if (options.onLine) text.split('\n').filter(Boolean).forEach(options.onLine);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stdout.on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', collect);
  // A program that ends early closes its input; its exit status tells why.
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const status = await ended(child, command);
  if (status !== 0 && !options.accept?.includes(status)) throw explain(command, args, status, all.join(''));
  return output.join('');
}

function ended(child: ReturnType<typeof spawn>, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      reject(new BuildError(isMissing ? `${command} is not installed` : `${command}: ${error.message}`));
    });
    child.on('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
}

function explain(command: string, args: readonly string[], status: number, output: string): BuildError {
  if (/no space left on device|disk full|not enough free space/i.test(output)) return new BuildError(DISK_FULL);
  const tail = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  const line = [command, ...args].join(' ');
  return new BuildError(`${line.slice(0, 300)}\nended with status ${status}:\n${tail}`);
}

/** What a person is told when the disk is full. */
export const DISK_FULL =
  'The disk is full. Building the guest pack takes about 2 GB below the cache folder ($XDG_CACHE_HOME/trapline, default ~/.cache/trapline) ' +
  'and 0.4 GB in public/packs. What is finished is kept: free some space and run it again.';
