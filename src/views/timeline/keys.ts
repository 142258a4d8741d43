/** What the keys of the timeline do: Perfetto's, with arrows and + - beside WASD. */

/** A key with its modifiers, as the browser reports them. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

export type TimelineAction =
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: 'pan'; readonly share: number }
  | { readonly kind: 'neighbour' | 'row' | 'search' | 'flow' | 'cycle'; readonly direction: 1 | -1 }
  | { readonly kind: 'move'; readonly by: 1 | -1 }
  | {
      readonly kind:
        | 'fit'
        | 'select focus'
        | 'select all'
        | 'mark'
        | 'keep mark'
        | 'find'
        | 'find track'
        | 'pin'
        | 'collapse'
        | 'drawer'
        | 'clear'
        | 'all';
    };

const ZOOM = 0.7;
const PAN = 0.15;

const PLAIN: Readonly<Record<string, TimelineAction>> = {
  w: { kind: 'zoom', factor: ZOOM },
  '+': { kind: 'zoom', factor: ZOOM },
  '=': { kind: 'zoom', factor: ZOOM },
  s: { kind: 'zoom', factor: 1 / ZOOM },
  '-': { kind: 'zoom', factor: 1 / ZOOM },
  a: { kind: 'pan', share: -PAN },
  arrowleft: { kind: 'pan', share: -PAN },
  d: { kind: 'pan', share: PAN },
  arrowright: { kind: 'pan', share: PAN },
  arrowup: { kind: 'row', direction: -1 },
  arrowdown: { kind: 'row', direction: 1 },
  '.': { kind: 'neighbour', direction: 1 },
  ',': { kind: 'neighbour', direction: -1 },
  ']': { kind: 'flow', direction: 1 },
  '[': { kind: 'flow', direction: -1 },
  f: { kind: 'fit' },
  r: { kind: 'select focus' },
  m: { kind: 'mark' },
  '/': { kind: 'find' },
  // Ctrl+P, which other timelines have for it, is the workbench's search for symbols.
  t: { kind: 'find track' },
  p: { kind: 'pin' },
  c: { kind: 'collapse' },
  q: { kind: 'drawer' },
  escape: { kind: 'clear' },
  home: { kind: 'all' },
};

const CONTROL: Readonly<Record<string, TimelineAction>> = {
  a: { kind: 'select all' },
  ']': { kind: 'cycle', direction: 1 },
  '[': { kind: 'cycle', direction: -1 },
};

const ALT: Readonly<Record<string, TimelineAction>> = {
  arrowup: { kind: 'move', by: -1 },
  arrowdown: { kind: 'move', by: 1 },
};

/** What a key does; undefined when it is none of the timeline's. */
export function actionOf({ key, ctrlKey, shiftKey, altKey, metaKey }: KeyPress): TimelineAction | undefined {
  const name = key.toLowerCase();
  if (altKey) return ALT[name];
  if (ctrlKey || metaKey) return CONTROL[name];
  if (shiftKey && name === 'm') return { kind: 'keep mark' };
  return PLAIN[name];
}

/** The keys in words, for the help of the view. */
export const KEY_HELP: readonly (readonly [string, string])[] = [
  ['W S', 'zoom about the pointer'],
  ['A D', 'pan'],
  ['Ctrl+wheel', 'zoom'],
  ['drag', 'select a stretch'],
  ['Shift+drag', 'pan'],
  ['. ,', 'next, previous slice'],
  ['] [', 'follow an arrow, back'],
  ['Ctrl+] [', 'the next arrow of a slice'],
  ['↑ ↓', 'other track'],
  ['F', 'centre, then fit'],
  ['R', 'select the slice’s stretch'],
  ['M, Shift+M', 'mark, keep the mark'],
  ['/ Enter', 'search, next (Shift+Enter: previous)'],
  ['T', 'find a track'],
  ['P', 'pin the track'],
  ['C', 'collapse the group'],
  ['Alt+↑ ↓', 'move the track'],
  ['Q', 'details'],
  ['Home', 'the whole recording'],
  ['Ctrl+A, Esc', 'select all, nothing'],
];
