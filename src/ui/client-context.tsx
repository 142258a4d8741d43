/** The client, for every component. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Client } from '../client/client.ts';
import type { ContextState } from '../client/context-store.ts';
import type { MachineState } from '../client/machine-store.ts';
import type { TimelineState } from '../client/timeline-store.ts';
import type { WorkspaceState } from '../client/workspace-store.ts';

const Context = createContext<Client | null>(null);

export const ClientProvider = Context.Provider;

export function useClient(): Client {
  const client = useContext(Context);
  if (!client) throw new Error('useClient outside ClientProvider');
  return client;
}

export function useMachine<T>(selector: (state: MachineState) => T): T {
  return useStore(useClient().machine, selector);
}

export function useTargetContext<T>(selector: (state: ContextState) => T): T {
  return useStore(useClient().context, selector);
}

export function useWorkspace<T>(selector: (state: WorkspaceState) => T): T {
  return useStore(useClient().workspace, selector);
}

export function useTimeline<T>(selector: (state: TimelineState) => T): T {
  return useStore(useClient().timeline, selector);
}
