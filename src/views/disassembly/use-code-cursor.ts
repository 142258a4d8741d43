/** The instruction under the cursor of the disassembly: arrows and clicks move it, commands act on it. */
import { type KeyboardEvent, type RefObject, useEffect, useState } from 'react';
import type { CodeCursor } from '../../client/cursor-store.ts';
import { type AddressSpace, formatSpace, type Location } from '../../protocol/address.ts';
import type { Scope } from '../../protocol/target.ts';
import { useClient } from '../../ui/client-context.tsx';
import { INSTRUCTION_SIZE } from './rows.ts';

/** The scope a breakpoint gets from the space it is set in. */
export function scopeOfSpace(space: AddressSpace): Scope {
  if (space.kind === 'xen') return { kind: 'xen' };
  if (space.kind === 'guest' || space.kind === 'ipa') return { kind: 'domain', domain: space.domain };
  return space.kind === 'cpu' ? { kind: 'cpu', cpu: space.cpu } : { kind: 'any' };
}

export interface CodeCursorControl {
  /** Address of the instruction; null before there was any. */
  readonly address: bigint | null;
  readonly moveTo: (address: bigint) => void;
  readonly onFocus: () => void;
  /** Arrow keys; true when one was used. */
  readonly onKey: (event: KeyboardEvent) => boolean;
}

/** Where the cursor goes by an arrow key, and whether the rows have to move. */
export function nextAddress(
  visible: readonly bigint[],
  address: bigint | null,
  step: 1 | -1,
): { readonly address: bigint; readonly isOutside: boolean } | null {
  if (visible.length === 0) return null;
  const index = address === null ? -1 : visible.indexOf(address);
  if (index < 0) return { address: visible[0], isOutside: false };
  const next = visible[index + step];
  if (next !== undefined) return { address: next, isOutside: false };
  return { address: BigInt.asUintN(64, visible[index] + BigInt(step) * INSTRUCTION_SIZE), isOutside: true };
}

/** The cursor follows the pc at every stop. `host` is the element that has the focus while the code has it. */
export function useCodeCursor(
  host: RefObject<HTMLElement | null>,
  space: AddressSpace | null,
  pc: Location | null,
  visible: RefObject<readonly bigint[]>,
  scroll: (rows: number) => void,
): CodeCursorControl {
  const client = useClient();
  const [address, setAddress] = useState<bigint | null>(null);
  // While drawing, not after it: the cursor must not lag behind the pc by a drawing of all rows.
  const [followed, setFollowed] = useState<bigint | undefined>(undefined);
  if (pc?.address !== followed) {
    setFollowed(pc?.address);
    if (pc) setAddress(pc.address);
  }
  const spaceKey = space ? formatSpace(space) : '';
  const publish = (): void => {
    if (!space || address === null) return;
    const place = { kind: 'address', location: { space, address } } as const;
    const cursor: CodeCursor = { place, scope: scopeOfSpace(space) };
    client.cursor.setState({ cursor });
  };
  useEffect(() => {
    if (host.current?.contains(document.activeElement)) publish();
    // The key stands for the space, which is a new object at every sample.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [address, spaceKey]);
  const onKey = ({ key }: KeyboardEvent): boolean => {
    if (key !== 'ArrowDown' && key !== 'ArrowUp') return false;
    const step = key === 'ArrowDown' ? 1 : -1;
    const next = nextAddress(visible.current, address, step);
    if (!next) return false;
    if (next.isOutside) scroll(step);
    setAddress(next.address);
    return true;
  };
  return { address, moveTo: setAddress, onFocus: publish, onKey };
}
