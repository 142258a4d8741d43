/** Run control as commands, on VS Code's keys with aliases that browsers leave alone. */
import type { Client } from './client.ts';
import type { Command } from './commands.ts';

/** Commands of the Run menu. */
export function runCommands(client: Client): Command[] {
  const stopped = (): boolean => client.isStopped;
  /** Also after a failure, as long as the pack itself could be opened. */
  const hasPack = (): boolean => {
    const { phase, pack } = client.machine.getState();
    return phase !== 'loading' && pack !== null;
  };
  const command = (
    id: string,
    title: string,
    keys: readonly string[],
    isEnabled: () => boolean,
    run: () => Promise<void>,
  ): Command => ({ id: `run.${id}`, title, category: 'Run', keys, isEnabled, run });
  return [
    command('continue', 'Continue', ['F5', 'Alt+F5'], stopped, () => client.resume()),
    command(
      'pause',
      'Pause',
      ['F6', 'Alt+F6'],
      () => client.canPause,
      () => client.pause(),
    ),
    command('stepOver', 'Step Over', ['F10', 'Alt+F10'], stopped, () => client.step('over')),
    command('stepInto', 'Step Into', ['F11', 'Alt+F11'], stopped, () => client.step('into')),
    command('stepOut', 'Step Out', ['Shift+F11', 'Alt+Shift+F11'], stopped, () => client.step('out')),
    command('stepInstruction', 'Step Instruction', ['Ctrl+F11', 'Alt+I'], stopped, () => client.stepInstruction()),
    command(
      'restart',
      'Restart from Boot Snapshot',
      ['Ctrl+Shift+F5'],
      () => hasPack() && hasSnapshot(client),
      () => client.restart(),
    ),
    command('coldBoot', 'Cold Boot', [], hasPack, () => client.coldBoot()),
    command(
      'reopen',
      'Reload the Machine',
      [],
      () => client.machine.getState().phase !== 'loading',
      () => client.reopen(),
    ),
  ];
}

function hasSnapshot(client: Client): boolean {
  return client.machine.getState().pack?.hasSnapshot ?? false;
}
