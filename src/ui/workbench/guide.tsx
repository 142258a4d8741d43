/** The guided start: a small card that leads through the seed walk, from a domain's prompt into Xen and back. */
import type { ReactElement } from 'react';
import { useEffect, useState } from 'react';
import type { Client } from '../../client/client.ts';
import type { BreakpointSpec } from '../../protocol/breakpoints.ts';
import { useClient, useMachine } from '../client-context.tsx';
import { Button, IconButton } from '../widgets/button.tsx';

interface GuideStep {
  readonly title: string;
  readonly text: string;
  readonly actions?: readonly { readonly label: string; readonly command: string }[];
  /** True when the person has done it; steps without are only read. */
  readonly isDone?: (client: Client) => boolean;
}

const COMMAND = 'cat /sys/hypervisor/version/major';

/** Level of the pCPU that the machine has stopped on; null while it runs. */
function stoppedLevel(client: Client): number | null {
  const { stop, status } = client.machine.getState();
  return stop && status ? (status.cpus[stop.cpu]?.el ?? null) : null;
}

function majorShow({ place, scope }: BreakpointSpec): boolean {
  return place.kind === 'function' && place.name === 'major_show' && scope.kind === 'domain' && scope.domain === 1;
}

const STEPS: readonly GuideStep[] = [
  {
    title: 'Three guests are waiting',
    text: 'Xen runs Dom0, DomU1 and DomU2 on four emulated Cortex-A53 cores, in this tab. The map shows which core is where, at which exception level. The terminals below are their consoles.',
  },
  {
    title: 'Ask DomU1 for Xen’s version',
    text: `Click into DomU1’s terminal, type “${COMMAND}” and press Enter. It prints 4: the answer came from Xen, through the kernel.`,
    actions: [{ label: 'Show DomU1', command: 'view.terminal:d1' }],
    isDone: ({ consoles }) => /version\/major\s+4\s/.test(consoles.text('d1')),
  },
  {
    title: 'A breakpoint for DomU1 alone',
    text: 'In Breakpoints, choose the scope “d1 DomU1” beside the field, type “major_show” into it and press Enter. Dom0 has the same kernel and will not stop.',
    actions: [{ label: 'Show Breakpoints', command: 'view.breakpoints' }],
    isDone: ({ breakpoints }) => breakpoints.getState().specs.some(majorShow),
  },
  {
    title: 'Stop in its kernel',
    text: 'Type the same command in DomU1 again (arrow up brings it back). The machine stops in major_show: its source is open, and the call stack shows the way from the program’s system call.',
    actions: [{ label: 'Show DomU1', command: 'view.terminal:d1' }],
    isDone: (client) => stoppedLevel(client) === 1 && client.breakpoints.getState().specs.some(majorShow),
  },
  {
    title: 'Follow the call into Xen',
    text: 'Step Into once: the call to HYPERVISOR_xen_version. Then Step Instruction until HVC takes the core to EL2, at Xen’s exception vector. Registers shows ESR_EL2 with class 0x16, an HVC.',
    actions: [
      { label: 'Step Into', command: 'run.stepInto' },
      { label: 'Step Instruction', command: 'run.stepInstruction' },
    ],
    isDone: (client) => stoppedLevel(client) === 2,
  },
  {
    title: 'And back',
    text: 'Step Out lets Xen do its work and returns through ERET into DomU1’s kernel. Continue lets the program print its answer.',
    actions: [
      { label: 'Step Out', command: 'run.stepOut' },
      { label: 'Continue', command: 'run.continue' },
    ],
    isDone: (client) => client.isRunning,
  },
  {
    title: 'Yours now',
    text: 'Every command and its key is in the palette, and any key can be changed. What you look at is in the address bar: a link to it opens the same view.',
    actions: [{ label: 'Open the palette', command: 'go.palette' }],
  },
];

/** Whether the current step has been done since it was shown; once done it stays so. */
function useDone(index: number, isOpen: boolean): boolean {
  const client = useClient();
  const [done, setDone] = useState<ReadonlySet<number>>(new Set());
  useEffect(() => {
    const { isDone } = STEPS[index];
    if (!isOpen || !isDone || done.has(index)) return undefined;
    const look = (): void => {
      if (isDone(client)) setDone((old) => new Set(old).add(index));
    };
    look();
    const stops = [client.machine.subscribe(look), client.breakpoints.subscribe(look)];
    return () => stops.forEach((stop) => stop());
  }, [client, index, isOpen, done]);
  return done.has(index);
}

export interface GuideProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

export function Guide({ isOpen, onOpenChange }: GuideProps): ReactElement | null {
  const client = useClient();
  const [index, setIndex] = useState(0);
  const isDone = useDone(index, isOpen);
  // It speaks of the default pack's domains.
  const hasDomains = useMachine(({ pack }) => !pack || pack.domains.some(({ name }) => name === 'DomU1'));
  if (!isOpen || !hasDomains) return null;
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
      <div role="status" className={isDone ? 'guide-done' : 'muted'}>
        {step.isDone && (isDone ? '✓ Done. Go on with Next.' : 'Waiting for you to do it.')}
      </div>
      <div className="guide-actions">
        {step.actions?.map(({ label, command }) => {
          const chord = client.commands.get(command)?.keys[0];
          return (
            <Button key={command} onClick={() => client.commands.run(command)}>
              {chord === undefined ? label : `${label} (${chord})`}
            </Button>
          );
        })}
      </div>
      <div className="guide-actions">
        <span className="toolbar-space" />
        {index > 0 && <Button onClick={() => setIndex(index - 1)}>Back</Button>}
        <Button primary onClick={() => (isLast ? close() : setIndex(index + 1))}>
          {isLast ? 'Done' : 'Next'}
        </Button>
      </div>
    </aside>
  );
}
