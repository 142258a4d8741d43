/** What is recorded beside the machine's own events: functions, and what awareness watches. */
import { type ReactElement, useCallback, useEffect, useState } from 'react';
import type { ProbeSource, ProbeState } from '../../protocol/timeline.ts';
import { useClient, useMachine } from '../../ui/client-context.tsx';
import { IconButton } from '../../ui/widgets/button.tsx';

const SOURCES: Readonly<Record<ProbeSource, string>> = {
  'vcpu switches': 'vCPU switches and wake-ups (Xen’s context_switch, vcpu_wake)',
  tasks: 'Tasks (Linux’ __switch_to)',
};

interface Probes {
  readonly state: ProbeState | null;
  readonly error: string | null;
  /** Makes a change and reads what is there afterwards. */
  readonly change: (make: () => Promise<unknown>) => Promise<boolean>;
}

function useProbes(): Probes {
  const client = useClient();
  const stopId = useMachine((state) => state.stop?.stopId ?? 0);
  const [state, setState] = useState<ProbeState | null>(null);
  const [error, setError] = useState<string | null>(null);
  const read = useCallback(() => client.session.probes().then(setState, () => undefined), [client]);
  useEffect(() => void read(), [read, stopId]);
  const change = async (make: () => Promise<unknown>): Promise<boolean> => {
    try {
      await make();
      setError(null);
      return true;
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      return false;
    } finally {
      await read();
    }
  };
  return { state, error, change };
}

export function ProbesPanel(): ReactElement {
  const client = useClient();
  const { state, error, change } = useProbes();
  const [text, setText] = useState('');
  const add = async (): Promise<void> => {
    // What has been typed since is not to be lost.
    if (await change(() => client.session.addProbe(text))) setText((now) => (now === text ? '' : now));
  };
  return (
    <div className="timeline-probes">
      <h3>Functions</h3>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '') void add();
        }}
      >
        <input
          className="field mono"
          aria-label="New probe"
          placeholder="xen:do_xen_version, d1:vfs_read/3, d1:EL0:main"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="text-toggle">
          add
        </button>
      </form>
      {error !== null && (
        <p className="timeline-error" role="alert">
          {error}
        </p>
      )}
      <ul aria-label="Probed functions">
        {state?.functions.map(({ id, name }) => (
          <li key={id}>
            <span className="mono">{name}</span>
            <IconButton
              icon="trash"
              title={`Remove the probe on ${name}`}
              onClick={() => void change(() => client.session.removeProbe(id))}
            />
          </li>
        ))}
      </ul>
      <h3>Watched by awareness</h3>
      {state?.sources.map(({ source, isOn }) => (
        <label key={source}>
          <input
            type="checkbox"
            checked={isOn}
            onChange={() => void change(() => client.session.setProbeSource(source, !isOn))}
          />
          {SOURCES[source]}
        </label>
      ))}
      <label>
        <input type="checkbox" checked disabled />
        Hypercalls, system calls, interrupts, exits: always, by the machine itself
      </label>
      <p className="dim">
        Nothing in a guest is changed. Calls are recorded from when a probe is set; a change of what awareness watches
        begins the recording anew.
      </p>
    </div>
  );
}
