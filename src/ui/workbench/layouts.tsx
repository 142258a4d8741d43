/** Layouts by name: the one in use is saved, another is put in its place, or the default one. */
import { Dialog } from '@base-ui/react/dialog';
import { type ReactElement, useState } from 'react';
import type { Client } from '../../client/client.ts';
import { useClient, useWorkspace } from '../client-context.tsx';
import { Button, IconButton } from '../widgets/button.tsx';

/** The name under which the layout in use is kept. */
const CURRENT = 'current';

function saveAs(client: Client, name: string): void {
  client.workspace.setState(({ layouts }) => ({ layouts: { ...layouts, [name]: layouts[CURRENT] } }));
}

function choose(client: Client, name: string): void {
  client.workspace.setState(({ layouts }) => ({ layouts: { ...layouts, [CURRENT]: structuredClone(layouts[name]) } }));
}

function remove(client: Client, name: string): void {
  client.workspace.setState(({ layouts }) => {
    const { [name]: _removed, ...others } = layouts;
    return { layouts: others };
  });
}

function SaveForm(): ReactElement {
  const client = useClient();
  const [name, setName] = useState('');
  const wanted = name.trim();
  return (
    <form
      className="layout-save"
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted === '' || wanted === CURRENT) return;
        saveAs(client, wanted);
        setName('');
      }}
    >
      <input
        className="field"
        aria-label="Name of the layout"
        placeholder="Name for the layout in use"
        value={name}
        autoFocus
        onChange={(event) => setName(event.target.value)}
      />
      <Button type="submit" disabled={wanted === '' || wanted === CURRENT}>
        Save
      </Button>
    </form>
  );
}

export interface LayoutsProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

export function Layouts({ isOpen, onOpenChange }: LayoutsProps): ReactElement {
  const client = useClient();
  const layouts = useWorkspace((state) => state.layouts);
  const names = Object.keys(layouts)
    .filter((name) => name !== CURRENT)
    .toSorted();
  const use = (name: string): void => {
    choose(client, name);
    onOpenChange(false);
  };
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog layouts">
          <Dialog.Title className="dialog-title">Layouts</Dialog.Title>
          <SaveForm />
          {names.length === 0 && <p className="muted">Layouts that you save are listed here.</p>}
          <ul className="layout-list" aria-label="Saved layouts">
            {names.map((name) => (
              <li key={name}>
                <button type="button" className="layout-name" onClick={() => use(name)}>
                  {name}
                </button>
                <IconButton icon="trash" title={`Delete ${name}`} onClick={() => remove(client, name)} />
              </li>
            ))}
          </ul>
          <div className="dialog-actions">
            <Button
              onClick={() => {
                client.commands.run('view.resetLayout');
                onOpenChange(false);
              }}
            >
              Reset to the default layout
            </Button>
            <Dialog.Close render={<Button primary>Close</Button>} />
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
