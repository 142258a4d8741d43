import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { CpusView } from './cpus-view.tsx';

export const cpusViewDefinition: ViewDefinition = {
  id: 'cpus',
  title: 'pCPUs',
  place: 'rightTop',
  component: CpusView,
};
