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
const BOTTOM = 290;

/** Where a place's group is cut from, once the places before it exist. */
const CUTS: Readonly<Record<ViewPlace, readonly (readonly [ViewPlace, 'left' | 'right' | 'above' | 'below'])[]>> = {
  editor: [['centre', 'above']],
  bottom: [['centre', 'below'], ['editor', 'below']],
  leftTop: [['leftMiddle', 'above'], ['leftBottom', 'above']],
  leftMiddle: [['leftTop', 'below'], ['leftBottom', 'above']],
  leftBottom: [['leftMiddle', 'below'], ['leftTop', 'below']],
  centre: [['editor', 'below'], ['bottom', 'above']],
  rightTop: [['right', 'above']],
  right: [['rightTop', 'below']],
};

const ROOT_DIRECTION: Partial<Record<ViewPlace, 'left' | 'right'>> = {
  leftTop: 'left',
  leftMiddle: 'left',
  leftBottom: 'left',
  rightTop: 'right',
  right: 'right',
};

const WIDTH: Partial<Record<ViewPlace, number>> = { leftTop: LEFT, leftMiddle: LEFT, leftBottom: LEFT, rightTop: RIGHT, right: RIGHT };

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
export function openPanel(api: DockviewApi, { view, panel }: PanelToOpen, views: readonly ViewDefinition[], inactive = false): void {
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

/** The order in which the places are cut: the bottom runs under the code and the right column, the left column along everything. */
const ORDER: readonly ViewPlace[] = ['centre', 'rightTop', 'right', 'bottom', 'leftTop', 'leftMiddle', 'leftBottom'];

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

/** Shares of the window's height that the groups of the side columns get. */
const HEIGHT_SHARES: readonly (readonly [string, number])[] = [
  ['map', 0.24],
  ['breakpoints', 0.22],
  ['callStack', 0.34],
];

/** Replaces everything by the default layout. */
export function resetLayout(api: DockviewApi, views: readonly ViewDefinition[], domains: readonly number[]): void {
  api.clear();
  const first = new Set<ViewPlace>();
  for (const panel of defaultPanels(views, domains)) {
    openPanel(api, panel, views, first.has(panel.view.place));
    first.add(panel.view.place);
  }
  for (const [id, share] of HEIGHT_SHARES) api.getPanel(id)?.group.api.setSize({ height: Math.round(api.height * share) });
}
