/** The guided start: a small card that leads through the seed walk, from a domain's prompt into Xen and back. */
import type { ReactElement } from 'react';
import { useState } from 'react';
import { useClient } from '../client-context.tsx';
import { Button, IconButton } from '../widgets/button.tsx';

interface GuideStep {
  readonly title: string;
  readonly text: string;
  readonly action?: { readonly label: string; readonly command: string };
}

const STEPS: readonly GuideStep[] = [
  {
    title: 'Three guests are waiting',
    text: 'Xen runs Dom0, DomU1 and DomU2 on four emulated Cortex-A53 cores, in this tab. The map shows which core is where, at which exception level. The terminals below are their consoles.',
  },
  {
    title: 'Ask DomU1 for Xen’s version',
    text: 'Type “cat /sys/hypervisor/version/major” in DomU1’s terminal and press Enter. It prints 4: the answer came from Xen, through the kernel.',
    action: { label: 'Show DomU1', command: 'view.terminal:d1' },
  },
  {
    title: 'Stop only DomU1',
    text: 'Add a breakpoint on the function major_show with the scope d1, and repeat the command. Dom0 may do the same and will not stop.',
    action: { label: 'Show Breakpoints', command: 'view.breakpoints' },
  },
  {
    title: 'Follow the call into Xen',
    text: 'Step into, until the HVC instruction, and once more: the core is at EL2, at Xen’s exception vector. The registers show ESR_EL2 with class 0x16, an HVC.',
    action: { label: 'Step Into', command: 'run.stepInto' },
  },
  {
    title: 'And back',
    text: 'Step out returns through ERET into DomU1’s kernel. Continue lets the program print its answer. Every command and its key is in the palette.',
    action: { label: 'Continue', command: 'run.continue' },
  },
];

export interface GuideProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

export function Guide({ isOpen, onOpenChange }: GuideProps): ReactElement | null {
  const client = useClient();
  const [index, setIndex] = useState(0);
  if (!isOpen) return null;
  const step = STEPS[index];
  const isLast = index === STEPS.length - 1;
  const close = (): void => {
    const { preferences } = client.workspace.getState();
    client.workspace.setState({ preferences: { ...preferences, guideSeen: true } });
    setIndex(0);
    onOpenChange(false);
  };
  return (
    <aside className="guide" aria-label="Guided start">
      <div className="guide-head">
        <span className="muted">
          {index + 1} of {STEPS.length}
        </span>
        <IconButton icon="close" title="Close the guide" onClick={close} />
      </div>
      <h2>{step.title}</h2>
      <p>{step.text}</p>
      <div className="guide-actions">
        {step.action && (
          <Button onClick={() => step.action && client.commands.run(step.action.command)}>{step.action.label}</Button>
        )}
        <span className="toolbar-space" />
        {index > 0 && <Button onClick={() => setIndex(index - 1)}>Back</Button>}
        <Button primary onClick={() => (isLast ? close() : setIndex(index + 1))}>
          {isLast ? 'Done' : 'Next'}
        </Button>
      </div>
    </aside>
  );
}
