/** The menu bar, derived from the command registry. */
import { Menu } from '@base-ui/react/menu';
import { Menubar } from '@base-ui/react/menubar';
import { type ReactElement, useState } from 'react';
import type { Command } from '../../client/commands.ts';
import { useClient } from '../client-context.tsx';
import { Keys } from '../widgets/keys.tsx';

const MENUS = ['File', 'View', 'Run', 'Go', 'Help'] as const;

function MenuItems({ category }: { readonly category: Command['category'] }): ReactElement {
  const client = useClient();
  const commands = client.commands.all().filter((command) => command.category === category);
  return (
    <>
      {commands.map(({ id, title, keys, ...command }) => (
        <Menu.Item
          key={id}
          className="menu-item"
          disabled={!command.isEnabled()}
          onClick={() => client.commands.run(id)}
        >
          <span>{title}</span>
          {keys[0] !== undefined && <Keys chord={keys[0]} />}
        </Menu.Item>
      ))}
    </>
  );
}

function OneMenu({ category }: { readonly category: Command['category'] }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <Menu.Root open={isOpen} onOpenChange={setOpen}>
      <Menu.Trigger className="menu-trigger">{category}</Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="menu-positioner" sideOffset={2} align="start">
          <Menu.Popup className="menu">{isOpen && <MenuItems category={category} />}</Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

export function Menus(): ReactElement {
  return (
    <Menubar className="menubar">
      {MENUS.map((category) => (
        <OneMenu key={category} category={category} />
      ))}
    </Menubar>
  );
}
