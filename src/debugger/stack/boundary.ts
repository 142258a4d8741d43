/** The exception boundary that the unwinder asks its detector for. */
import type { BoundaryDetector } from '../unwinding/frame.ts';

export type Boundary = NonNullable<Awaited<ReturnType<BoundaryDetector>>>;
