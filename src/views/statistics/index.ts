import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { StatisticsView } from './statistics-view.tsx';

export const statisticsViewDefinition: ViewDefinition = {
  id: 'statistics',
  title: 'Statistics',
  place: 'bottom',
  component: StatisticsView,
};
