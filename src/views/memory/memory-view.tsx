/** Memory as bytes and text, in any address space. */
import './styles.css';
import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { targetSpace } from '../../client/targets.ts';
import { type AddressSpace, formatSpace, type Location } from '../../protocol/address.ts';
import type { MemoryBlock } from '../../protocol/inspect.ts';
import { useClient, useMachine, useTargetContext } from '../../ui/client-context.tsx';
import { useAtStop } from '../../ui/use-at-stop.ts';
import { AddressScroller } from '../../ui/widgets/address-scroller.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { LocationField } from '../../ui/widgets/location-field.tsx';
import { IconButton } from '../../ui/widgets/button.tsx';
import { asciiOf, BYTES_PER_ROW, byteAt, makeRows } from './hex-rows.ts';
import { type Mark, MemoryFind } from './memory-find.tsx';
import { type Field, MemoryOverlay, type Overlay } from './memory-overlay.tsx';

const ROW_HEIGHT = 19;

/** The byte that typing changes. */
interface Selection {
  readonly address: bigint;
  /** The first of two digits, once it has been typed. */
  readonly digit: string;
}

/** What is shown over the bytes. */
interface Highlights {
  readonly mark: Mark | null;
  /** Members of a structure. */
  readonly fields: readonly Field[];
}

interface HexProps extends Highlights {
  readonly top: Location;
  readonly rowsThatFit: number;
  readonly selected: Selection | null;
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
  const space = formatSpace(top.space);
  // While the next block is on its way the last one of the space stays, so that scrolling does not flicker.
  const last = useRef<{ readonly space: string; readonly block: MemoryBlock } | null>(null);
  useEffect(() => {
    if (data) last.current = { space, block: data };
  }, [data, space]);
  const kept = last.current?.space === space ? last.current.block : undefined;
  return { block: data ?? kept, previous, error };
}

function isMarked(mark: Mark | null, at: bigint): boolean {
  return mark !== null && at >= mark.address && at < mark.address + BigInt(mark.length);
}

function Hex({ top, rowsThatFit, selected, mark, fields, onSelect }: HexProps): ReactElement {
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
            const chosen = selected?.address === at ? selected : null;
            const member = fields.findIndex(({ start, end }) => at >= start && at < end);
            const over = `${isMarked(mark, at) ? ' marked' : ''}${member < 0 ? '' : ` member${member % 2}`}`;
            const state = `${over}${chosen ? ' selected' : ''}${before !== undefined && byte !== before ? ' changed' : ''}`;
            // By the press, not the click: rows that move under a press would swallow that.
            return (
              <span
                key={i}
                className={`hex-byte${byte === 0 ? ' zero' : ''}${state}`}
                aria-current={chosen !== null || undefined}
                title={member < 0 ? undefined : `${fields[member].name} = ${fields[member].value}`}
                onPointerDown={() => onSelect(at)}
              >
                {chosen?.digit ? `${chosen.digit}·` : byte === undefined ? '··' : byte.toString(16).padStart(2, '0')}
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
  space: AddressSpace,
  selected: Selection | null,
  select: (selection: Selection) => void,
): (event: KeyboardEvent) => boolean {
  const client = useClient();
  const write = (address: bigint, value: number): Promise<boolean> =>
    client.write((session, stopId) => session.writeMemory(stopId, { space, address }, Uint8Array.of(value)));
  return ({ key }) => {
    if (selected === null) return false;
    const { address, digit } = selected;
    const next = BigInt.asUintN(64, address + (key === 'ArrowLeft' ? -1n : 1n));
    if (key === 'ArrowRight' || key === 'ArrowLeft') {
      select({ address: next, digit: '' });
      return true;
    }
    if (key === 'Escape' && digit !== '') {
      select({ address, digit: '' });
      return true;
    }
    if (!/^[0-9a-f]$/i.test(key)) return false;
    if (digit === '') {
      select({ address, digit: key });
      return true;
    }
    void write(address, Number.parseInt(digit + key, 16));
    select({ address: next, digit: '' });
    return true;
  };
}

interface MemoryAtProps extends Highlights {
  readonly top: Location;
  readonly onTop: (top: Location) => void;
  readonly selected: Selection | null;
  readonly onSelect: (selection: Selection) => void;
}

function MemoryAt({ top, onTop, selected, onSelect, mark, fields }: MemoryAtProps): ReactElement {
  const editByte = useByteEditor(top.space, selected, onSelect);
  const running = useMachine((state) => state.stop === null);
  const scroll = (rows: number): void =>
    onTop({ ...top, address: BigInt.asUintN(64, top.address + BigInt(rows * BYTES_PER_ROW)) });
  return (
    <div className={running ? 'view-body stale memory-body' : 'view-body memory-body'}>
      <AddressScroller label="Memory" rowHeight={ROW_HEIGHT} onScroll={scroll} onKey={editByte}>
        {(rowsThatFit) => (
          <Hex
            {...{ top, rowsThatFit, selected, mark, fields }}
            onSelect={(address) => onSelect({ address, digit: '' })}
          />
        )}
      </AddressScroller>
    </div>
  );
}

/** Everything under the bar: the bytes, and beside them a structure when that is wanted. */
function Body({
  top,
  onTop,
  tool,
}: {
  readonly top: Location;
  readonly onTop: (top: Location) => void;
  readonly tool: Tool | null;
}): ReactElement {
  const [selected, setSelected] = useState<Selection | null>(null);
  const [mark, setMark] = useState<Mark | null>(null);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const [fields, setFields] = useState<readonly Field[]>([]);
  const onFound = (found: Mark): void => {
    setMark(found);
    setSelected({ address: found.address, digit: '' });
    onTop({ ...top, address: found.address & ~15n });
  };
  return (
    <>
      {tool === 'find' && <MemoryFind top={top} onFound={onFound} />}
      <div className="memory-parts">
        <MemoryAt {...{ top, onTop, selected, mark, fields }} onSelect={setSelected} />
        {tool === 'structure' && (
          <MemoryOverlay
            at={{ ...top, address: selected?.address ?? top.address }}
            overlay={overlay}
            onOverlay={setOverlay}
            onFields={setFields}
          />
        )}
      </div>
    </>
  );
}

/** What helps to read memory. */
type Tool = 'find' | 'structure';

export function MemoryView(): ReactElement {
  const client = useClient();
  const asked = useStore(client.navigation, (state) => state.memory);
  const target = useTargetContext((state) => state.target);
  const lastStop = useMachine((state) => state.lastStop);
  const [top, setTop] = useState<Location | null>(null);
  const [tool, setTool] = useState<Tool | null>(null);
  const toggle = (wanted: Tool): void => setTool(tool === wanted ? null : wanted);
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
          onGo={(at) => client.navigation.setState({ memory: at })}
        />
        <span className="grow" />
        <span className="dim">select a byte and type to change it</span>
        <IconButton icon="search" title="Find bytes or text" pressed={tool === 'find'} onClick={() => toggle('find')} />
        <IconButton
          icon="structure"
          title="Lay a structure over the bytes"
          pressed={tool === 'structure'}
          onClick={() => toggle('structure')}
        />
      </div>
      {top && lastStop ? (
        <Body top={top} onTop={setTop} tool={tool} />
      ) : (
        <Empty>
          Type an address with its space (d1:EL1:0x…, d1:IPA:0x…, xen:0x…, PA:0x…) to see that memory, running domain or
          not.
        </Empty>
      )}
    </div>
  );
}
