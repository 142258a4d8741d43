/** Code around the pc of the current frame, or anywhere else: mixed with source, symbolised, with breakpoints and jump arrows. */
import './styles.css';
import { type ReactElement, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { addBreakpoint, removeBreakpoint } from '../../client/breakpoint-store.ts';
import { currentFrame } from '../../client/context-store.ts';
import { showSource } from '../../client/navigation.ts';
import { cpuOfTarget, targetSpace } from '../../client/targets.ts';
import { type AddressSpace, formatLocation, formatSpace, type Location } from '../../protocol/address.ts';
import type { BreakpointSpec } from '../../protocol/breakpoints.ts';
import type { DisassembledInstruction } from '../../protocol/inspect.ts';
import type { CpuStatus } from '../../protocol/status.ts';
import type { Scope } from '../../protocol/target.ts';
import { useClient, useMachine, useTargetContext } from '../../ui/client-context.tsx';
import { AddressScroller } from '../../ui/widgets/address-scroller.tsx';
import { IconButton } from '../../ui/widgets/button.tsx';
import { Empty } from '../../ui/widgets/empty.tsx';
import { LocationField } from '../../ui/widgets/location-field.tsx';
import { ownerOf } from '../../ui/widgets/owner-chip.tsx';
import { type Arrow, INSTRUCTION_SIZE, makeArrows, makeRows, type Row } from './rows.ts';
import { useInstructions } from './use-instructions.ts';

const ROW_HEIGHT = 19;
const LANES = 4;
/** Rows kept above the pc when it has to be brought into sight. */
const LEAD = 6n;
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

/** The scope a breakpoint gets from the space it is set in. */
export function scopeOfSpace(space: AddressSpace): Scope {
  if (space.kind === 'xen') return { kind: 'xen' };
  if (space.kind === 'guest' || space.kind === 'ipa') return { kind: 'domain', domain: space.domain };
  return space.kind === 'cpu' ? { kind: 'cpu', cpu: space.cpu } : { kind: 'any' };
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
  readonly breakpoint: BreakpointSpec | undefined;
  readonly showWords: boolean;
  readonly onGo: (address: bigint) => void;
}

function InstructionRow({ instruction, space, isPc, breakpoint, showWords, onGo }: InstructionRowProps): ReactElement {
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
    <div className={isPc ? 'code-row pc' : 'code-row'} aria-current={isPc ? 'location' : undefined}>
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
  readonly top: Location;
  readonly pc: Location | null;
  readonly rowsThatFit: number;
  readonly isMixed: boolean;
  readonly showWords: boolean;
  readonly onGo: (address: bigint) => void;
}

function sameLocation(a: Location | null, space: AddressSpace, address: bigint): boolean {
  return a !== null && a.address === address && formatSpace(a.space) === formatSpace(space);
}

function Code({ top, pc, rowsThatFit, isMixed, showWords, onGo }: CodeProps): ReactElement {
  const client = useClient();
  const { rows: instructions, error } = useInstructions(top, rowsThatFit);
  const breakpoints = useBreakpointsAt();
  const rows = makeRows(instructions, isMixed).slice(0, rowsThatFit);
  if (rows.length === 0 && error !== null) return <Empty>This code cannot be shown: {error}.</Empty>;
  const renderRow = (row: Row): ReactElement => {
    if (row.kind === 'function')
      return (
        <div key={row.key} className="code-function">
          {row.name}:
        </div>
      );
    if (row.kind === 'source') {
      const owner =
        top.space.kind === 'guest'
          ? ({ kind: 'domain', domain: top.space.domain } as const)
          : ({ kind: 'xen' } as const);
      return (
        <button
          key={row.key}
          type="button"
          tabIndex={-1}
          className="code-source"
          onClick={() => showSource(client.navigation, { path: row.path, line: row.line, owner })}
        >
          {row.path.split('/').at(-1)}:{row.line}
        </button>
      );
    }
    const { address } = row.instruction;
    return (
      <InstructionRow
        key={row.key}
        instruction={row.instruction}
        space={top.space}
        isPc={sameLocation(pc, top.space, address)}
        breakpoint={breakpoints.get(formatLocation({ space: top.space, address }))}
        showWords={showWords}
        onGo={onGo}
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

/** The address of the top row, which follows the pc and the requests of other views. */
function useTop(pc: Location | null): readonly [Location | null, (location: Location) => void, (rows: number) => void] {
  const client = useClient();
  const asked = useStore(client.navigation, (state) => state.disassembly);
  const [top, setTop] = useState<Location | null>(null);
  const lead = ({ space, address }: Location): Location => ({
    space,
    address: (address & ~3n) - LEAD * INSTRUCTION_SIZE,
  });
  useEffect(() => {
    if (asked) setTop(lead(asked));
  }, [asked]);
  const pcKey = pc ? formatLocation(pc) : '';
  useEffect(() => {
    if (!pc) return;
    setTop((current) => {
      if (!current || formatSpace(current.space) !== formatSpace(pc.space)) return lead(pc);
      const distance = pc.address - current.address;
      return distance >= 0n && distance < 14n * INSTRUCTION_SIZE ? current : lead(pc);
    });
    // The key stands for the location, which is a new object at every sample.
  }, [pcKey]);
  const scroll = (rows: number): void => {
    setTop(
      (current) =>
        current && { ...current, address: BigInt.asUintN(64, current.address + BigInt(rows) * INSTRUCTION_SIZE) },
    );
  };
  return [top, (location) => setTop(lead(location)), scroll];
}

export function DisassemblyView(): ReactElement {
  const pc = usePc();
  const [top, goTo, scroll] = useTop(pc);
  const [isMixed, setMixed] = useState(true);
  const [showWords, setShowWords] = useState(true);
  const running = useMachine((state) => state.stop === null);
  if (!top) return <Empty>Pause the machine to see the code that the current target executes.</Empty>;
  return (
    <div className="view">
      <div className="view-bar">
        <LocationField
          label="Disassembly address"
          location={{ ...top, address: top.address + LEAD * INSTRUCTION_SIZE }}
          fallback={top.space}
          onGo={goTo}
        />
        <span className="grow" />
        <IconButton icon="follow" title="Go to the pc" disabled={!pc} onClick={() => pc && goTo(pc)} />
        <button type="button" className="text-toggle" aria-pressed={isMixed} onClick={() => setMixed(!isMixed)}>
          source
        </button>
        <button type="button" className="text-toggle" aria-pressed={showWords} onClick={() => setShowWords(!showWords)}>
          words
        </button>
      </div>
      <div className={running ? 'view-body stale code-body' : 'view-body code-body'}>
        <AddressScroller label="Disassembly" rowHeight={ROW_HEIGHT} onScroll={scroll}>
          {(rowsThatFit) => (
            <Code
              {...{ top, pc, rowsThatFit, isMixed, showWords }}
              onGo={(address) => goTo({ space: top.space, address })}
            />
          )}
        </AddressScroller>
      </div>
    </div>
  );
}
