/** What a command line says when it fails. */
import { BuildError } from './build-error.ts';
import { DISK_FULL } from './run.ts';

/** What a person is told about an error, and the exit status: 2 for bad arguments, which `usage` then explains. */
export function explain(error: unknown, usage: string): { message: string; status: number } {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof BuildError) return { message, status: 1 };
  if (code === 'ENOSPC') return { message: DISK_FULL, status: 1 };
  if (code?.startsWith('ERR_PARSE_ARGS')) return { message: `${message}\n\n${usage}`, status: 2 };
  return { message: error instanceof Error ? (error.stack ?? message) : String(error), status: 1 };
}
