/** Memory as bytes and text, in any address space. */
import './styles.css';
import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { messageOf } from '../../client/client.ts';
import { targetSpace } from '../../client/targets.ts';
import { formatSpace, type Location } from '../../protocol/address.ts';
import type { MemoryBlock } from '../../protocol/inspect.ts';
import { useClient, useMachine, useTargetContext } from '../../ui/client-context.tsx';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { AddressScroller } from '../../ui/widgets/address-scroller.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { LocationField } from '../../ui/widgets/location-field.tsx';
import { asciiOf, BYTES_PER_ROW, byteAt, makeRows } from './hex-rows.ts';

const ROW_HEIGHT = 19;

interface HexProps {
  readonly top: Location;
  readonly rowsThatFit: number;
  readonly selected: bigint | null;
  readonly onSelect: (address: bigint) => void;
}

function useBlock(
  top: Location,
  rows: number,
): { block: MemoryBlock | undefined; previous: MemoryBlock | undefined; error: string | null } {
  const key = rows > 0 ? `${formatSpace(top.space)} ${top.address} ${rows}` : null;
  const { data, previous, error } = useAtStop(key, (session, stopId) =>
    session.readMemory(stopId, top, rows * BYTES_PER_ROW),
  );
  // While the next block is on its way the last one stays, so that scrolling does not flicker.
  const last = useRef<MemoryBlock | undefined>(undefined);
  useEffect(() => {
    if (data) last.current = data;
  }, [data]);
  return { block: data ?? last.current, previous, error };
}

function Hex({ top, rowsThatFit, selected, onSelect }: HexProps): ReactElement {
  const { block, previous, error } = useBlock(top, rowsThatFit);
  if (error !== null) return <Empty>This memory cannot be read: {error}.</Empty>;
  return (
    <div className="hex-dump mono">
      {makeRows(top.address, rowsThatFit).map((address) => (
        <div key={address.toString(16)} className="hex-row">
          <span className="hex-address">{address.toString(16).padStart(12, '0')}</span>
          {Array.from({ length: BYTES_PER_ROW }, (_, i) => {
            const at = BigInt.asUintN(64, address + BigInt(i));
            const byte = byteAt(block, at);
            const before = byteAt(previous, at);
            const state = `${selected === at ? ' selected' : ''}${before !== undefined && byte !== before ? ' changed' : ''}`;
            return (
              <span key={i} className={`hex-byte${byte === 0 ? ' zero' : ''}${state}`} onClick={() => onSelect(at)}>
                {byte === undefined ? '··' : byte.toString(16).padStart(2, '0')}
              </span>
            );
          })}
          <span className="hex-text">{asciiOf(block, address)}</span>
        </div>
      ))}
    </div>
  );
}

/** Typing two digits over the selected byte writes it. */
function useByteEditor(
  top: Location,
  selected: bigint | null,
  select: (address: bigint) => void,
): (event: KeyboardEvent) => boolean {
  const client = useClient();
  const first = useRef('');
  const write = async (address: bigint, value: number): Promise<void> => {
    const { stop } = client.machine.getState();
    if (!stop) return;
    try {
      await client.session.writeMemory(stop.stopId, { space: top.space, address }, Uint8Array.of(value));
      client.invalidate();
    } catch (error) {
      client.report(messageOf(error));
    }
  };
  return (event) => {
    if (selected === null) return false;
    if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      first.current = '';
      select(BigInt.asUintN(64, selected + (event.key === 'ArrowRight' ? 1n : -1n)));
      return true;
    }
    if (!/^[0-9a-f]$/i.test(event.key)) return false;
    if (first.current === '') {
      first.current = event.key;
      return true;
    }
    void write(selected, Number.parseInt(first.current + event.key, 16));
    first.current = '';
    select(BigInt.asUintN(64, selected + 1n));
    return true;
  };
}

function MemoryAt({ top, onTop }: { readonly top: Location; readonly onTop: (top: Location) => void }): ReactElement {
  const [selected, setSelected] = useState<bigint | null>(null);
  const editByte = useByteEditor(top, selected, setSelected);
  const running = useMachine((state) => state.stop === null);
  const scroll = (rows: number): void =>
    onTop({ ...top, address: BigInt.asUintN(64, top.address + BigInt(rows * BYTES_PER_ROW)) });
  return (
    <div className={running ? 'view-body stale memory-body' : 'view-body memory-body'}>
      <AddressScroller label="Memory" rowHeight={ROW_HEIGHT} onScroll={scroll} onKey={editByte}>
        {(rowsThatFit) => <Hex {...{ top, rowsThatFit, selected }} onSelect={setSelected} />}
      </AddressScroller>
    </div>
  );
}

export function MemoryView(): ReactElement {
  const client = useClient();
  const asked = useStore(client.navigation, (state) => state.memory);
  const target = useTargetContext((state) => state.target);
  const lastStop = useMachine((state) => state.lastStop);
  const [top, setTop] = useState<Location | null>(null);
  useEffect(() => {
    if (asked) setTop({ ...asked, address: asked.address & ~15n });
  }, [asked]);
  const fallback = top?.space ?? targetSpace(client.machine.getState().status?.cpus ?? [], target);
  return (
    <div className="view">
      <div className="view-bar">
        <LocationField
          label="Memory address"
          location={top}
          fallback={fallback}
          onGo={(at) => setTop({ ...at, address: at.address & ~15n })}
        />
        <span className="grow" />
        <span className="dim">select a byte and type to change it</span>
      </div>
      {top && lastStop ? (
        <MemoryAt top={top} onTop={setTop} />
      ) : (
        <Empty>
          Type an address with its space (d1:EL1:0x…, d1:IPA:0x…, xen:0x…, PA:0x…) to see that memory, running domain or
          not.
        </Empty>
      )}
    </div>
  );
}
