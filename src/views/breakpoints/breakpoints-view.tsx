/** The list of breakpoints: what, for whom, how often; and adding one by typing where. */
import './styles.css';
import { type ReactElement, useState } from 'react';
import { useStore } from 'zustand';
import { addBreakpoint, describePlace, removeBreakpoint, updateBreakpoint } from '../../client/breakpoint-store.ts';
import { domainName } from '../../client/machine-store.ts';
import { showLocation, showSource } from '../../client/navigation.ts';
import type { BreakpointSpec, BreakpointState } from '../../protocol/breakpoints.ts';
import { formatScope, parseScope, type Scope } from '../../protocol/target.ts';
import { useClient, useMachine } from '../../ui/client-context.tsx';
import { IconButton } from '../../ui/widgets/button.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { ScopeChip } from '../../ui/widgets/owner-chip.tsx';
import { parsePlace } from './parse-place.ts';

interface ScopeChoice {
  readonly value: string;
  readonly label: string;
}

function useScopes(): readonly ScopeChoice[] {
  const pack = useMachine((state) => state.pack);
  const choices: ScopeChoice[] = [
    { value: 'any', label: 'any' },
    { value: 'xen', label: 'xen' },
  ];
  for (const { domid, vcpus, vmid } of pack?.domains ?? []) {
    choices.push({ value: `d${domid}`, label: `d${domid} ${domainName(pack, domid)}` });
    for (let vcpu = 0; vcpu < vcpus; vcpu += 1)
      choices.push({ value: `d${domid}v${vcpu}`, label: `d${domid}v${vcpu}` });
    choices.push({ value: `vmid ${vmid}`, label: `vmid ${vmid}` });
  }
  for (let cpu = 0; cpu < 4; cpu += 1) choices.push({ value: `p${cpu}`, label: `p${cpu}` });
  return choices;
}

interface ScopeSelectProps {
  readonly scope: Scope;
  readonly label: string;
  readonly onChange: (scope: Scope) => void;
}

function ScopeSelect({ scope, label, onChange }: ScopeSelectProps): ReactElement {
  const choices = useScopes();
  const value = formatScope(scope);
  const isKnown = choices.some((choice) => choice.value === value);
  return (
    <select
      className="select scope-select"
      aria-label={label}
      value={value}
      onChange={(event) => {
        const next = parseScope(event.target.value);
        if (next) onChange(next);
      }}
    >
      {!isKnown && <option value={value}>{value}</option>}
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

/** VS Code's glyphs, and a word for each: shape tells the kind, fill tells the state. */
function Glyph({
  spec,
  state,
}: {
  readonly spec: BreakpointSpec;
  readonly state: BreakpointState | undefined;
}): ReactElement {
  const shape =
    spec.logMessage !== undefined
      ? '◆'
      : { function: '▲', data: '⬢', exception: '✱', address: '●', line: '●' }[spec.place.kind];
  const status = spec.enabled ? (state?.state ?? 'pending') : 'disabled';
  return (
    <span className={`breakpoint-glyph ${status}`} title={status} role="img" aria-label={status}>
      {shape}
    </span>
  );
}

/** Condition, hit count and log message of one breakpoint. */
function Details({ spec }: { readonly spec: BreakpointSpec }): ReactElement {
  const client = useClient();
  const change = (update: Partial<BreakpointSpec>): void => updateBreakpoint(client.breakpoints, spec.id, update);
  const field = (label: string, value: string, set: (text: string) => void): ReactElement => (
    <label>
      <span>{label}</span>
      <input
        key={value}
        className="field mono"
        defaultValue={value}
        spellCheck={false}
        onBlur={(event) => event.target.value !== value && set(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      />
    </label>
  );
  return (
    <div className="breakpoint-details">
      <label>
        <span>Scope</span>
        <ScopeSelect scope={spec.scope} label="Scope" onChange={(scope) => change({ scope })} />
      </label>
      {field('Condition', spec.condition ?? '', (text) => change({ condition: text.trim() || undefined }))}
      {field('Hit count', spec.hitCount?.toString() ?? '', (text) => {
        const hitCount = Number.parseInt(text, 10);
        change({ hitCount: hitCount > 0 ? hitCount : undefined });
      })}
      {field('Log message', spec.logMessage ?? '', (text) => change({ logMessage: text || undefined }))}
    </div>
  );
}

function BreakpointRow({ spec, isHit }: { readonly spec: BreakpointSpec; readonly isHit: boolean }): ReactElement {
  const client = useClient();
  const state = useStore(client.breakpoints, ({ states }) => states[spec.id]);
  const [isOpen, setOpen] = useState(false);
  const name = describePlace(spec.place);
  const show = (): void => {
    if (spec.place.kind === 'line') {
      const owner =
        spec.scope.kind === 'domain'
          ? { kind: 'domain' as const, domain: spec.scope.domain }
          : { kind: 'xen' as const };
      showSource(client.navigation, {
        path: state?.path ?? spec.place.path,
        line: state?.line ?? spec.place.line,
        owner,
      });
    } else if (state?.locations[0]) showLocation(client.navigation, 'disassembly', state.locations[0]);
  };
  return (
    <li className={isHit ? 'breakpoint hit' : 'breakpoint'}>
      <div className="breakpoint-row">
        <input
          type="checkbox"
          aria-label={`Enable ${name}`}
          checked={spec.enabled}
          onChange={(event) => updateBreakpoint(client.breakpoints, spec.id, { enabled: event.target.checked })}
        />
        <Glyph spec={spec} state={state} />
        <button type="button" className="address-link mono breakpoint-place" title={name} onClick={show}>
          {name}
        </button>
        <ScopeChip scope={spec.scope} />
        <span className="breakpoint-hits" title="hits">
          {state?.hits ? `×${state.hits}` : ''}
        </span>
        <IconButton icon="edit" title={`Edit ${name}`} pressed={isOpen} onClick={() => setOpen(!isOpen)} />
        <IconButton
          icon="close"
          title={`Remove ${name}`}
          onClick={() => removeBreakpoint(client.breakpoints, spec.id)}
        />
      </div>
      {state?.message !== undefined && <div className="breakpoint-message">{state.message}</div>}
      {isOpen && <Details spec={spec} />}
    </li>
  );
}

function AddForm(): ReactElement {
  const client = useClient();
  const [text, setText] = useState('');
  const [scope, setScope] = useState<Scope>({ kind: 'any' });
  const place = parsePlace(text, scope);
  const isEmpty = useStore(client.breakpoints, (state) => state.specs.length === 0);
  return (
    <form
      className="breakpoint-add"
      onSubmit={(event) => {
        event.preventDefault();
        if (!place) return;
        addBreakpoint(client.breakpoints, { enabled: true, place, scope });
        setText('');
      }}
    >
      <input
        className={text !== '' && !place ? 'field invalid mono' : 'field mono'}
        placeholder="function, file:line, address, HVC #…"
        aria-label="New breakpoint"
        title="major_show · traps.c:1200 · d1:EL1:0x… · HVC #0xea1 · IRQ · write d1:EL1:0x… 8"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <ScopeSelect scope={scope} label="Scope of the new breakpoint" onChange={setScope} />
      <button
        type="submit"
        className="icon-button"
        aria-label="Add breakpoint"
        title="Add breakpoint"
        disabled={!place}
      >
        +
      </button>
      <IconButton
        icon="upload"
        title="Import breakpoints…"
        onClick={() => client.commands.run('file.importBreakpoints')}
      />
      <IconButton
        icon="download"
        title="Export breakpoints…"
        disabled={isEmpty}
        onClick={() => client.commands.run('file.exportBreakpoints')}
      />
    </form>
  );
}

const NO_IDS: readonly string[] = [];

export function BreakpointsView(): ReactElement {
  const client = useClient();
  const specs = useStore(client.breakpoints, (state) => state.specs);
  const hits = useMachine((state) => state.stop?.hitBreakpointIds ?? NO_IDS);
  return (
    <div className="view">
      <AddForm />
      <div className="view-body">
        {specs.length === 0 ? (
          <Empty>
            Breakpoints appear here: type a function, a line or an address above, or click in the gutter of the code.
          </Empty>
        ) : (
          <ul className="breakpoint-list" aria-label="Breakpoints">
            {specs.map((spec) => (
              <BreakpointRow key={spec.id} spec={spec} isHit={hits.includes(spec.id)} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
