/** From a register set to the rows of the tree: groups, registers, fields. */
import { hasFields, registerFields, type RegisterField } from '../../arch/register-fields.ts';
import { REGISTER_GROUPS, type RegisterSet, type RegisterValue } from '../../protocol/registers.ts';

export type RegisterRow =
  | {
      readonly kind: 'group';
      readonly id: string;
      readonly name: string;
      readonly isOpen: boolean;
      readonly changes: number;
    }
  | {
      readonly kind: 'register';
      readonly id: string;
      readonly register: RegisterValue;
      readonly isChanged: boolean;
      readonly isOpen?: boolean;
      readonly isPinned: boolean;
    }
  | { readonly kind: 'field'; readonly id: string; readonly field: RegisterField; readonly isChanged: boolean };

export interface RowOptions {
  readonly open: ReadonlySet<string>;
  /** Shows only registers whose name contains it, with all groups open. */
  readonly filter: string;
  readonly pinned: readonly string[];
}

/** Values by name, to compare with. */
export function valuesOf(set: RegisterSet | undefined): ReadonlyMap<string, bigint> {
  return new Map(set?.registers.map(({ name, value }) => [name, value]));
}

function fieldRows(register: RegisterValue, before: bigint | undefined, prefix: string): RegisterRow[] {
  const old = before === undefined ? [] : registerFields(register.name, before);
  return registerFields(register.name, register.value).map((field) => ({
    kind: 'field',
    id: `${prefix}${register.name}.${field.name}`,
    field,
    isChanged: before !== undefined && old.find(({ name }) => name === field.name)?.value !== field.value,
  }));
}

function registerRows(
  register: RegisterValue,
  before: ReadonlyMap<string, bigint>,
  options: RowOptions,
  prefix = '',
): RegisterRow[] {
  const { name, value } = register;
  const id = `${prefix}${name}`;
  const isOpen = hasFields(name) ? options.open.has(id) : undefined;
  const old = before.get(name);
  const row: RegisterRow = {
    kind: 'register',
    id,
    register,
    isChanged: old !== undefined && old !== value,
    isOpen,
    isPinned: options.pinned.includes(name),
  };
  return [row, ...(isOpen ? fieldRows(register, old, prefix) : [])];
}

/** Rows in display order: pinned registers, then the groups. */
export function makeRegisterRows(
  set: RegisterSet,
  before: ReadonlyMap<string, bigint>,
  options: RowOptions,
): RegisterRow[] {
  const filter = options.filter.trim().toUpperCase();
  const shown = set.registers.filter(({ name }) => name.toUpperCase().includes(filter));
  const pinned = filter ? [] : set.registers.filter(({ name }) => options.pinned.includes(name));
  const groups = REGISTER_GROUPS.flatMap((name): RegisterRow[] => {
    const members = shown.filter(({ group }) => group === name);
    if (members.length === 0) return [];
    const isOpen = filter !== '' || options.open.has(name);
    const changes = members.filter((each) => before.has(each.name) && before.get(each.name) !== each.value).length;
    const rows = isOpen ? members.flatMap((each) => registerRows(each, before, options)) : [];
    return [{ kind: 'group', id: name, name, isOpen, changes }, ...rows];
  });
  return [...pinned.flatMap((each) => registerRows(each, before, options, 'pin:')), ...groups];
}
