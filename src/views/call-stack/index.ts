import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { CallStackView } from './call-stack-view.tsx';

export const callStackViewDefinition: ViewDefinition = {
  id: 'callStack',
  title: 'Call Stack',
  place: 'rightTop',
  component: CallStackView,
};
