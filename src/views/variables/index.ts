import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { VariablesView } from './variables-view.tsx';

export const variablesViewDefinition: ViewDefinition = {
  id: 'variables',
  title: 'Variables',
  place: 'right',
  component: VariablesView,
};
