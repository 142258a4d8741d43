import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { MemoryView } from './memory-view.tsx';

export const memoryViewDefinition: ViewDefinition = {
  id: 'memory',
  title: 'Memory',
  place: 'bottom',
  component: MemoryView,
};
