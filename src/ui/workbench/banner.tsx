/** What went wrong, and the way on. */
import type { ReactElement } from 'react';
import { useClient, useMachine } from '../client-context.tsx';
import { Button, IconButton } from '../widgets/button.tsx';
import { Icon } from '../widgets/icon.tsx';

export function Banner(): ReactElement | null {
  const client = useClient();
  const phase = useMachine((state) => state.phase);
  const error = useMachine((state) => state.error);
  if (phase === 'crashed') {
    return (
      <div className="banner" role="alert">
        <Icon name="warning" />
        <span className="grow">The machine has crashed ({error}). Your breakpoints, watches and layout are kept.</span>
        <Button primary onClick={() => client.commands.run('run.reopen')}>
          Go on from the boot snapshot
        </Button>
      </div>
    );
  }
  if (error === null) return null;
  return (
    <div className="banner" role="alert">
      <Icon name="warning" />
      <span className="grow">{error}</span>
      {phase === 'empty' && <Button onClick={() => client.commands.run('run.reopen')}>Try again</Button>}
      <IconButton icon="close" title="Dismiss" onClick={() => client.machine.setState({ error: null })} />
    </div>
  );
}
