import { describe, expect, it } from 'vitest';
import { parseArguments, UsageError } from './arguments.ts';

describe("the headless runner's command line", () => {
  it('keeps the steps in their order', () => {
    const steps = [
      '--cold',
      '--until',
      'd0',
      'dom0 # ',
      '--type',
      'd1',
      'cat \\x41\\n\\t\\\\',
      '--instructions',
      '1_000',
    ];
    const more = [
      '--gdb',
      '1234',
      '--save',
      'a.state',
      '--load',
      'b.state',
      '--hash',
      '--json',
      '--limit',
      '5.5e9',
      '--pack',
      'p',
    ];
    const args = parseArguments([...steps, ...more]);
    expect(args.steps).toEqual([
      { kind: 'until', console: 'd0', pattern: /dom0 # /m },
      { kind: 'type', console: 'd1', text: 'cat A\n\t\\' },
      { kind: 'instructions', count: 1000 },
      { kind: 'gdb', port: 1234 },
      { kind: 'save', file: 'a.state' },
      { kind: 'load', file: 'b.state' },
    ]);
    expect(args).toMatchObject({ isCold: true, wantsHash: true, wantsJson: true, limit: 5.5e9, pack: 'p' });
  });

  it('starts from the default pack without a limit', () => {
    expect(parseArguments([])).toMatchObject({
      pack: 'public/packs/default',
      isCold: false,
      limit: Infinity,
      steps: [],
    });
  });

  it('says what is to be recorded', () => {
    expect(parseArguments([]).trace).toBeUndefined();
    const words = ['--trace', 'a.csv', '--trace-format', 'csv', '--probe', 'xen:schedule', '--probe', 'd1:vfs_read/3'];
    const more = ['--trace-budget', '3'];
    expect(parseArguments([...words, ...more]).trace).toEqual({
      file: 'a.csv',
      format: 'csv',
      cpu: 0,
      probes: ['xen:schedule', 'd1:vfs_read/3'],
      budget: 3 * 2 ** 20,
    });
    expect(parseArguments(words).trace?.budget).toBe(256 * 2 ** 20);
  });

  it.each([
    [['--nonsense']],
    [['--until', 'd0']],
    [['--until', 'dom0', 'x']],
    [['--until', 'xen', '(']],
    [['--type', 'd1', '\\q']],
    [['--instructions', 'many']],
    [['--instructions', '-5']],
    [['--instructions', '1.5']],
    [['--limit', '1.5']],
    [['--save']],
    [['--gdb', '65536']],
    [['--gdb', 'x']],
    [['--trace', 'f', '--trace-format', 'xml']],
    [['--trace', 'f', '--trace-format', 'etm', '--trace-cpu', '4']],
    [['--probe', 'xen:schedule']],
  ])('refuses %j', (words) => {
    expect(() => parseArguments(words)).toThrow(UsageError);
  });
});
