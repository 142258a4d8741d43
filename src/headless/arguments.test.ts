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
    const more = ['--save', 'a.state', '--load', 'b.state', '--hash', '--json', '--limit', '5e9', '--pack', 'p'];
    const args = parseArguments([...steps, ...more]);
    expect(args.steps).toEqual([
      { kind: 'until', console: 'd0', pattern: /dom0 # /m },
      { kind: 'type', console: 'd1', text: 'cat A\n\t\\' },
      { kind: 'instructions', count: 1000 },
      { kind: 'save', file: 'a.state' },
      { kind: 'load', file: 'b.state' },
    ]);
    expect(args).toMatchObject({ isCold: true, wantsHash: true, wantsJson: true, limit: 5e9, pack: 'p' });
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
    expect(parseArguments(words).trace).toEqual({
      file: 'a.csv',
      format: 'csv',
      probes: ['xen:schedule', 'd1:vfs_read/3'],
    });
  });

  it.each([
    [['--nonsense']],
    [['--until', 'd0']],
    [['--until', 'dom0', 'x']],
    [['--until', 'xen', '(']],
    [['--type', 'd1', '\\q']],
    [['--instructions', 'many']],
    [['--instructions', '-5']],
    [['--limit', '1.5']],
    [['--save']],
    [['--trace', 'f', '--trace-format', 'xml']],
    [['--probe', 'xen:schedule']],
  ])('refuses %j', (words) => {
    expect(() => parseArguments(words)).toThrow(UsageError);
  });
});
