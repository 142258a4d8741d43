/** Progress of loading or booting, over the panels but not in their way. */
import type { ReactElement } from 'react';
import { useMachine } from '../client-context.tsx';

export function ProgressCard(): ReactElement | null {
  const progress = useMachine((state) => state.progress);
  if (!progress) return null;
  const percent = progress.fraction === null ? null : Math.round(progress.fraction * 100);
  return (
    <div className="progress-card" role="status">
      <div className="progress-title">
        <span>{progress.title}</span>
        {percent !== null && <span className="mono">{percent} %</span>}
      </div>
      <div
        className={percent === null ? 'progress-track unknown' : 'progress-track'}
        role="progressbar"
        aria-label={progress.title}
        aria-valuenow={percent ?? undefined}
      >
        <div style={{ width: percent === null ? undefined : `${percent}%` }} />
      </div>
      <div className="progress-detail">{progress.detail}</div>
    </div>
  );
}
