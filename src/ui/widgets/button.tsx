/** Buttons. Those of a command take their title, key and availability from it. */
import { type ReactElement, type ReactNode, useEffect, useReducer } from 'react';
import { useClient } from '../client-context.tsx';
import { Icon, type IconName } from './icon.tsx';
import { Tooltip } from './tooltip.tsx';

/** Renders again when anything changes that commands depend on. */
function useCommandState(): void {
  const client = useClient();
  const [, update] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    let last = '';
    return client.machine.subscribe(({ phase, stop, pack, lastStop }) => {
      const now = `${phase} ${stop === null} ${pack === null} ${lastStop === null}`;
      if (now !== last) update();
      last = now;
    });
  }, [client]);
}

export interface CommandButtonProps {
  readonly command: string;
  readonly icon: IconName;
  readonly label?: string;
}

/** A toolbar button for a command. */
export function CommandButton({ command: id, icon, label }: CommandButtonProps): ReactElement | null {
  const client = useClient();
  useCommandState();
  const command = client.commands.get(id);
  if (!command) return null;
  return (
    <Tooltip text={command.title} chord={command.keys[0]}>
      <button
        type="button"
        className="tool-button"
        aria-label={command.title}
        aria-disabled={!command.isEnabled()}
        onClick={() => client.commands.run(id)}
      >
        <Icon name={icon} />
        {label !== undefined && <span>{label}</span>}
      </button>
    </Tooltip>
  );
}

export interface IconButtonProps {
  readonly icon: IconName;
  readonly title: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
}

/** A small button inside a view. */
export function IconButton({ icon, title, onClick, pressed, disabled }: IconButtonProps): ReactElement {
  return (
    <Tooltip text={title}>
      <button
        type="button"
        className="icon-button"
        aria-label={title}
        aria-pressed={pressed}
        disabled={disabled}
        onClick={onClick}
      >
        <Icon name={icon} size={14} />
      </button>
    </Tooltip>
  );
}

export interface ButtonProps {
  readonly children: ReactNode;
  readonly onClick?: () => void;
  readonly primary?: boolean;
  readonly disabled?: boolean;
  readonly type?: 'button' | 'submit';
}

export function Button({ children, onClick, primary = false, disabled, type = 'button' }: ButtonProps): ReactElement {
  return (
    <button type={type} className={primary ? 'button primary' : 'button'} disabled={disabled} onClick={onClick}>
      {children}
    </button>
  );
}
