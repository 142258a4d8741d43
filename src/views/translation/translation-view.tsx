/** A translation, level by level: stage 1, and under each of its reads and its result, stage 2. */
import './styles.css';
import { type ReactElement, useState } from 'react';
import { useStore } from 'zustand';
import { targetSpace } from '../../client/targets.ts';
import { formatLocation } from '../../protocol/address.ts';
import type { TranslationWalk, WalkStep } from '../../protocol/inspect.ts';
import { useClient, useTargetContext } from '../../ui/client-context.tsx';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { AddressLink } from '../../ui/widgets/address-link.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { Hex } from '../../ui/widgets/hex.tsx';
import { LocationField } from '../../ui/widgets/location-field.tsx';

function Step({ step }: { readonly step: WalkStep }): ReactElement {
  return (
    <tr data-stage={step.stage} className={step.kind === 'invalid' ? 'walk-invalid' : undefined}>
      <td>stage {step.stage}</td>
      <td className="number">{step.level}</td>
      <td className="number mono">{step.index}</td>
      <td>
        <AddressLink location={step.descriptorAddress} view="memory" />
      </td>
      <td className="mono">
        <Hex value={step.descriptor} />
      </td>
      <td>{step.kind}</td>
      <td className="mono">{step.output ? formatLocation(step.output) : ''}</td>
      <td className="muted">{step.attributes.map(({ name, value }) => `${name} ${value}`).join(' · ')}</td>
    </tr>
  );
}

function Summary({ walk }: { readonly walk: TranslationWalk }): ReactElement {
  const box = (label: string, text: string): ReactElement => (
    <span className="walk-box">
      <small>{label}</small>
      <span className="mono">{text}</span>
    </span>
  );
  return (
    <div className="walk-summary">
      {box(walk.regime, formatLocation(walk.input))}
      {walk.ipa !== null && <span className="walk-arrow">→</span>}
      {walk.ipa !== null && box(`IPA${walk.vmid === null ? '' : ` · VMID ${walk.vmid}`}`, `0x${walk.ipa.toString(16)}`)}
      <span className="walk-arrow">→</span>
      {walk.pa === null ? (
        <span className="walk-box fault">
          <small>fault</small>
          <span>{walk.fault}</span>
        </span>
      ) : (
        box('PA', `0x${walk.pa.toString(16)}`)
      )}
    </div>
  );
}

function Walk({ walk }: { readonly walk: TranslationWalk }): ReactElement {
  return (
    <>
      <Summary walk={walk} />
      <table className="grid walk-table">
        <thead>
          <tr>
            <th>Stage</th>
            <th>Level</th>
            <th>Index</th>
            <th>Descriptor at</th>
            <th>Descriptor</th>
            <th>Kind</th>
            <th>Leads to</th>
            <th>Attributes</th>
          </tr>
        </thead>
        <tbody>
          {walk.steps.map((step, index) => (
            <Step key={`${index} ${step.stage} ${step.level}`} step={step} />
          ))}
        </tbody>
      </table>
    </>
  );
}

export function TranslationView(): ReactElement {
  const client = useClient();
  const asked = useStore(client.navigation, (state) => state.translation);
  const target = useTargetContext((state) => state.target);
  const [mine, setMine] = useState(asked);
  const [seen, setSeen] = useState(asked);
  if (asked !== seen) {
    setSeen(asked);
    setMine(asked);
  }
  const fallback = targetSpace(client.machine.getState().status?.cpus ?? [], target);
  const key = mine && formatLocation(mine);
  const { data, error } = useAtStop(key, (session, stopId) => {
    if (!mine) throw new Error('no address');
    return session.translate(stopId, mine);
  });
  return (
    <div className="view">
      <div className="view-bar">
        <LocationField label="Address to translate" location={mine} fallback={fallback} onGo={setMine} />
      </div>
      <div className="view-body" tabIndex={0}>
        {data ? (
          <Walk walk={data} />
        ) : (
          <Empty>
            {error ??
              'Type an address with its space: every table of stage 1 and stage 2 on its way to memory will be listed here.'}
          </Empty>
        )}
      </div>
    </div>
  );
}
