/** Breakpoints as a person wants them. */
import type { CatchKind, WatchAccess } from '../../emulator/debug-port.ts';
import type { AddressSpace, Location, Scope } from '../contexts/spaces.ts';

/** Where a breakpoint stops. */
export type BreakpointPlace =
  | { readonly kind: 'address'; readonly location: Location }
  /** `space` narrows the search down to what runs there. */
  | { readonly kind: 'function'; readonly name: string; readonly space?: AddressSpace | undefined }
  | { readonly kind: 'line'; readonly path: string; readonly line: number; readonly space?: AddressSpace | undefined }
  /** `location` says which memory; the breakpoint's scope says whose accesses. */
  | { readonly kind: 'data'; readonly location: Location; readonly size: number; readonly access: WatchAccess }
  | {
      readonly kind: 'exception';
      readonly exception: CatchKind;
      /** Immediate of SVC, HVC and SMC. */
      readonly immediate?: number | undefined;
      /** Hypercall number: X16 at an HVC. */
      readonly hypercall?: number | undefined;
      /** ESR EC, for `synchronous`. */
      readonly ec?: number | undefined;
    };

export interface BreakpointSpec {
  readonly place: BreakpointPlace;
  readonly scope: Scope;
  readonly enabled: boolean;
  /** Removed when it has stopped the machine. */
  readonly temporary?: boolean | undefined;
  /** C expression that must not be zero. */
  readonly condition?: string | undefined;
  /** Stops at the n-th hit and after. */
  readonly hitCount?: number | undefined;
  /** Printed instead of stopping; expressions in braces. */
  readonly logMessage?: string | undefined;
}

/** What became of it. */
export interface Breakpoint extends BreakpointSpec {
  readonly id: number;
  readonly state: 'applied' | 'pending' | 'disabled';
  /** Why it is pending, or where it moved. */
  readonly message: string | undefined;
  /** Times it was hit and its condition held. */
  readonly hits: number;
  readonly locations: readonly Location[];
  /** Source place of the first location. */
  readonly source: { readonly file: string; readonly line: number } | undefined;
}

/** One line that says what it is. */
export function placeText(place: BreakpointPlace, format: (location: Location) => string): string {
  switch (place.kind) {
    case 'address':
      return format(place.location);
    case 'function':
      return place.name;
    case 'line':
      return `${place.path}:${place.line}`;
    case 'data':
      return `${format(place.location)}, ${place.size} bytes`;
    case 'exception': {
      const immediate = place.immediate === undefined ? '' : ` #0x${place.immediate.toString(16)}`;
      const hypercall = place.hypercall === undefined ? '' : ` hypercall ${place.hypercall}`;
      const ec = place.ec === undefined ? '' : ` EC 0x${place.ec.toString(16)}`;
      return `${place.exception}${immediate}${hypercall}${ec}`;
    }
  }
}
