/** The command palette: every command, its group and its key. */
import { Dialog } from '@base-ui/react/dialog';
import { type KeyboardEvent, type ReactElement, useState } from 'react';
import type { Command } from '../../client/commands.ts';
import { useClient } from '../client-context.tsx';
import { Keys } from '../widgets/keys.tsx';

/** Every word of the query occurs in the command's group or title. */
function matchCommands(commands: readonly Command[], query: string): readonly Command[] {
  const words = query.toLowerCase().replace(/^>/, '').split(/\s+/).filter(Boolean);
  return commands.filter(({ category, title }) => {
    const text = `${category} ${title}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function PaletteList({ onDone }: { readonly onDone: () => void }): ReactElement {
  const client = useClient();
  const [query, setQuery] = useState('');
  const [selected, setSelected] = useState(0);
  const found = matchCommands(client.commands.all(), query);
  const current = Math.min(selected, found.length - 1);

  const run = (command: Command | undefined): void => {
    if (!command) return;
    onDone();
    // After the dialog has given the focus back, so that a command that moves it has the last word.
    setTimeout(() => client.commands.run(command.id), 0);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      setSelected(Math.min(Math.max(current + move, 0), found.length - 1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(found[current]);
    }
  };

  return (
    <>
      <input
        className="palette-input"
        placeholder="Type a command"
        aria-label="Command"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[current] ? `palette-${found[current].id}` : undefined}
        value={query}
        autoFocus
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setQuery(event.target.value);
          setSelected(0);
        }}
      />
      <div id="palette-list" className="palette-list" role="listbox" aria-label="Commands">
        {found.map((command, index) => (
          <div
            key={command.id}
            id={`palette-${command.id}`}
            role="option"
            aria-selected={index === current}
            aria-disabled={!command.isEnabled()}
            className="palette-row"
            ref={(element) => {
              if (index === current) element?.scrollIntoView({ block: 'nearest' });
            }}
            onPointerMove={() => setSelected(index)}
            onClick={() => run(command)}
          >
            <span className="palette-category">{command.category}</span>
            <span className="palette-title">{command.title}</span>
            {command.keys.map((chord) => (
              <Keys key={chord} chord={chord} />
            ))}
          </div>
        ))}
        {found.length === 0 && <div className="palette-none">No command matches.</div>}
      </div>
    </>
  );
}

export interface PaletteProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

export function Palette({ isOpen, onOpenChange }: PaletteProps): ReactElement {
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="palette" aria-label="Command palette">
          <PaletteList onDone={() => onOpenChange(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
