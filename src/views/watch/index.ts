import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { WatchView } from './watch-view.tsx';

export const watchViewDefinition: ViewDefinition = {
  id: 'watch',
  title: 'Watch',
  place: 'right',
  component: WatchView,
};
