/** Tooltips that say what a control does and which key does the same. */
import { Tooltip as Base } from '@base-ui/react/tooltip';
import type { ReactElement } from 'react';
import { Keys } from './keys.tsx';

export interface TooltipProps {
  readonly text: string;
  readonly chord?: string;
  /** The element that is explained. */
  readonly children: ReactElement;
}

export function Tooltip({ text, chord, children }: TooltipProps): ReactElement {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} className="tooltip-positioner">
          <Base.Popup className="tooltip">
            {text}
            {chord !== undefined && <Keys chord={chord} />}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export const TooltipProvider = Base.Provider;
