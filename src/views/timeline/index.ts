import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { TimelineView } from './timeline-view.tsx';

export const timelineViewDefinition: ViewDefinition = {
  id: 'timeline',
  title: 'Timeline',
  place: 'bottom',
  component: TimelineView,
  isAlwaysActive: true,
};
