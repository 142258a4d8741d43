/** The bottom line: running or why not, time, speed, and the current context. */
import type { ReactElement } from 'react';
import type { MachineState } from '../../client/machine-store.ts';
import { cpuOfTarget } from '../../client/targets.ts';
import { targetKey } from '../../protocol/target.ts';
import { useMachine, useTargetContext } from '../client-context.tsx';
import { Icon } from '../widgets/icon.tsx';
import { ownerOf } from '../widgets/owner-chip.tsx';

const THIN_SPACE = '\u2009';

/** `14 441 002 117`. */
export function groupDigits(value: number): string {
  return Math.trunc(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

/** Seconds with nine decimals, grouped: `12.034 118 204 s`. */
export function formatVirtualTime(nanoseconds: number): string {
  const whole = Math.floor(nanoseconds / 1e9);
  const fraction = Math.round(nanoseconds % 1e9)
    .toString()
    .padStart(9, '0');
  return `${whole}.${fraction.replaceAll(/(\d{3})(?=\d)/g, `$1${THIN_SPACE}`)} s`;
}

function stateWords({ phase, stop, progress }: MachineState): string {
  if (phase === 'loading') return progress?.title ?? 'loading';
  if (phase === 'empty') return 'no machine loaded';
  if (phase === 'crashed') return 'the machine has crashed';
  return stop ? `paused: ${stop.description}` : 'running';
}

function ContextWords(): ReactElement {
  const target = useTargetContext((state) => state.target);
  const status = useMachine((state) => state.status);
  const cpu = status && cpuOfTarget(status.cpus, target);
  return (
    <span className="status-context" data-owner={ownerOf(cpu?.domain ?? null)}>
      <span className="owner-dot" />
      {targetKey(target)}
      {cpu && ` on pCPU ${cpu.cpu}  EL${cpu.el}  VMID ${cpu.vmid}  ASID 0x${cpu.asid.toString(16)}`}
      {!cpu && target.kind !== 'cpu' && ' not on a pCPU'}
    </span>
  );
}

export function StatusBar(): ReactElement {
  const state = useMachine((machine) => machine);
  const { status, phase, stop } = state;
  const running = phase === 'ready' && !stop;
  const shown = phase === 'ready' ? (running ? 'running' : 'paused') : phase;
  return (
    <footer className="status-bar" data-state={shown}>
      <span className="status-state" role="status">
        <span className="status-lamp" aria-hidden="true">
          <Icon name={running ? 'continue' : 'pause'} size={11} />
        </span>
        {stateWords(state)}
      </span>
      {status && (
        <>
          <span className="mono" title="virtual time since reset">
            {formatVirtualTime(status.virtualTime)}
          </span>
          <span className="mono" title="instructions retired by all CPUs">
            {groupDigits(status.instructions)} instructions
          </span>
          <span className="mono" title="million instructions per second of real time">
            {Math.round(status.mips)} MIPS
          </span>
        </>
      )}
      <span className="toolbar-space" />
      <ContextWords />
    </footer>
  );
}
