/** Keeps the debugger's breakpoints equal to the page's list. */
import type { BreakpointList } from '../debugger/breakpoints/breakpoints.ts';
import type {
  Breakpoint,
  BreakpointPlace as DebuggerPlace,
  BreakpointSpec as DebuggerSpec,
} from '../debugger/breakpoints/spec.ts';
import {
  type BreakpointPlace,
  type BreakpointSpec,
  type BreakpointState,
  EXCEPTION_KINDS,
} from '../protocol/breakpoints.ts';
import { formatLocation } from '../protocol/address.ts';

/** The immediate of every Xen hypercall's HVC. */
const XEN_HYPERCALL_TAG = 0xea1;

/** HVC with another immediate than Xen's means the hypercall of that number. */
function placeOf(place: BreakpointPlace): DebuggerPlace {
  if (place.kind !== 'exception') return place;
  const { exception, immediate } = place;
  if (exception !== 'HVC' || immediate === undefined || immediate === XEN_HYPERCALL_TAG)
    return { kind: 'exception', exception, immediate };
  return { kind: 'exception', exception, immediate: XEN_HYPERCALL_TAG, hypercall: immediate };
}

function specOf({ place, scope, enabled, condition, hitCount, logMessage }: BreakpointSpec): DebuggerSpec {
  return { place: placeOf(place), scope, enabled, condition, hitCount, logMessage };
}

/** Equal for equal wishes. */
function keyOf({ place, scope, enabled, condition, hitCount, logMessage }: BreakpointSpec): string {
  const where = 'location' in place ? { ...place, location: formatLocation(place.location) } : place;
  return JSON.stringify({ where, scope, enabled, condition, hitCount, logMessage });
}

interface Mirrored {
  readonly spec: BreakpointSpec;
  readonly number: number;
  /** Why it could not be added. */
  readonly failure?: string;
}

export class BreakpointMirror {
  #mirrored: readonly Mirrored[] = [];

  /** Makes `list` hold exactly `specs`; those that have not changed keep their hits. */
  async set(list: BreakpointList, specs: readonly BreakpointSpec[]): Promise<void> {
    const old = new Map(this.#mirrored.map((each) => [each.spec.id, each]));
    const next: Mirrored[] = [];
    for (const spec of specs) {
      const known = old.get(spec.id);
      const isSame = known && keyOf(known.spec) === keyOf(spec) && known.failure === undefined;
      next.push(isSame ? known : await add(list, spec));
    }
    const kept = new Set(next.map(({ number }) => number));
    for (const { number } of this.#mirrored) if (!kept.has(number)) list.remove(number);
    this.#mirrored = next;
  }

  /** Adds everything again to another list. */
  async moveTo(list: BreakpointList): Promise<void> {
    const specs = this.#mirrored.map(({ spec }) => spec);
    this.#mirrored = [];
    await this.set(list, specs);
  }

  /**
   * Takes over what somebody else has done to the list (the command console); the new wishes, or undefined when nothing has changed. Temporary breakpoints
   * stay the console's own.
   */
  adopt(list: BreakpointList): readonly BreakpointSpec[] | undefined {
    const known = new Map(this.#mirrored.map((each) => [each.number, each]));
    const kept = this.#mirrored.filter(({ number, failure }) => failure !== undefined || list.get(number));
    const fresh = list.all.filter(({ id, temporary }) => !known.has(id) && !temporary);
    const ids = new Set(kept.map(({ spec }) => spec.id));
    const added = fresh.flatMap((breakpoint): Mirrored[] => {
      const spec = wishOf(breakpoint, freeId(ids));
      return spec ? [{ spec, number: breakpoint.id }] : [];
    });
    const changed = kept.map((each) => withChanges(each, list.get(each.number)));
    const isSame =
      added.length === 0 &&
      changed.length === this.#mirrored.length &&
      changed.every((each, index) => each === this.#mirrored[index]);
    if (isSame) return undefined;
    this.#mirrored = [...changed, ...added];
    return this.#mirrored.map(({ spec }) => spec);
  }

  states(list: BreakpointList): BreakpointState[] {
    return this.#mirrored.map(({ spec, number, failure }) => {
      const breakpoint = list.get(number);
      if (failure !== undefined || !breakpoint) {
        return { id: spec.id, state: 'failed', message: failure ?? 'it is gone', hits: 0, locations: [] };
      }
      return stateOf(spec, breakpoint);
    });
  }

  /** The page's ids of breakpoints of the debugger. */
  idsOf(breakpoints: readonly Breakpoint[]): string[] {
    const numbers = new Set(breakpoints.map(({ id }) => id));
    return this.#mirrored.filter(({ number }) => numbers.has(number)).map(({ spec }) => spec.id);
  }
}

async function add(list: BreakpointList, spec: BreakpointSpec): Promise<Mirrored> {
  try {
    return { spec, number: (await list.add(specOf(spec))).id };
  } catch (error) {
    return { spec, number: -1, failure: error instanceof Error ? error.message : String(error) };
  }
}

/** The smallest `bpN` that is not in `taken`, which it joins. */
function freeId(taken: Set<string>): string {
  let n = 1;
  while (taken.has(`bp${n}`)) n += 1;
  taken.add(`bp${n}`);
  return `bp${n}`;
}

/** A breakpoint of the debugger as the page would wish it; undefined for kinds that the page does not know. */
function wishOf(
  { place, scope, enabled, condition, hitCount, logMessage }: Breakpoint,
  id: string,
): BreakpointSpec | undefined {
  const wish = { id, scope, enabled, condition, hitCount, logMessage };
  if (place.kind !== 'exception') return { ...wish, place };
  const exception = EXCEPTION_KINDS.find((kind) => kind === place.exception);
  return (
    exception && { ...wish, place: { kind: 'exception', exception, immediate: place.hypercall ?? place.immediate } }
  );
}

/** Enabling and conditions may be changed by number. */
function withChanges(mirrored: Mirrored, now: Breakpoint | undefined): Mirrored {
  if (!now) return mirrored;
  const { enabled, condition, hitCount } = now;
  const { spec } = mirrored;
  if (spec.enabled === enabled && spec.condition === condition && spec.hitCount === hitCount) return mirrored;
  return { ...mirrored, spec: { ...spec, enabled, condition, hitCount } };
}

function stateOf(
  { id, place }: BreakpointSpec,
  { state, message, hits, locations, source }: Breakpoint,
): BreakpointState {
  const line = place.kind === 'line' && source?.line === place.line ? undefined : source?.line;
  return { id, state, message, hits, locations, line, path: source?.file };
}
