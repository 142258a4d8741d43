/** All keys on one page. */
import { Dialog } from '@base-ui/react/dialog';
import type { ReactElement } from 'react';
import { useClient } from '../client-context.tsx';
import { Button } from '../widgets/button.tsx';
import { Keys } from '../widgets/keys.tsx';

const CATEGORIES = ['Run', 'View', 'Go', 'File', 'Help'] as const;

export interface HelpProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

export function Help({ isOpen, onOpenChange }: HelpProps): ReactElement {
  const client = useClient();
  const withKeys = client.commands.all().filter(({ keys }) => keys.length > 0);
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog">
          <Dialog.Title className="dialog-title">Keyboard shortcuts</Dialog.Title>
          <div className="help-columns">
            {CATEGORIES.map((category) => (
              <section key={category}>
                <h3>{category}</h3>
                {withKeys
                  .filter((command) => command.category === category)
                  .map(({ id, title, keys }) => (
                    <div key={id} className="help-row">
                      <span>{title}</span>
                      <span>
                        {keys.map((chord) => (
                          <Keys key={chord} chord={chord} />
                        ))}
                      </span>
                    </div>
                  ))}
              </section>
            ))}
          </div>
          <div className="dialog-actions">
            <Dialog.Close render={<Button primary>Close</Button>} />
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
