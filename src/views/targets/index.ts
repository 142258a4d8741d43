import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { TargetsView } from './targets-view.tsx';

export const targetsViewDefinition: ViewDefinition = {
  id: 'targets',
  title: 'Targets',
  place: 'leftMiddle',
  component: TargetsView,
};
