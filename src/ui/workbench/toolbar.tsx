/** The top bar: menus, run control, the current target. */
import type { ReactElement } from 'react';
import { useClient } from '../client-context.tsx';
import { CommandButton } from '../widgets/button.tsx';
import { Icon } from '../widgets/icon.tsx';
import { Keys } from '../widgets/keys.tsx';
import { Menus } from './menus.tsx';
import { TargetPicker } from './target-picker.tsx';

function Brand(): ReactElement {
  return (
    <span className="brand">
      <svg width="18" height="18" viewBox="0 0 32 32" aria-hidden="true">
        <path d="M4 8h24M4 16h24" stroke="var(--text-dim)" strokeWidth="2" strokeDasharray="2.4 2.6" />
        <path d="M4 25h24" stroke="var(--xen)" strokeWidth="3.6" strokeLinecap="round" />
        <path
          d="M16 4v15M11 14.6 16 20l5-5.4"
          fill="none"
          stroke="var(--accent)"
          strokeWidth="3"
          strokeLinecap="round"
        />
      </svg>
      Trapline
    </span>
  );
}

export function Toolbar(): ReactElement {
  const client = useClient();
  return (
    <header className="toolbar">
      <Brand />
      <Menus />
      <div className="toolbar-group" role="toolbar" aria-label="Run control">
        <CommandButton command="run.continue" icon="continue" label="Continue" />
        <CommandButton command="run.pause" icon="pause" label="Pause" />
        <span className="toolbar-line" />
        <CommandButton command="run.stepOver" icon="stepOver" />
        <CommandButton command="run.stepInto" icon="stepInto" />
        <CommandButton command="run.stepOut" icon="stepOut" />
        <CommandButton command="run.stepInstruction" icon="stepInstruction" />
        <span className="toolbar-line" />
        <CommandButton command="run.restart" icon="restart" />
        <CommandButton command="run.coldBoot" icon="power" />
      </div>
      <TargetPicker />
      <span className="toolbar-space" />
      <button type="button" className="palette-button" onClick={() => client.commands.run('go.palette')}>
        <Icon name="search" size={13} />
        <span>Commands</span>
        <Keys chord="Ctrl+Shift+P" />
      </button>
    </header>
  );
}
