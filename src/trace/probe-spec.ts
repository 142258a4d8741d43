/** How a person names a function to probe: `xen:do_xen_version`, `d1:vfs_read/3`, `d0:EL0:main`. */
import type { AddressSpace } from '../debugger/contexts/spaces.ts';

/** A function to probe. */
export interface ProbeSpec {
  readonly space: AddressSpace;
  readonly name: string;
  /** Arguments to record (X0 and on); undefined: as many as the function has parameters. */
  readonly argumentCount: number | undefined;
}

/** Arguments in registers (AAPCS64). */
export const MAX_ARGUMENTS = 8;

/** The specification is not one. */
export class ProbeError extends Error {}

const PATTERN = /^(xen|d(\d+))(?::(EL[01]))?:([A-Za-z_$][\w$.]*)(?:\/(\d))?$/i;

/** Reads `SPACE:FUNCTION` or `SPACE:FUNCTION/ARGUMENTS`. Throws `ProbeError`. */
export function parseProbe(text: string): ProbeSpec {
  const match = PATTERN.exec(text.trim());
  const [, space, domain, level, name, count] = match ?? [];
  const isXen = space?.toLowerCase() === 'xen';
  const argumentCount = count === undefined ? undefined : Number(count);
  if (!match || (isXen && level !== undefined) || (argumentCount ?? 0) > MAX_ARGUMENTS) {
    throw new ProbeError(`${text}: a probe is xen:FUNCTION, dN:FUNCTION or dN:EL0:FUNCTION, then /ARGUMENTS up to 8`);
  }
  if (isXen) return { space: { kind: 'xen' }, name, argumentCount };
  const el = level?.toUpperCase() === 'EL0' ? 0 : 1;
  return { space: { kind: 'guest', domain: Number(domain), el }, name, argumentCount };
}

/** Writes what `parseProbe` reads. */
export function probeText({ space, name, argumentCount }: ProbeSpec): string {
  const prefix = space.kind === 'guest' ? `d${space.domain}${space.el === 0 ? ':EL0' : ''}` : 'xen';
  return `${prefix}:${name}${argumentCount === undefined ? '' : `/${argumentCount}`}`;
}
