/**
 * Tooltips that say what a control does and which key does the same. One layer serves the whole page: lists have a control or two in every row, and a
 * tooltip component for each of them took longer than all else that a step changes.
 */
import { cloneElement, type ReactElement, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Keys } from './keys.tsx';

/** Milliseconds that the pointer rests before a tooltip appears. */
const DELAY = 500;
/** Pixels between a control and its tooltip, and between that and the edge of the page. */
const GAP = 6;
const ID = 'tooltip';

interface Explained {
  readonly 'data-tip'?: string;
  readonly 'data-tip-key'?: string;
}

export interface TooltipProps {
  readonly text: string;
  readonly chord?: string;
  /** The element that is explained; it must be one of HTML. */
  readonly children: ReactElement<Explained>;
}

export function Tooltip({ text, chord, children }: TooltipProps): ReactElement {
  return cloneElement(children, { 'data-tip': text, 'data-tip-key': chord });
}

function explainedBy(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('[data-tip]') : null;
}

/** The control whose tooltip is due: under a pointer that rests, or focused by the keyboard. */
function useExplained(): HTMLElement | null {
  const [element, setElement] = useState<HTMLElement | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waiting: HTMLElement | null = null;
    const expect = (next: HTMLElement | null, delay: number): void => {
      if (next === waiting) return;
      waiting = next;
      clearTimeout(timer);
      if (next) timer = setTimeout(() => setElement(next), delay);
      else setElement(null);
    };
    const listeners: Record<string, (event: Event) => void> = {
      pointerover: ({ target }) => expect(explainedBy(target), DELAY),
      focusin: ({ target }) =>
        expect(target instanceof Element && target.matches(':focus-visible') ? explainedBy(target) : null, 0),
      focusout: () => expect(null, 0),
      pointerdown: () => expect(null, 0),
      keydown: (event) => event instanceof KeyboardEvent && event.key === 'Escape' && expect(null, 0),
    };
    for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener, true);
    return () => {
      clearTimeout(timer);
      for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener, true);
    };
  }, []);
  return element?.isConnected === true ? element : null;
}

/** Under the control, or over it where there is no room. */
function place(tip: HTMLElement, control: HTMLElement): void {
  const at = control.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const below = at.bottom + GAP;
  const top = below + height + GAP > innerHeight ? at.top - GAP - height : below;
  const left = Math.min(Math.max(GAP, at.left + at.width / 2 - width / 2), innerWidth - width - GAP);
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

/** Shows the tooltips of the page; to be rendered once. */
export function TooltipLayer(): ReactElement | null {
  const element = useExplained();
  const tip = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!element || !tip.current) return undefined;
    place(tip.current, element);
    element.setAttribute('aria-describedby', ID);
    return () => element.removeAttribute('aria-describedby');
  }, [element]);
  if (!element) return null;
  const { tip: text, tipKey } = element.dataset;
  return (
    <div ref={tip} id={ID} role="tooltip" className="tooltip">
      {text}
      {tipKey !== undefined && <Keys chord={tipKey} />}
    </div>
  );
}
