/** The command palette: every command, its group and its key. */
import { type ReactElement, useState } from 'react';
import type { Command } from '../../client/commands.ts';
import { useClient } from '../client-context.tsx';
import { Keys } from '../widgets/keys.tsx';
import { PickDialog, type PickDialogProps, PickList } from '../widgets/pick-list.tsx';

/** Every word of the query occurs in the command's group or title. */
function matchCommands(commands: readonly Command[], query: string): readonly Command[] {
  const words = query.toLowerCase().replace(/^>/, '').split(/\s+/).filter(Boolean);
  return commands.filter(({ category, title }) => {
    const text = `${category} ${title}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function CommandRow({ command }: { readonly command: Command }): ReactElement {
  return (
    <>
      <span className="palette-category">{command.category}</span>
      <span className="palette-title">{command.title}</span>
      {command.keys.map((chord) => (
        <Keys key={chord} chord={chord} />
      ))}
    </>
  );
}

function CommandList({ onDone }: { readonly onDone: () => void }): ReactElement {
  const client = useClient();
  const [query, setQuery] = useState('');
  return (
    <PickList
      label="Command"
      listLabel="Commands"
      placeholder="Type a command"
      query={query}
      onQuery={setQuery}
      items={matchCommands(client.commands.all(), query)}
      keyOf={({ id }) => id}
      row={(command) => <CommandRow command={command} />}
      isDisabled={(command) => !command.isEnabled()}
      none="No command matches."
      onPick={({ id }) => client.commands.run(id)}
      onDone={onDone}
    />
  );
}

export function Palette(props: PickDialogProps): ReactElement {
  return (
    <PickDialog label="Command palette" {...props}>
      <CommandList onDone={() => props.onOpenChange(false)} />
    </PickDialog>
  );
}
