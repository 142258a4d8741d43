import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { RegistersView } from './registers-view.tsx';

export const registersViewDefinition: ViewDefinition = {
  id: 'registers',
  title: 'Registers',
  place: 'right',
  component: RegistersView,
};
