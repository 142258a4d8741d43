/** Every view, in the order of its tabs. A new view is its folder and one line here. */
import type { ViewDefinition } from '../ui/workbench/view.ts';
import { breakpointsViewDefinition } from './breakpoints/index.ts';
import { callStackViewDefinition } from './call-stack/index.ts';
import { cpusViewDefinition } from './cpus/index.ts';
import { debugConsoleViewDefinition } from './debug-console/index.ts';
import { disassemblyViewDefinition } from './disassembly/index.ts';
import { domainsViewDefinition } from './domains/index.ts';
import { mapViewDefinition } from './map/index.ts';
import { memoryViewDefinition } from './memory/index.ts';
import { outputViewDefinition } from './output/index.ts';
import { registersViewDefinition } from './registers/index.ts';
import { sourceViewDefinition } from './source/index.ts';
import { statisticsViewDefinition } from './statistics/index.ts';
import { targetsViewDefinition } from './targets/index.ts';
import { terminalViewDefinition } from './terminal/index.ts';
import { timelineViewDefinition } from './timeline/index.ts';
import { translationViewDefinition } from './translation/index.ts';
import { variablesViewDefinition } from './variables/index.ts';
import { vcpusViewDefinition } from './vcpus/index.ts';
import { watchViewDefinition } from './watch/index.ts';

export const VIEWS: readonly ViewDefinition[] = [
  mapViewDefinition,
  targetsViewDefinition,
  breakpointsViewDefinition,
  sourceViewDefinition,
  disassemblyViewDefinition,
  callStackViewDefinition,
  cpusViewDefinition,
  registersViewDefinition,
  variablesViewDefinition,
  watchViewDefinition,
  terminalViewDefinition,
  timelineViewDefinition,
  statisticsViewDefinition,
  debugConsoleViewDefinition,
  memoryViewDefinition,
  translationViewDefinition,
  domainsViewDefinition,
  vcpusViewDefinition,
  outputViewDefinition,
];
