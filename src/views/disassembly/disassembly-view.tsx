/** Code around the pc of the current frame, or anywhere else: mixed with source, symbolised, with breakpoints and jump arrows. */
import './styles.css';
import { memo, type ReactElement, type RefObject, useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { addBreakpoint, removeBreakpoint } from '../../client/breakpoint-store.ts';
import { currentFrame } from '../../client/context-store.ts';
import { showSource } from '../../client/navigation.ts';
import { requestSource } from '../../client/source-cache.ts';
import { cpuOfTarget, targetSpace } from '../../client/targets.ts';
import { type AddressSpace, formatLocation, formatSpace, type Location } from '../../protocol/address.ts';
import type { BreakpointSpec } from '../../protocol/breakpoints.ts';
import type { DisassembledInstruction } from '../../protocol/inspect.ts';
import type { CpuStatus } from '../../protocol/status.ts';
import { useClient, useMachine, useTargetContext } from '../../ui/client-context.tsx';
import { AddressScroller } from '../../ui/widgets/address-scroller.tsx';
import { IconButton } from '../../ui/widgets/button.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { LocationField } from '../../ui/widgets/location-field.tsx';
import { ownerOf } from '../../ui/widgets/owner-chip.tsx';
import { type Arrow, INSTRUCTION_SIZE, makeArrows, makeRows, type Row } from './rows.ts';
import { scopeOfSpace, useCodeCursor } from './use-code-cursor.ts';
import { useInstructions } from './use-instructions.ts';

const ROW_HEIGHT = 19;
const LANES = 4;
/** Instructions above the pc when it has to be brought into sight. */
const LEAD = 4n;
/** Instructions that the pc may be away from the top without the rows being moved. */
const NEAR = 60n;
const NO_CPUS: readonly CpuStatus[] = [];

/** The pc of the current frame, or of the target's pCPU when there is no stack. */
function usePc(): Location | null {
  const frame = useTargetContext(currentFrame);
  const target = useTargetContext((state) => state.target);
  const cpus = useMachine((state) => (state.stop ? (state.status?.cpus ?? NO_CPUS) : NO_CPUS));
  if (frame) return frame.location;
  const cpu = cpuOfTarget(cpus, target);
  return cpu ? { space: targetSpace(cpus, target), address: cpu.pc } : null;
}

function ownerOfSpace(space: AddressSpace): string {
  if (space.kind === 'xen') return 'xen';
  return 'domain' in space ? ownerOf(space.domain) : 'idle';
}

function useBreakpointsAt(): ReadonlyMap<string, BreakpointSpec> {
  const client = useClient();
  const { specs, states } = useStore(client.breakpoints);
  const found = new Map<string, BreakpointSpec>();
  for (const spec of specs) {
    if (spec.place.kind === 'address') found.set(formatLocation(spec.place.location), spec);
    for (const location of states[spec.id]?.locations ?? []) found.set(formatLocation(location), spec);
  }
  return found;
}

interface InstructionRowProps {
  readonly instruction: DisassembledInstruction;
  readonly space: AddressSpace;
  readonly isPc: boolean;
  readonly isCursor: boolean;
  readonly breakpoint: BreakpointSpec | undefined;
  readonly showWords: boolean;
  readonly onGo: (address: bigint) => void;
  readonly onCursor: (address: bigint) => void;
}

function PlainInstructionRow(props: InstructionRowProps): ReactElement {
  const { instruction, space, isPc, isCursor, breakpoint, showWords, onGo, onCursor } = props;
  const client = useClient();
  const { address, word, mnemonic, operands, target } = instruction;
  const toggle = (): void => {
    if (breakpoint) removeBreakpoint(client.breakpoints, breakpoint.id);
    else {
      const place = { kind: 'address', location: { space, address } } as const;
      addBreakpoint(client.breakpoints, { enabled: true, place, scope: scopeOfSpace(space) });
    }
  };
  const name = formatLocation({ space, address });
  return (
    <div
      className={`code-row${isPc ? ' pc' : ''}${isCursor ? ' cursor' : ''}`}
      aria-current={isPc ? 'location' : undefined}
      onClick={() => onCursor(address)}
    >
      <button
        type="button"
        className={`gutter${breakpoint ? ' set' : ''}${breakpoint?.enabled === false ? ' disabled' : ''}`}
        aria-label={`${breakpoint ? 'Remove breakpoint' : 'Set breakpoint'} at ${name}`}
        tabIndex={-1}
        onClick={toggle}
      >
        {isPc && <span className="pc-mark">➤</span>}
      </button>
      <span className="code-address" title={name}>
        <span className="dim">{formatSpace(space)}:</span>
        {address.toString(16).padStart(8, '0')}
      </span>
      {showWords && (
        <span className="code-word">{word === null ? '????????' : word.toString(16).padStart(8, '0')}</span>
      )}
      <span className="code-mnemonic">{mnemonic}</span>
      <span className="code-operands">{operands}</span>
      {target && (
        <button type="button" className="code-target" tabIndex={-1} onClick={() => onGo(target.address)}>
          {target.symbol ?? ''}
        </button>
      )}
    </div>
  );
}

/** Instructions are read anew at every stop and are nearly always the same ones. */
function isSameRow(a: InstructionRowProps, b: InstructionRowProps): boolean {
  const [x, y] = [a.instruction, b.instruction];
  const isSameInstruction =
    x.address === y.address &&
    x.word === y.word &&
    x.operands === y.operands &&
    x.target?.address === y.target?.address &&
    x.target?.symbol === y.target?.symbol;
  const isSameState = a.isPc === b.isPc && a.isCursor === b.isCursor && a.breakpoint === b.breakpoint;
  return (
    isSameInstruction && isSameState && a.showWords === b.showWords && formatSpace(a.space) === formatSpace(b.space)
  );
}

const InstructionRow = memo(PlainInstructionRow, isSameRow);

function Arrows({ arrows }: { readonly arrows: readonly Arrow[] }): ReactElement {
  return (
    <svg className="code-arrows" width={LANES * 6 + 8} aria-hidden="true">
      {arrows.map(({ from, to, lane }) => {
        const x = LANES * 6 - lane * 6;
        const [y1, y2] = [from, to].map((row) => row * ROW_HEIGHT + ROW_HEIGHT / 2);
        const end = LANES * 6 + 7;
        return (
          <g key={`${from}-${to}`}>
            <path d={`M${end} ${y1}H${x}V${y2}H${end}`} />
            <path d={`M${end - 4} ${y2 - 3}l4 3l-4 3`} />
          </g>
        );
      })}
    </svg>
  );
}

interface CodeProps {
  readonly position: Position;
  readonly pc: Location | null;
  readonly rowsThatFit: number;
  readonly isMixed: boolean;
  readonly showWords: boolean;
  /** Takes the address of the first instruction in sight. */
  readonly first: RefObject<bigint>;
  /** Takes the addresses of all instructions in sight. */
  readonly visible: RefObject<readonly bigint[]>;
  readonly cursor: bigint | null;
  readonly onGo: (address: bigint) => void;
  readonly onCursor: (address: bigint) => void;
}

/** A line of source over the instructions it became. */
function SourceRow({
  row,
  space,
}: {
  readonly row: Row & { readonly kind: 'source' };
  readonly space: AddressSpace;
}): ReactElement {
  const client = useClient();
  const { path, line } = row;
  const lines = useStore(client.sources, ({ files }) => files[path]);
  useEffect(() => requestSource(client.sources, path, (name) => client.session.source(name)), [client, path]);
  const owner =
    space.kind === 'guest' ? ({ kind: 'domain', domain: space.domain } as const) : ({ kind: 'xen' } as const);
  return (
    <button
      type="button"
      tabIndex={-1}
      className="code-source"
      title={`${path}:${line}`}
      onClick={() => showSource(client.navigation, { path, line, owner })}
    >
      <span className="code-line">
        {path.split('/').at(-1)}:{line}
      </span>
      {lines?.[line - 1]?.trim() ?? ''}
    </button>
  );
}

function sameLocation(a: Location | null, space: AddressSpace, address: bigint): boolean {
  return a !== null && a.address === address && formatSpace(a.space) === formatSpace(space);
}

function Code(props: CodeProps): ReactElement {
  const { position, pc, rowsThatFit, isMixed, showWords, first, visible, cursor, onGo, onCursor } = props;
  const { top, focus } = position;
  // Rows are skipped when the focus is farther down than fits.
  const ahead = focus === null ? 0n : (focus - top.address) / INSTRUCTION_SIZE;
  const { rows: instructions, error } = useInstructions(top, rowsThatFit + Math.max(0, Number(ahead)));
  const breakpoints = useBreakpointsAt();
  const isRunning = useMachine((state) => state.stop === null);
  const all = makeRows(instructions, isMixed);
  const focusRow = all.findIndex((row) => row.kind === 'instruction' && row.instruction.address === focus);
  // Headings and source lines take rows too, so the focus may be farther down than instructions alone would say.
  const skip = focusRow > rowsThatFit - 4 ? focusRow - Math.floor(rowsThatFit / 3) : 0;
  const rows = all.slice(skip, skip + rowsThatFit);
  useEffect(() => {
    visible.current = rows.flatMap((row) => (row.kind === 'instruction' ? [row.instruction.address] : []));
    if (visible.current.length > 0) first.current = visible.current[0];
  });
  if (rows.length === 0 && isRunning)
    return <Empty>Pause the machine to see the code that the current target executes.</Empty>;
  if (rows.length === 0 && error !== null) return <Empty>This code cannot be shown: {error}.</Empty>;
  if (rows.length === 0) return <Empty>Reading the code …</Empty>;
  const renderRow = (row: Row): ReactElement => {
    if (row.kind === 'function')
      return (
        <div key={row.key} className="code-function">
          {row.name}:
        </div>
      );
    if (row.kind === 'source') return <SourceRow key={row.key} row={row} space={top.space} />;
    const { address } = row.instruction;
    return (
      <InstructionRow
        key={row.key}
        instruction={row.instruction}
        space={top.space}
        isPc={sameLocation(pc, top.space, address)}
        isCursor={cursor === address}
        breakpoint={breakpoints.get(formatLocation({ space: top.space, address }))}
        showWords={showWords}
        onGo={onGo}
        onCursor={onCursor}
      />
    );
  };
  return (
    <div className="code mono" data-owner={ownerOfSpace(top.space)}>
      <Arrows arrows={makeArrows(rows, LANES)} />
      {rows.map(renderRow)}
    </div>
  );
}

/** Which rows are shown. */
interface Position {
  /** Address of the first instruction read. */
  readonly top: Location;
  /** Address that must be in sight; null once somebody has scrolled. */
  readonly focus: bigint | null;
}

function focusOn({ space, address }: Location): Position {
  const aligned = address & ~3n;
  return { top: { space, address: BigInt.asUintN(64, aligned - LEAD * INSTRUCTION_SIZE) }, focus: aligned };
}

/** Steps within sight must not move the rows under the person's eyes. */
function follow(current: Position | null, pc: Location): Position {
  const isSameSpace = current && formatSpace(current.top.space) === formatSpace(pc.space);
  const distance = isSameSpace ? pc.address - current.top.address : -1n;
  const isNear = distance >= 0n && distance < NEAR * INSTRUCTION_SIZE;
  return current && isNear ? { top: current.top, focus: pc.address } : focusOn(pc);
}

/** The position, which follows the pc and the requests of other views. */
function usePosition(pc: Location | null): readonly [Position | null, (position: Position) => void] {
  const client = useClient();
  const asked = useStore(client.navigation, (state) => state.disassembly);
  const [position, setPosition] = useState<Position | null>(asked && focusOn(asked));
  const [seen, setSeen] = useState({ asked, pc: '' });
  const pcKey = pc ? formatLocation(pc) : '';
  if (asked !== seen.asked || pcKey !== seen.pc) {
    setSeen({ asked, pc: pcKey });
    if (asked && asked !== seen.asked) setPosition(focusOn(asked));
    else if (pc) setPosition(follow(position, pc));
  }
  return [position, setPosition];
}

interface BarProps {
  readonly position: Position;
  readonly pc: Location | null;
  readonly isMixed: boolean;
  readonly showWords: boolean;
  readonly onPosition: (position: Position) => void;
  readonly onMixed: (isMixed: boolean) => void;
  readonly onWords: (showWords: boolean) => void;
}

function Bar({ position, pc, isMixed, showWords, onPosition, onMixed, onWords }: BarProps): ReactElement {
  const { top, focus } = position;
  return (
    <div className="view-bar">
      <LocationField
        label="Disassembly address"
        location={{ ...top, address: focus ?? top.address }}
        fallback={top.space}
        onGo={(location) => onPosition(focusOn(location))}
      />
      <span className="grow" />
      <IconButton icon="follow" title="Go to the pc" disabled={!pc} onClick={() => pc && onPosition(focusOn(pc))} />
      <button type="button" className="text-toggle" aria-pressed={isMixed} onClick={() => onMixed(!isMixed)}>
        source
      </button>
      <button type="button" className="text-toggle" aria-pressed={showWords} onClick={() => onWords(!showWords)}>
        words
      </button>
    </div>
  );
}

export function DisassemblyView(): ReactElement {
  const pc = usePc();
  const [position, setPosition] = usePosition(pc);
  const [isMixed, setMixed] = useState(true);
  const [showWords, setShowWords] = useState(true);
  const first = useRef(0n);
  const visible = useRef<readonly bigint[]>([]);
  const host = useRef<HTMLDivElement>(null);
  const running = useMachine((state) => state.stop === null);
  const space = position?.top.space ?? null;
  const scroll = (rows: number): void => {
    if (!space) return;
    const address = BigInt.asUintN(64, first.current + BigInt(rows) * INSTRUCTION_SIZE);
    first.current = address;
    setPosition({ top: { space, address }, focus: null });
  };
  const cursor = useCodeCursor(host, space, pc, visible, scroll);
  if (!position || !space) return <Empty>Pause the machine to see the code that the current target executes.</Empty>;
  return (
    <div ref={host} className="view" onFocus={cursor.onFocus}>
      <Bar
        {...{ position, pc, isMixed, showWords }}
        onPosition={setPosition}
        onMixed={setMixed}
        onWords={setShowWords}
      />
      <div className={running ? 'view-body stale code-body' : 'view-body code-body'}>
        <AddressScroller label="Disassembly" rowHeight={ROW_HEIGHT} onScroll={scroll} onKey={cursor.onKey}>
          {(rowsThatFit) => (
            <Code
              {...{ position, pc, rowsThatFit, isMixed, showWords, first, visible }}
              cursor={cursor.address}
              onCursor={cursor.moveTo}
              onGo={(address) => setPosition(focusOn({ space, address }))}
            />
          )}
        </AddressScroller>
      </div>
    </div>
  );
}
