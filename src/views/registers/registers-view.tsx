/** Registers of the current target: by group, every field decoded, changes marked, values editable. */
import './styles.css';
import { memo, type ReactElement, useState } from 'react';
import { cpuOfTarget } from '../../client/targets.ts';
import type { RegisterSet, RegisterValue } from '../../protocol/registers.ts';
import { targetKey } from '../../protocol/target.ts';
import { useClient, useTargetContext, useWorkspace } from '../../ui/client-context.tsx';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { AddressLink } from '../../ui/widgets/address-link.tsx';
import { IconButton } from '../../ui/widgets/button.tsx';
import { EditField } from '../../ui/widgets/edit-field.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { Hex } from '../../ui/widgets/hex.tsx';
import { Tree, type TreeRow } from '../../ui/widgets/tree.tsx';
import { makeRegisterRows, type RegisterRow, valuesOf } from './register-rows.ts';

/** Parses what a person types as a register's value: hexadecimal with `0x`, else decimal. */
function parseRegisterValue(text: string, bits: number): bigint | undefined {
  try {
    const value = BigInt(text.trim());
    return value >= -(1n << BigInt(bits - 1)) && value < 1n << BigInt(bits) ? BigInt.asUintN(bits, value) : undefined;
  } catch {
    return undefined;
  }
}

function ValueEditor({
  register,
  onDone,
}: {
  readonly register: RegisterValue;
  readonly onDone: () => void;
}): ReactElement {
  const client = useClient();
  const target = useTargetContext((state) => state.target);
  const { name, bits } = register;
  const write = (text: string): Promise<boolean> =>
    client.write(async (session, stopId) =>
      session.writeRegister(stopId, target, name, parseRegisterValue(text, bits) ?? 0n),
    );
  return (
    <EditField
      className="register-edit"
      label={`New value of ${name}`}
      initial={`0x${register.value.toString(16)}`}
      isValid={(text) => parseRegisterValue(text, bits) !== undefined}
      onCommit={write}
      onDone={onDone}
    />
  );
}

interface RegisterContentProps {
  readonly row: RegisterRow & { readonly kind: 'register' };
  readonly isEditing: boolean;
  readonly onEdit: (isEditing: boolean) => void;
}

function PlainRegisterContent({ row, isEditing, onEdit }: RegisterContentProps): ReactElement {
  const client = useClient();
  const { register, isChanged, isPinned } = row;
  const togglePin = (): void =>
    client.workspace.setState(({ pinnedRegisters }) => ({
      pinnedRegisters: isPinned
        ? pinnedRegisters.filter((name) => name !== register.name)
        : [...pinnedRegisters, register.name],
    }));
  return (
    <>
      <span className="register-name">{register.name}</span>
      {isEditing ? (
        <ValueEditor register={register} onDone={() => onEdit(false)} />
      ) : (
        <span
          className={isChanged ? 'register-value changed' : 'register-value'}
          onDoubleClick={() => register.writable && onEdit(true)}
        >
          <Hex value={register.value} bits={register.bits} />
        </span>
      )}
      <span className="row-actions">
        {/^VBAR_EL[12]$/.test(register.name) && <VectorLink register={register} />}
        {register.writable && <IconButton icon="edit" title={`Edit ${register.name}`} onClick={() => onEdit(true)} />}
        <IconButton icon="pin" title={isPinned ? 'Unpin' : 'Pin to the top'} pressed={isPinned} onClick={togglePin} />
      </span>
    </>
  );
}

/** Most registers are what they were at the last stop. What is being edited is always drawn: its editor writes to the present stop. */
const RegisterContent = memo(PlainRegisterContent, (a, b) => {
  const [x, y] = [a.row.register, b.row.register];
  const isSameValue = x.name === y.name && x.value === y.value && x.bits === y.bits && x.writable === y.writable;
  const isSameRow = a.row.isChanged === b.row.isChanged && a.row.isPinned === b.row.isPinned && a.row.id === b.row.id;
  return isSameValue && isSameRow && !a.isEditing && !b.isEditing;
});

/** A link to the vector table, in the space of the level it belongs to. */
function VectorLink({ register }: { readonly register: RegisterValue }): ReactElement | null {
  const client = useClient();
  const target = useTargetContext((state) => state.target);
  const cpu = cpuOfTarget(client.machine.getState().status?.cpus ?? [], target);
  const domain = target.kind === 'cpu' ? cpu?.domain : target.domain;
  if (register.name === 'VBAR_EL2')
    return <AddressLink location={{ space: { kind: 'xen' }, address: register.value }} label="vectors" />;
  if (domain === undefined || domain === null) return null;
  return (
    <AddressLink location={{ space: { kind: 'guest', domain, el: 1 }, address: register.value }} label="vectors" />
  );
}

function FieldContent({ row }: { readonly row: RegisterRow & { readonly kind: 'field' } }): ReactElement {
  const { name, high, low, value, meaning } = row.field;
  return (
    <>
      <span className="field-name">{name}</span>
      <span className="field-bits">{high === low ? high : `${high}:${low}`}</span>
      <span className={row.isChanged ? 'changed mono' : 'mono'}>
        {value < 10n ? value.toString() : `0x${value.toString(16)}`}
      </span>
      {meaning !== undefined && <span className="field-meaning">{meaning}</span>}
    </>
  );
}

function treeRow(row: RegisterRow, content: ReactElement): TreeRow {
  if (row.kind === 'group') return { id: row.id, depth: 1, isOpen: row.isOpen, className: 'register-group', content };
  if (row.kind === 'register') return { id: row.id, depth: 2, isOpen: row.isOpen, content };
  return { id: row.id, depth: 3 + Number(row.field.name.startsWith('ISS.')), content };
}

const DEFAULT_OPEN = ['GENERAL', 'EXCEPTION', 'ESR_EL2'];

function RegisterTree({
  set,
  previous,
  filter,
  open,
  setOpen,
}: {
  readonly set: RegisterSet;
  readonly previous: RegisterSet | undefined;
  readonly filter: string;
  readonly open: ReadonlySet<string>;
  readonly setOpen: (open: ReadonlySet<string>) => void;
}): ReactElement {
  const [editing, setEditing] = useState<string | null>(null);
  const pinned = useWorkspace((state) => state.pinnedRegisters);
  const toggle = (id: string): void => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  const rows = makeRegisterRows(set, valuesOf(previous), { open, filter, pinned });
  const content = (row: RegisterRow): ReactElement => {
    if (row.kind === 'field') return <FieldContent row={row} />;
    if (row.kind === 'register') {
      const onEdit = (isEditing: boolean): void => setEditing(isEditing ? row.id : null);
      return <RegisterContent row={row} isEditing={editing === row.id} onEdit={onEdit} />;
    }
    return (
      <>
        <span>{row.name}</span>
        {row.changes > 0 && <span className="group-changes">{row.changes} changed</span>}
      </>
    );
  };
  return <Tree label="Registers" rows={rows.map((row) => treeRow(row, content(row)))} onToggle={toggle} />;
}

export function RegistersView(): ReactElement {
  const target = useTargetContext((state) => state.target);
  const key = targetKey(target);
  const { data, previous, error, isStale } = useAtStop(key, (session, stopId) => session.registers(stopId, target));
  const [filter, setFilter] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(DEFAULT_OPEN));
  if (!data) {
    return (
      <Empty>{error ?? 'Pause the machine to read the registers of the current target, every field decoded.'}</Empty>
    );
  }
  return (
    <div className="view">
      <div className="view-bar">
        <span className={data.origin === 'saved' ? 'register-origin saved' : 'register-origin'}>
          {data.label} · {data.origin === 'saved' ? 'saved, not live' : isStale ? 'as of the last stop' : 'live'}
        </span>
        <span className="grow" />
        <input
          className="field register-filter"
          type="search"
          placeholder="Search"
          aria-label="Search registers"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      <div className={isStale ? 'view-body stale' : 'view-body'}>
        <RegisterTree set={data} {...{ previous, filter, open, setOpen }} />
      </div>
    </div>
  );
}
