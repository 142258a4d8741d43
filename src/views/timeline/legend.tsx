/** What the colours, patterns and arrows of the tracks mean. */
import type { CSSProperties, ReactElement } from 'react';
import type { SliceCategory, TimelineLabel } from '../../protocol/timeline.ts';
import { FLOWS, MARKERS, styleOf } from './drawing-styles.ts';

const SLICES: readonly (readonly [category: SliceCategory, owner: TimelineLabel['owner'], text: string])[] = [
  ['el2', 'xen', 'EL2: Xen at work, by its reason'],
  ['el1', 1, 'EL1, in the colour of its domain: a kernel'],
  ['el0', 1, 'EL0: a program'],
  ['running', 1, 'a vCPU that runs, with its pCPU; a task'],
  ['runnable', null, 'woken, and waits for a pCPU'],
  ['preempted', null, 'lost its pCPU, and waits for one'],
  ['blocked', null, 'blocked, asleep or idle'],
];

function boxStyle(category: SliceCategory, owner: TimelineLabel['owner']): CSSProperties {
  const style = styleOf(category, owner);
  if (!style) return {};
  const color = `color-mix(in srgb, var(${style.color}) ${100 * style.alpha}%, var(--panel))`;
  const line = `color-mix(in srgb, var(${style.color}) ${45 * style.alpha}%, var(--panel))`;
  return { background: style.isHatched ? `repeating-linear-gradient(135deg, ${color} 0 4px, ${line} 4px 5px)` : color };
}

export function Legend(): ReactElement {
  return (
    <ul className="timeline-legend">
      {SLICES.map(([category, owner, text]) => (
        <li key={category}>
          <span className="timeline-swatch" style={boxStyle(category, owner)} /> {text}
        </li>
      ))}
      {Object.entries(FLOWS).map(([kind, [color, dash]]) => (
        <li key={kind}>
          <svg className="timeline-swatch" viewBox="0 0 28 10" aria-hidden="true">
            <line
              x1="0"
              x2="28"
              y1="5"
              y2="5"
              stroke={`var(${color})`}
              strokeWidth="2"
              strokeDasharray={dash.join(' ')}
            />
          </svg>
          {` ${kind}`}
        </li>
      ))}
      {Object.entries(MARKERS).map(([kind, [glyph, color]]) => (
        <li key={kind}>
          <span className="timeline-swatch" style={{ color: `var(${color})` }}>
            {glyph}
          </span>{' '}
          {kind}
        </li>
      ))}
    </ul>
  );
}
