import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { VcpusView } from './vcpus-view.tsx';

export const vcpusViewDefinition: ViewDefinition = {
  id: 'vcpus',
  title: 'vCPUs',
  place: 'bottom',
  component: VcpusView,
};
