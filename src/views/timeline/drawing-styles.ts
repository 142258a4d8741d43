/** What slices, markers and arrows look like: colours by their variable's name. */
import {
  SLICE_CATEGORIES,
  type SliceCategory,
  TIMELINE_FLOW_KINDS,
  type TimelineLabel,
} from '../../protocol/timeline.ts';

export interface Style {
  readonly color: string;
  readonly alpha: number;
  readonly isHatched?: boolean;
}

function ownerVariable(owner: TimelineLabel['owner']): string {
  if (owner === 'xen') return '--xen';
  return owner === null ? '--idle' : `--domain-${owner % 6}`;
}

/** Colour and strength of a category; undefined for what is left empty. */
export function styleOf(category: SliceCategory, owner: TimelineLabel['owner']): Style | undefined {
  switch (category) {
    case 'el2':
      return { color: '--xen', alpha: 0.85 };
    case 'el1':
      return { color: ownerVariable(owner), alpha: 0.75 };
    case 'el0':
      return { color: ownerVariable(owner), alpha: 0.45 };
    case 'running':
    case 'task':
    case 'function':
      return { color: ownerVariable(owner), alpha: 0.7 };
    case 'syscall':
    case 'interrupt':
      return { color: ownerVariable(owner), alpha: 0.5 };
    case 'runnable':
      return { color: '--warning', alpha: 0.5, isHatched: true };
    case 'preempted':
      return { color: '--preempted', alpha: 0.75, isHatched: true };
    case 'blocked':
    case 'asleep':
    case 'idle-task':
      return { color: '--idle', alpha: 0.16 };
    default:
      return undefined;
  }
}

/** Glyph and colour of markers. */
export const MARKERS: Readonly<Partial<Record<SliceCategory, readonly [glyph: string, color: string]>>> = {
  stop: ['■', '--text-muted'],
  step: ['▸', '--accent'],
  breakpoint: ['●', '--breakpoint'],
  logpoint: ['◆', '--warning'],
  stimulus: ['▲', '--good'],
};

/** Colour and dashes of arrows, by kind. */
export const FLOWS: Readonly<
  Record<(typeof TIMELINE_FLOW_KINDS)[number], readonly [color: string, dash: readonly number[]]>
> = {
  'wake-up': ['--warning', []],
  'event channel': ['--accent', []],
  injection: ['--xen', []],
  'software interrupt': ['--preempted', [5, 3]],
  'interrupt line': ['--xen', [2, 2]],
  hypercall: ['--text-muted', [4, 2]],
};

/** Glyph and colour of a marker's kind. */
export function markerOf(category: number): readonly [glyph: string, color: string] {
  return MARKERS[SLICE_CATEGORIES[category]] ?? ['■', '--text-muted'];
}
