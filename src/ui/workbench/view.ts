/** What a view is to the workbench. A view is a folder with one of these, named in one line of `views/index.ts`. */
import type { ComponentType } from 'react';

/** What a view's component is given. */
export interface ViewProps {
  /** The panel's own parameters: which terminal, which file. */
  readonly params: Readonly<Record<string, unknown>>;
  /** False while another tab of the group covers it. */
  readonly isVisible: boolean;
}

/** Places of the default layout. */
export type ViewPlace = 'leftTop' | 'leftMiddle' | 'leftBottom' | 'editor' | 'centre' | 'rightTop' | 'right' | 'bottom';

export interface ViewDefinition {
  readonly id: string;
  readonly title: string;
  readonly place: ViewPlace;
  readonly component: ComponentType<ViewProps>;
  /** Goes on while it is covered, because it holds more than React does; other views then neither ask nor draw. */
  readonly isAlwaysActive?: boolean;
  /** Not opened by itself: it needs parameters (a file, a terminal). */
  readonly isTemplate?: boolean;
  /** Which panels a pack brings, for views that exist more than once. */
  readonly panels?: (domains: readonly NamedDomain[]) => readonly PanelDefinition[];
}

/** A domain that has panels of its own. */
export interface NamedDomain {
  readonly domid: number;
  readonly name: string;
}

/** A panel of a view that can be open several times. */
export interface PanelDefinition {
  readonly id: string;
  readonly title: string;
  readonly owner: number | 'xen';
  readonly params: Readonly<Record<string, unknown>>;
}
