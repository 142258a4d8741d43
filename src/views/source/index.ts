import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { SourceView } from './source-view.tsx';

export const sourceViewDefinition: ViewDefinition = {
  id: 'source',
  title: 'Source',
  place: 'editor',
  component: SourceView,
  isAlwaysActive: true,
  isTemplate: true,
};
