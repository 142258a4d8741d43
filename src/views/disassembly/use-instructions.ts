/** Disassembly around the rows in sight, read in pages and kept for the stop. */
import { useEffect, useRef, useState } from 'react';
import { messageOf } from '../../client/client.ts';
import { formatSpace, type Location } from '../../protocol/address.ts';
import type { DisassembledInstruction } from '../../protocol/inspect.ts';
import { STALE_STOP, type Stop } from '../../protocol/stop.ts';
import { useClient, useMachine } from '../../ui/client-context.tsx';
import { INSTRUCTION_SIZE } from './rows.ts';

/** Instructions in a page; what nobody sees should not be looked up, which takes long where nobody was before. */
const PAGE = 32n;
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

function nothing(): void {}

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

  /** Asks for the pages in sight that were not asked for at this stop; settled when they are there, with how to show them. */
  const ask = async (stopId: number): Promise<() => void> => {
    if (!top || count === 0) return nothing;
    const old = cache.current;
    if (!old || old.stopId !== stopId || old.space !== space || old.revision !== revision) {
      // Pages of the last stop stay on screen until they are replaced: code rarely changes.
      const instructions = old?.space === space ? new Map(old.instructions) : new Map();
      cache.current = { stopId, revision, space, instructions };
      fresh.current = new Set();
    }
    const pages = cache.current;
    const missing = pagesOf(top.address, count).filter((page) => !fresh.current.has(page));
    for (const page of missing) fresh.current.add(page);
    let failure: string | null = null;
    const read = async (page: bigint): Promise<void> => {
      try {
        const location = { space: top.space, address: page * PAGE_BYTES };
        const { rows } = await client.session.disassemble(stopId, location, 0, Number(PAGE));
        pages?.instructions.set(page, rows);
      } catch (reason) {
        // Whoever asked may have been drawn anew since: it is the pages that count.
        if (cache.current !== pages) return;
        if (messageOf(reason) === STALE_STOP) fresh.current.delete(page);
        else failure = messageOf(reason);
      }
    };
    await Promise.all(missing.map(read));
    if (missing.length === 0) return nothing;
    return () => {
      setError(failure);
      setVersion((n) => n + 1);
    };
  };
  const askRef = useRef(ask);
  useEffect(() => {
    askRef.current = ask;
    if (stop) void ask(stop.stopId).then((show) => show());
  });
  useEffect(() => {
    const question = { isOfFrame: false, ask: (at: Stop) => askRef.current(at.stopId) };
    return client.questions.add(question);
  }, [client]);

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
