import type { ViewDefinition } from '../../ui/workbench/view.ts';
import { MapView } from './map-view.tsx';

export const mapViewDefinition: ViewDefinition = { id: 'map', title: 'Map', place: 'leftTop', component: MapView };
