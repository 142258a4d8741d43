import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { DomainsView } from './domains-view.tsx';

export const domainsViewDefinition: ViewDefinition = {
  id: 'domains',
  title: 'Domains',
  place: 'bottom',
  component: DomainsView,
};
