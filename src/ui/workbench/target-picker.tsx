/** Chooses the target that every view follows: a pCPU or a vCPU. */
import { Select } from '@base-ui/react/select';
import type { ReactElement } from 'react';
import { domainName } from '../../client/machine-store.ts';
import type { CpuStatus } from '../../protocol/status.ts';
import { type Target, targetKey } from '../../protocol/target.ts';
import { useClient, useMachine, useTargetContext } from '../client-context.tsx';
import { ownerOf } from '../widgets/owner-chip.tsx';

interface Choice {
  readonly target: Target;
  readonly label: string;
  readonly owner: string;
}

const NO_CPUS: readonly CpuStatus[] = [];

function useChoices(): Choice[] {
  const pack = useMachine((state) => state.pack);
  const cpus = useMachine((state) => state.status?.cpus ?? NO_CPUS).length;
  const cpuChoices = Array.from({ length: cpus }, (_, cpu): Choice => {
    return { target: { kind: 'cpu', cpu }, label: `pCPU ${cpu}`, owner: 'idle' };
  });
  const vcpuChoices = (pack?.domains ?? []).flatMap(({ domid, vcpus }) =>
    Array.from({ length: vcpus }, (_, vcpu): Choice => {
      const label = `d${domid}v${vcpu}  ${domainName(pack, domid)}`;
      return { target: { kind: 'vcpu', domain: domid, vcpu }, label, owner: ownerOf(domid) };
    }),
  );
  return [...vcpuChoices, ...cpuChoices];
}

export function TargetPicker(): ReactElement {
  const client = useClient();
  const target = useTargetContext((state) => state.target);
  const choices = useChoices();
  const value = targetKey(target);
  const current = choices.find((choice) => targetKey(choice.target) === value);
  return (
    <Select.Root
      value={value}
      onValueChange={(key) => {
        const choice = choices.find((each) => targetKey(each.target) === key);
        if (choice) client.select(choice.target);
      }}
    >
      <Select.Trigger className="target-picker" aria-label="Current target" data-owner={current?.owner ?? 'idle'}>
        <span className="owner-dot" />
        <Select.Value>{() => current?.label ?? value}</Select.Value>
        <Select.Icon className="target-picker-icon">▾</Select.Icon>
      </Select.Trigger>
      <Select.Portal>
        <Select.Positioner className="menu-positioner" sideOffset={4} alignItemWithTrigger={false}>
          <Select.Popup className="menu">
            <Select.List>
              {choices.map((choice) => (
                <Select.Item
                  key={targetKey(choice.target)}
                  value={targetKey(choice.target)}
                  className="menu-item"
                  data-owner={choice.owner}
                >
                  <span className="owner-dot" />
                  <Select.ItemText>{choice.label}</Select.ItemText>
                </Select.Item>
              ))}
            </Select.List>
          </Select.Popup>
        </Select.Positioner>
      </Select.Portal>
    </Select.Root>
  );
}
