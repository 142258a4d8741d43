/** What survives a reload: layouts, breakpoints, watches, open files, preferences. One JSON document, also the export format. */
import { z } from 'zod';
import { formatLocation, parseLocation } from '../protocol/address.ts';
import { type BreakpointSpec, EXCEPTION_KINDS } from '../protocol/breakpoints.ts';
import { formatScope, parseScope } from '../protocol/target.ts';
import { VALUE_FORMATS } from './value-format.ts';

// The validator's compiled mode needs `eval`, which the page's Content-Security-Policy forbids.
z.config({ jitless: true });

const location = z.codec(z.string(), z.custom<ReturnType<typeof requireLocation>>(), {
  decode: (text, context) => attempt(context, () => requireLocation(text)),
  encode: (value) => formatLocation(value),
});

const scope = z.codec(z.string(), z.custom<ReturnType<typeof requireScope>>(), {
  decode: (text, context) => attempt(context, () => requireScope(text)),
  encode: (value) => formatScope(value),
});

/** Turns a refusal into an issue of the document, so that the message says where it is. */
function attempt<T>({ issues, value }: z.core.ParsePayload, read: () => T): T {
  try {
    return read();
  } catch (error) {
    issues.push({ code: 'custom', input: value, message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
}

function requireLocation(text: string): NonNullable<ReturnType<typeof parseLocation>> {
  const parsed = parseLocation(text, { kind: 'pa' });
  if (!parsed) throw new Error(`${text} is not an address`);
  return parsed;
}

function requireScope(text: string): NonNullable<ReturnType<typeof parseScope>> {
  const parsed = parseScope(text);
  if (!parsed) throw new Error(`${text} is not a scope`);
  return parsed;
}

const exception = z.enum(EXCEPTION_KINDS);

const place = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('address'), location }),
  z.object({ kind: z.literal('function'), name: z.string() }),
  z.object({ kind: z.literal('line'), path: z.string(), line: z.int().positive() }),
  z.object({
    kind: z.literal('data'),
    location,
    size: z.int().positive(),
    access: z.enum(['read', 'write', 'readWrite', 'change']),
  }),
  z.object({ kind: z.literal('exception'), exception, immediate: z.int().optional() }),
]);

const breakpoint = z.object({
  id: z.string(),
  enabled: z.boolean(),
  place,
  scope,
  condition: z.string().optional(),
  hitCount: z.int().positive().optional(),
  logMessage: z.string().optional(),
});

const workspace = z.object({
  version: z.literal(1),
  breakpoints: z.array(breakpoint),
  watches: z.array(z.string()),
  /** Dock layouts by name, open files included; `current` is the one in use. Their shape belongs to the docking library. */
  layouts: z.record(z.string(), z.unknown()),
  /** The domains whose terminals the layout in use was made for. */
  domains: z.array(z.int()).default([0, 1, 2]),
  pinnedRegisters: z.array(z.string()),
  /** Formats of values by the expression that names them. */
  formats: z.record(z.string(), z.enum(VALUE_FORMATS)).default({}),
  /** The person's own keys by command. */
  keys: z.record(z.string(), z.array(z.string())).default({}),
  /** How the tracks of the timeline are arranged: ids of tracks, names of groups. */
  timeline: z
    .object({
      pinned: z.array(z.int()).readonly(),
      collapsed: z.array(z.string()).readonly(),
      order: z.array(z.int()).readonly(),
      groupOrder: z.array(z.string()).readonly(),
    })
    .default({ pinned: [], collapsed: [], order: [], groupOrder: [] }),
  preferences: z.object({
    theme: z.enum(['system', 'dark', 'light']),
    followExceptions: z.boolean(),
    guideSeen: z.boolean(),
    /** Values of variables beside the source. */
    inlineValues: z.boolean().default(true),
  }),
});

/** Everything that is kept. */
export type Workspace = z.infer<typeof workspace>;

export const EMPTY_WORKSPACE: Workspace = {
  version: 1,
  breakpoints: [],
  watches: [],
  layouts: {},
  domains: [0, 1, 2],
  pinnedRegisters: [],
  formats: {},
  keys: {},
  timeline: { pinned: [], collapsed: [], order: [], groupOrder: [] },
  preferences: { theme: 'system', followExceptions: false, guideSeen: false, inlineValues: true },
};

/** Writes a workspace as text. */
export function encodeWorkspace(value: Workspace): string {
  return JSON.stringify(z.encode(workspace, value), null, 1);
}

/** Only the breakpoints, in the same format. */
const breakpointFile = z.object({ version: z.literal(1), breakpoints: z.array(breakpoint) });

/** Writes breakpoints as text. */
export function encodeBreakpoints(breakpoints: readonly BreakpointSpec[]): string {
  return JSON.stringify(z.encode(breakpointFile, { version: 1, breakpoints: [...breakpoints] }), null, 1);
}

/** Reads breakpoints from what `encodeBreakpoints` or `encodeWorkspace` wrote; throws with the first problem in words. */
export function decodeBreakpoints(text: string): readonly BreakpointSpec[] {
  return decode(breakpointFile, text).breakpoints;
}

/** Reads what `encodeWorkspace` wrote; throws with the first problem in words. */
export function decodeWorkspace(text: string): Workspace {
  return decode(workspace, text);
}

function decode<T extends z.ZodType>(schema: T, text: string): z.output<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('This is not a Trapline workspace: it is not JSON.');
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Error(`This is not a Trapline workspace: ${issue.path.join('.') || 'the document'}: ${issue.message}.`);
}
