/** The default arrangement of panels, and opening a panel in its place. */
import type { AddPanelOptions, DockviewApi } from 'dockview-react';
import type { NamedDomain, PanelDefinition, ViewDefinition, ViewPlace } from './view.ts';

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

/** Below this width, in pixels, columns would be too narrow to read: a page zoomed to 200 % on a small screen. */
const NARROW = 900;

/** True when everything but the terminals' group has to share one place. */
function isNarrow(api: DockviewApi): boolean {
  return api.width < NARROW;
}

/** Where a view stands in a dock of this width. */
function foldedPlace(api: DockviewApi, place: ViewPlace): ViewPlace {
  return isNarrow(api) && place !== 'bottom' ? 'centre' : place;
}

function placeOf(api: DockviewApi, panelId: string, views: readonly ViewDefinition[]): ViewPlace | undefined {
  const params = api.getPanel(panelId)?.params;
  const place = views.find(({ id }) => id === params?.view)?.place;
  return place && foldedPlace(api, place);
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
    position: position(api, foldedPlace(api, view.place), views),
    initialWidth: WIDTH[view.place],
    initialHeight: view.place === 'bottom' ? BOTTOM : undefined,
    inactive,
  } as AddPanelOptions);
}

/** The order in which the places are cut: the left column runs along everything, the bottom under the code and the right column. */
const ORDER: readonly ViewPlace[] = ['centre', 'leftTop', 'leftMiddle', 'leftBottom', 'bottom', 'rightTop', 'right'];

/** Everything a pack with these domains shows at first. */
export function defaultPanels(views: readonly ViewDefinition[], domains: readonly NamedDomain[]): PanelToOpen[] {
  return ORDER.flatMap((place) =>
    views
      .filter((view) => view.place === place)
      .flatMap((view): PanelToOpen[] => {
        if (view.panels) return view.panels(domains).map((panel) => ({ view, panel }));
        return view.isTemplate ? [] : [{ view }];
      }),
  );
}

/** Share of a wide window that a column has when that is more than its least width: on a 4K screen text should not be cut beside empty space. */
const SHARE: Readonly<Record<number, number>> = { [LEFT]: 0.12, [RIGHT]: 0.16 };

/** Sizes of the groups that certain panels stand in: least pixels across; up to 1 a share of the window's height, else pixels. */
const SIZES: readonly { readonly panel: string; readonly width?: number; readonly height?: number }[] = [
  { panel: 'map', width: LEFT, height: 212 },
  { panel: 'breakpoints', height: 0.22 },
  { panel: 'registers', width: RIGHT },
  { panel: 'debugConsole', height: 0.31 },
  { panel: 'callStack', height: 0.29 },
];

/** Share of the height that the terminals have in a narrow dock. */
const NARROW_BOTTOM = 0.42;

function setSizes(api: DockviewApi): void {
  const sizes = isNarrow(api) ? [{ panel: 'debugConsole', height: NARROW_BOTTOM, width: undefined }] : SIZES;
  for (const { panel, width, height } of sizes) {
    const group = api.getPanel(panel)?.group;
    if (width !== undefined) group?.api.setSize({ width: Math.max(width, Math.round(api.width * SHARE[width])) });
    if (height !== undefined) group?.api.setSize({ height: height > 1 ? height : Math.round(api.height * height) });
  }
}

/** Replaces everything by the default layout for the width that there is. */
export function resetLayout(api: DockviewApi, views: readonly ViewDefinition[], domains: readonly NamedDomain[]): void {
  api.clear();
  const first = new Set<ViewPlace>();
  for (const panel of defaultPanels(views, domains)) {
    const place = foldedPlace(api, panel.view.place);
    openPanel(api, panel, views, first.has(place));
    first.add(place);
  }
  setSizes(api);
  if (isNarrow(api)) api.getPanel('map')?.api.setActive();
}

/** Which panels share a group, apart from files; equal for arrangements that differ in sizes and order only. */
function arrangement(groups: readonly (readonly string[])[]): string {
  const names = groups.map((ids) =>
    ids
      .filter((id) => !id.startsWith('source:'))
      .toSorted()
      .join(' '),
  );
  return names
    .filter((name) => name !== '')
    .toSorted()
    .join(' | ');
}

/** True when the panels stand as the default layout of a narrow or of a wide dock has them, which the person has left as it was. */
function isDefaultLayout(
  api: DockviewApi,
  views: readonly ViewDefinition[],
  domains: readonly NamedDomain[],
  narrow: boolean,
): boolean {
  const groups = new Map<string, string[]>();
  for (const { view, panel } of defaultPanels(views, domains)) {
    const place = narrow && view.place !== 'bottom' ? 'centre' : view.place;
    groups.set(place, [...(groups.get(place) ?? []), panel?.id ?? view.id]);
  }
  return arrangement(api.groups.map(({ panels }) => panels.map(({ id }) => id))) === arrangement([...groups.values()]);
}

/** Folds the default layout when the dock has become narrow, and unfolds it when it is wide again; true when it was done. */
export function refoldLayout(
  api: DockviewApi,
  views: readonly ViewDefinition[],
  domains: readonly NamedDomain[],
): boolean {
  if (!isDefaultLayout(api, views, domains, !isNarrow(api))) return false;
  resetLayout(api, views, domains);
  return true;
}
