/** All commands with their keys, which can be changed here. */
import { Dialog } from '@base-ui/react/dialog';
import { type ReactElement, useEffect, useState } from 'react';
import type { Client } from '../../client/client.ts';
import type { Command } from '../../client/commands.ts';
import { useClient, useWorkspace } from '../client-context.tsx';
import { Button, IconButton } from '../widgets/button.tsx';
import { Keys } from '../widgets/keys.tsx';

const CATEGORIES = ['Run', 'Go', 'View', 'File', 'Help'] as const;

function setKeys(client: Client, id: string, keys: readonly string[] | null): void {
  client.workspace.setState((state) => {
    const { [id]: _old, ...others } = state.keys;
    return { keys: keys === null ? others : { ...others, [id]: [...keys] } };
  });
}

interface RecorderProps {
  readonly command: Command;
  readonly onDone: () => void;
}

/** Waits for the new key of a command. A key that belongs to another command is taken from it only when it is pressed again. */
function Recorder({ command, onDone }: RecorderProps): ReactElement {
  const client = useClient();
  const [taken, setTaken] = useState<{ readonly chord: string; readonly owner: Command } | null>(null);
  const { id } = command;
  useEffect(() => {
    client.commands.record((chord) => {
      if (chord === 'Escape') return onDone();
      if (chord === 'Delete' || chord === 'Backspace') {
        setKeys(client, id, []);
        return onDone();
      }
      const owner = client.commands.ownerOf(chord);
      if (owner && owner.id !== id && taken?.chord !== chord) return setTaken({ chord, owner });
      setKeys(client, id, [chord]);
      return onDone();
    });
    return () => client.commands.record(null);
  }, [client, id, taken, onDone]);
  return (
    <span className={taken ? 'key-recorder conflict' : 'key-recorder'} role="status">
      {taken
        ? `${taken.chord} belongs to “${taken.owner.title}”: press it again to take it, Esc to leave it`
        : 'Press the new key; Delete for none, Esc to keep the old one'}
    </span>
  );
}

interface RowProps {
  readonly command: Command;
  readonly isRecording: boolean;
  readonly onRecord: (id: string | null) => void;
}

function CommandRow({ command, isRecording, onRecord }: RowProps): ReactElement {
  const client = useClient();
  const isChanged = useWorkspace(({ keys }) => command.id in keys);
  const lost = (client.workspace.getState().keys[command.id] ?? client.commands.defaultKeysOf(command.id)).filter(
    (chord) => !command.keys.includes(chord),
  );
  return (
    <div className="help-row">
      <span>{command.title}</span>
      {isRecording ? (
        <Recorder command={command} onDone={() => onRecord(null)} />
      ) : (
        <span>
          {command.keys.map((chord) => (
            <Keys key={chord} chord={chord} />
          ))}
          {lost.map((chord) => (
            <s key={chord} className="key-lost" title={`${chord} runs “${client.commands.ownerOf(chord)?.title}” now`}>
              {chord}
            </s>
          ))}
          <IconButton icon="edit" title={`Change the key of ${command.title}`} onClick={() => onRecord(command.id)} />
          {isChanged && (
            <IconButton
              icon="restart"
              title={`Reset the key of ${command.title}`}
              onClick={() => setKeys(client, command.id, null)}
            />
          )}
        </span>
      )}
    </div>
  );
}

function KeyList(): ReactElement {
  const client = useClient();
  // The registry is told of the person's keys before components are.
  useWorkspace(({ keys }) => keys);
  const [query, setQuery] = useState('');
  const [recording, setRecording] = useState<string | null>(null);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = client.commands.all().filter(({ title, keys }) => {
    const text = `${title} ${keys.join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <>
      <input
        className="field help-search"
        aria-label="Search shortcuts"
        placeholder="Search by command or key"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <div className="help-list">
        {CATEGORIES.map((category) => {
          const commands = found.filter((command) => command.category === category);
          if (commands.length === 0) return null;
          return (
            <section key={category}>
              <h3>{category}</h3>
              {commands.map((command) => (
                <CommandRow
                  key={command.id}
                  command={command}
                  isRecording={recording === command.id}
                  onRecord={setRecording}
                />
              ))}
            </section>
          );
        })}
        {found.length === 0 && <p className="muted">No command matches.</p>}
      </div>
    </>
  );
}

export interface HelpProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

export function Help({ isOpen, onOpenChange }: HelpProps): ReactElement {
  const client = useClient();
  const hasOwnKeys = useWorkspace(({ keys }) => Object.keys(keys).length > 0);
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog">
          <Dialog.Title className="dialog-title">Keyboard shortcuts</Dialog.Title>
          <KeyList />
          <div className="dialog-actions">
            <Button disabled={!hasOwnKeys} onClick={() => client.workspace.setState({ keys: {} })}>
              Reset all keys
            </Button>
            <Dialog.Close render={<Button primary>Close</Button>} />
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
