/** The default arrangement of panels, and opening a panel in its place. */
import type { AddPanelOptions, DockviewApi } from 'dockview-react';
import type { PanelDefinition, ViewDefinition, ViewPlace } from './view.ts';

/** A panel to open: a view, and which one of it. */
export interface PanelToOpen {
  readonly view: ViewDefinition;
  readonly panel?: PanelDefinition;
}

/** Widths and heights of the default layout, in pixels at 1440 x 900. */
const LEFT = 300;
const RIGHT = 360;
const BOTTOM = 280;

/** Where a place's group is cut from, once the places before it exist. */
const CUTS: Readonly<Record<ViewPlace, readonly (readonly [ViewPlace, 'left' | 'right' | 'above' | 'below'])[]>> = {
  editor: [['centre', 'above']],
  bottom: [
    ['centre', 'below'],
    ['editor', 'below'],
  ],
  leftTop: [
    ['leftMiddle', 'above'],
    ['leftBottom', 'above'],
  ],
  leftMiddle: [
    ['leftTop', 'below'],
    ['leftBottom', 'above'],
  ],
  leftBottom: [
    ['leftMiddle', 'below'],
    ['leftTop', 'below'],
  ],
  centre: [
    ['editor', 'below'],
    ['bottom', 'above'],
  ],
  rightTop: [
    ['right', 'above'],
    ['centre', 'right'],
    ['editor', 'right'],
  ],
  right: [
    ['rightTop', 'below'],
    ['centre', 'right'],
    ['editor', 'right'],
  ],
};

const ROOT_DIRECTION: Partial<Record<ViewPlace, 'left' | 'right'>> = {
  leftTop: 'left',
  leftMiddle: 'left',
  leftBottom: 'left',
  rightTop: 'right',
  right: 'right',
};

const WIDTH: Partial<Record<ViewPlace, number>> = {
  leftTop: LEFT,
  leftMiddle: LEFT,
  leftBottom: LEFT,
  rightTop: RIGHT,
  right: RIGHT,
};

function placeOf(api: DockviewApi, panelId: string, views: readonly ViewDefinition[]): ViewPlace | undefined {
  const params = api.getPanel(panelId)?.params;
  return views.find(({ id }) => id === params?.view)?.place;
}

/** An open panel that stands in `place`. */
function panelIn(api: DockviewApi, place: ViewPlace, views: readonly ViewDefinition[]): string | undefined {
  return api.panels.find(({ id }) => placeOf(api, id, views) === place)?.id;
}

function position(api: DockviewApi, place: ViewPlace, views: readonly ViewDefinition[]): AddPanelOptions['position'] {
  const beside = panelIn(api, place, views);
  if (beside !== undefined) return { referencePanel: beside, direction: 'within' };
  for (const [other, direction] of CUTS[place]) {
    const reference = panelIn(api, other, views);
    if (reference !== undefined) return { referencePanel: reference, direction };
  }
  return api.panels.length === 0 ? undefined : { direction: ROOT_DIRECTION[place] ?? 'right' };
}

/** Opens a panel where its view belongs. */
export function openPanel(
  api: DockviewApi,
  { view, panel }: PanelToOpen,
  views: readonly ViewDefinition[],
  inactive = false,
): void {
  api.addPanel({
    id: panel?.id ?? view.id,
    component: 'view',
    tabComponent: 'tab',
    title: panel?.title ?? view.title,
    params: { view: view.id, owner: panel?.owner, ...panel?.params },
    position: position(api, view.place, views),
    initialWidth: WIDTH[view.place],
    initialHeight: view.place === 'bottom' ? BOTTOM : undefined,
    inactive,
  } as AddPanelOptions);
}

/** The order in which the places are cut: the left column runs along everything, the bottom under the code and the right column. */
const ORDER: readonly ViewPlace[] = ['centre', 'leftTop', 'leftMiddle', 'leftBottom', 'bottom', 'rightTop', 'right'];

/** Everything a pack with these domains shows at first. */
export function defaultPanels(views: readonly ViewDefinition[], domains: readonly number[]): PanelToOpen[] {
  return ORDER.flatMap((place) =>
    views
      .filter((view) => view.place === place)
      .flatMap((view): PanelToOpen[] => {
        if (view.panels) return view.panels(domains).map((panel) => ({ view, panel }));
        return view.isTemplate ? [] : [{ view }];
      }),
  );
}

/** Sizes of the groups that certain panels stand in: pixels across; up to 1 a share of the window's height, else pixels. */
const SIZES: readonly { readonly panel: string; readonly width?: number; readonly height?: number }[] = [
  { panel: 'map', width: LEFT, height: 212 },
  { panel: 'breakpoints', height: 0.22 },
  { panel: 'registers', width: RIGHT },
  { panel: 'debugConsole', height: 0.31 },
  { panel: 'callStack', height: 0.29 },
];

/** Replaces everything by the default layout. */
export function resetLayout(api: DockviewApi, views: readonly ViewDefinition[], domains: readonly number[]): void {
  api.clear();
  const first = new Set<ViewPlace>();
  for (const panel of defaultPanels(views, domains)) {
    openPanel(api, panel, views, first.has(panel.view.place));
    first.add(panel.view.place);
  }
  for (const { panel, width, height } of SIZES) {
    const group = api.getPanel(panel)?.group;
    if (width !== undefined) group?.api.setSize({ width });
    if (height !== undefined) group?.api.setSize({ height: height > 1 ? height : Math.round(api.height * height) });
  }
}
