import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { TranslationView } from './translation-view.tsx';

export const translationViewDefinition: ViewDefinition = {
  id: 'translation',
  title: 'Translation',
  place: 'bottom',
  component: TranslationView,
};
