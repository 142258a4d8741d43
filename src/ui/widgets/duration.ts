/** Times and shares as text. */

/** Units from the largest to the smallest. */
const UNITS: readonly (readonly [number, string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];

/** `12.4 ms`: three digits that matter. */
export function formatDuration(nanoseconds: number): string {
  const [unit, name] = UNITS.find(([size]) => Math.abs(nanoseconds) >= size) ?? [1, 'ns'];
  return `${Number((nanoseconds / unit).toPrecision(3))} ${name}`;
}

/** `3.4 %` for 0.034. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
}
