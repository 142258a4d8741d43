/**
 * Binary search: the first of `first` to `end` (exclusive) for which `isBefore` does not hold; `end` when it holds for all. It must hold for a leading
 * part of them only, as "is below a limit" does for what ascends.
 */
export function partitionPoint(first: number, end: number, isBefore: (index: number) => boolean): number {
  let low = first;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
