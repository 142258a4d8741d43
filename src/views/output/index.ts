import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { OutputView } from './output-view.tsx';

export const outputViewDefinition: ViewDefinition = {
  id: 'output',
  title: 'Output',
  place: 'bottom',
  component: OutputView,
};
