/**
 * Reads ahead what the next steps will need: symbols and lines of code that is first seen take long to find, and are kept from then on. While the person
 * looks at a stop, the code that can be reached from there is looked up: callers, callees, exception vectors.
 */
import type { AddressSpace, Location } from '../../protocol/address.ts';
import { formatLocation } from '../../protocol/address.ts';
import type { StackFrame } from '../../protocol/inspect.ts';
import { readCode } from '../code-reader.ts';
import type { GuestView } from '../guest-view.ts';
import type { SessionCore } from './core.ts';
import type { Stops } from './stops.ts';

/** Milliseconds that a stop is left alone: the page's own questions come first. */
const REST = 40;
/** Instructions that are looked up at once, as many as a page of the disassembly has. */
const PAGE = 64;
/** Instructions ahead whose targets count as reachable. */
const AHEAD = 24;
/** Pages that are looked up at one stop. */
const MAX_PAGES = 24;
const MAX_FRAMES = 6;
/** Offset of the vector for synchronous exceptions from a lower level in AArch64 (Arm ARM, D1.10.2). */
const LOWER_SYNC = 0x400n;

export class Foresight {
  /** Pages that were looked up with the symbols of each view. */
  readonly #done = new WeakMap<GuestView, Set<string>>();

  constructor(
    private readonly core: SessionCore,
    private readonly stops: Stops,
  ) {}

  /** Looks around the places that a stack leads to, until the machine goes on. */
  async look(stopId: number, frames: readonly StackFrame[]): Promise<void> {
    const places = frames.slice(0, MAX_FRAMES).map(({ location }) => location);
    const waiting = [...places, ...this.#vectors(places)];
    await this.core.host.yield(REST);
    for (let pages = 0; pages < MAX_PAGES && waiting.length > 0 && this.stops.current?.stopId === stopId;) {
      const place = waiting.shift() as Location;
      if (!this.#isNew(place)) continue;
      pages += 1;
      waiting.push(...(await this.#targets(place)));
      await this.core.host.yield(0);
    }
  }

  /** True the first time that a page is asked for. */
  #isNew({ space, address }: Location): boolean {
    const { view } = this.core;
    const done = this.#done.get(view) ?? new Set();
    this.#done.set(view, done);
    const name = formatLocation({ space, address: pageStart(address) });
    const isNew = !done.has(name);
    done.add(name);
    return isNew;
  }

  /** Where the next exception may lead. */
  #vectors([first]: readonly Location[]): Location[] {
    const { stops, core } = this;
    const cpu = stops.current?.cpu;
    if (cpu === undefined || first === undefined) return [];
    const at = (register: string, space: AddressSpace): Location[] => {
      const base = core.port.readRegister(cpu, register);
      return base === undefined || base === 0n ? [] : [{ space, address: base + LOWER_SYNC }];
    };
    const guest: AddressSpace[] = first.space.kind === 'guest' ? [{ ...first.space, el: 1 }] : [];
    return [...at('VBAR_EL2', { kind: 'xen' }), ...guest.flatMap((space) => at('VBAR_EL1', space))];
  }

  /** Looks up a page, and finds where its instructions lead to. */
  async #targets({ space, address }: Location): Promise<Location[]> {
    const { rows } = await readCode(this.core.view, { space, address: pageStart(address) }, 0, PAGE);
    return rows.flatMap((row) => {
      const distance = row.address - address;
      const isAhead = distance >= 0n && distance < BigInt(AHEAD * 4);
      return row.target && isAhead ? [{ space, address: row.target.address }] : [];
    });
  }
}

function pageStart(address: bigint): bigint {
  return address - (address % BigInt(PAGE * 4));
}
