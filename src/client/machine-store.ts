/** What the machine is doing and why it last stopped. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { PackInfo } from '../protocol/pack.ts';
import type { MachineStatus, Progress } from '../protocol/status.ts';
import type { Stop } from '../protocol/stop.ts';

/** Where the session is in its life. */
export type Phase =
  /** No pack yet, or the last one could not be opened. */
  | 'empty'
  | 'loading'
  | 'ready'
  /** The worker is gone; everything the person made is kept. */
  | 'crashed';

export interface MachineState {
  readonly phase: Phase;
  readonly pack: PackInfo | null;
  readonly status: MachineStatus | null;
  /** The current stop; null while running. */
  readonly stop: Stop | null;
  /** The last stop, kept while running so that views can show what was. */
  readonly lastStop: Stop | null;
  readonly progress: Progress | null;
  /** The last failure, for the banner. */
  readonly error: string | null;
  /** Grows when something was written at this stop, so that views read again. */
  readonly revision: number;
}

export type MachineStore = StoreApi<MachineState>;

export function createMachineStore(): MachineStore {
  return createStore<MachineState>(() => ({
    phase: 'empty',
    pack: null,
    status: null,
    stop: null,
    lastStop: null,
    progress: null,
    error: null,
    revision: 0,
  }));
}

/** True when the guests run. */
export function isRunning(state: MachineState): boolean {
  return state.phase === 'ready' && state.stop === null;
}

/** `DomU1` for 1; `d7` for a domain that the pack does not name. */
export function domainName(pack: PackInfo | null, domid: number): string {
  return pack?.domains.find((domain) => domain.domid === domid)?.name ?? `d${domid}`;
}
