/** Dark or light: the system's preference unless the person chose. */
import { useSyncExternalStore } from 'react';
import type { WorkspaceStore } from '../../client/workspace-store.ts';

export type Theme = 'dark' | 'light';

const systemIsLight = window.matchMedia('(prefers-color-scheme: light)');

function apply(preference: 'system' | Theme): void {
  const system: Theme = systemIsLight.matches ? 'light' : 'dark';
  document.documentElement.dataset.theme = preference === 'system' ? system : preference;
}

/** Keeps `data-theme` on the document in step with the preference and the system. */
export function followTheme(workspace: WorkspaceStore): void {
  const update = (): void => apply(workspace.getState().preferences.theme);
  update();
  workspace.subscribe(update);
  systemIsLight.addEventListener('change', update);
}

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}

/** The theme in force, for libraries that take colours as values. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => (document.documentElement.dataset.theme === 'light' ? 'light' : 'dark'));
}

/** The value of a colour variable now, with six digits: the minifier shortens them, and not every library reads the short form. */
export function themeColor(name: string): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return value.replace(/^#([0-9a-f])([0-9a-f])([0-9a-f])$/i, '#$1$1$2$2$3$3');
}
