/** Disassembly around the rows in sight, read in pages and kept for the stop. */
import { useEffect, useRef, useState } from 'react';
import { messageOf } from '../../client/client.ts';
import { formatSpace, type Location } from '../../protocol/address.ts';
import type { DisassembledInstruction } from '../../protocol/inspect.ts';
import { STALE_STOP } from '../../protocol/stop.ts';
import { useClient, useMachine } from '../../ui/client-context.tsx';
import { INSTRUCTION_SIZE } from './rows.ts';

/** Instructions in a page. */
const PAGE = 64n;
const PAGE_BYTES = PAGE * INSTRUCTION_SIZE;

interface Pages {
  readonly stopId: number;
  readonly revision: number;
  readonly space: string;
  readonly instructions: Map<bigint, readonly DisassembledInstruction[]>;
}

export interface Instructions {
  /** `count` instructions from `top`, fewer while they are being read. */
  readonly rows: readonly DisassembledInstruction[];
  readonly error: string | null;
}

function pagesOf(top: bigint, count: number): bigint[] {
  const first = top / PAGE_BYTES;
  const last = (top + BigInt(count) * INSTRUCTION_SIZE) / PAGE_BYTES;
  const pages: bigint[] = [];
  for (let page = first; page <= last; page += 1n) pages.push(page);
  return pages;
}

export function useInstructions(top: Location | null, count: number): Instructions {
  const client = useClient();
  const stop = useMachine((state) => state.lastStop);
  const revision = useMachine((state) => state.revision);
  const cache = useRef<Pages | null>(null);
  /** Pages asked for at this stop. */
  const fresh = useRef(new Set<bigint>());
  const [error, setError] = useState<string | null>(null);
  const [, setVersion] = useState(0);
  const space = top ? formatSpace(top.space) : '';

  useEffect(() => {
    if (!stop || !top || count === 0) return;
    const old = cache.current;
    if (!old || old.stopId !== stop.stopId || old.space !== space || old.revision !== revision) {
      // Pages of the last stop stay on screen until they are replaced: code rarely changes.
      const instructions = old?.space === space ? new Map(old.instructions) : new Map();
      cache.current = { stopId: stop.stopId, revision, space, instructions };
      fresh.current = new Set();
    }
    const pages = cache.current;
    for (const page of pagesOf(top.address, count)) {
      if (fresh.current.has(page)) continue;
      fresh.current.add(page);
      client.session
        .disassemble(stop.stopId, { space: top.space, address: page * PAGE_BYTES }, 0, Number(PAGE))
        .then(({ rows }) => {
          pages?.instructions.set(page, rows);
          setError(null);
          setVersion((n) => n + 1);
        })
        .catch((reason: unknown) => {
          // Whoever asked may have been drawn anew since: it is the pages that count.
          if (cache.current !== pages) return;
          if (messageOf(reason) === STALE_STOP) fresh.current.delete(page);
          else setError(messageOf(reason));
        });
    }
  });

  if (!top || cache.current?.space !== space) return { rows: [], error };
  const { instructions } = cache.current;
  const rows: DisassembledInstruction[] = [];
  for (let i = 0n; i < BigInt(count); i += 1n) {
    const address = BigInt.asUintN(64, top.address + i * INSTRUCTION_SIZE);
    const row = instructions.get(address / PAGE_BYTES)?.[Number((address % PAGE_BYTES) / INSTRUCTION_SIZE)];
    if (!row) break;
    rows.push(row);
  }
  return { rows, error };
}
