import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { DebugConsoleView } from './debug-console-view.tsx';

export const debugConsoleViewDefinition: ViewDefinition = {
  id: 'debugConsole',
  title: 'Debug Console',
  place: 'bottom',
  component: DebugConsoleView,
};
