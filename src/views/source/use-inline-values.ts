/** Inline values of a file, while the current frame stands in it. */
import { useMemo } from 'react';
import { currentFrame } from '../../client/context-store.ts';
import type { OpenSource } from '../../client/navigation.ts';
import { useTargetContext, useWorkspace } from '../../ui/client-context.tsx';
import { useAtFrame } from '../../ui/use-at-stop.ts';
import { inlineTexts } from './inline-values.ts';

const NOTHING: ReadonlyMap<number, string> = new Map();

/** Texts by line number; empty while running and when they are switched off. */
export function useInlineValues({ path, owner }: OpenSource, text: string): ReadonlyMap<number, string> {
  const isOn = useWorkspace((state) => state.preferences.inlineValues);
  const frame = useTargetContext(currentFrame);
  const domain = owner.kind === 'xen' ? null : owner.domain;
  const isHere = isOn && frame?.source?.path === path && frame.domain === domain;
  const { data, isStale } = useAtFrame(isHere ? 'inline' : null, (session, stopId, frameId) =>
    session.inlineValues(stopId, frameId),
  );
  return useMemo(
    () => (data?.path === path && !isStale ? inlineTexts(text.split('\n'), data) : NOTHING),
    [data, isStale, path, text],
  );
}
