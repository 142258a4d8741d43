import { describe, expect, it } from 'vitest';
import { run } from './run.ts';

const shell = (script: string, more = {}): Promise<string> => run('sh', ['-c', script], more);

describe('running a program', () => {
  it('gives its output, and its lines as they come', async () => {
    const lines: string[] = [];
    const onLine = (line: string): void => void lines.push(line);
    expect(await shell('echo one; echo two >&2; cat', { input: 'in', onLine })).toBe('one\nin');
    expect(lines.sort()).toEqual(['in', 'one', 'two']);
  });

  it('that fails tells the command, the status and its last words', async () => {
    await expect(shell('echo oops >&2; exit 3')).rejects.toThrow(/sh -c[^]*status 3:\noops/);
    await expect(shell('exit 2', { accept: [2] })).resolves.toBe('');
  });

  it('that is not there is named', async () => {
    await expect(run('no-such-program', [])).rejects.toThrow('no-such-program is not installed');
  });

  it('on a full disk says what to do', async () => {
    await expect(shell('echo "write error: No space left on device" >&2; exit 1')).rejects.toThrow(/disk is full/);
  });

  it('that takes no input and ends early is no failure', async () => {
    await expect(shell('true', { input: 'x'.repeat(1 << 20) })).resolves.toBe('');
  });
});
