import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { BreakpointsView } from './breakpoints-view.tsx';

export const breakpointsViewDefinition: ViewDefinition = {
  id: 'breakpoints',
  title: 'Breakpoints',
  place: 'leftBottom',
  component: BreakpointsView,
};
