import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { DisassemblyView } from './disassembly-view.tsx';

export const disassemblyViewDefinition: ViewDefinition = {
  id: 'disassembly',
  title: 'Disassembly',
  place: 'centre',
  component: DisassemblyView,
};
