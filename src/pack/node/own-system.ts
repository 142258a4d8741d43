/** `npm run pack -- --system FILE`: how a person describes a system of their own. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { BuildError } from './build-error.ts';

const path = z.string().min(1);
const address = z
  .union([
    z.number().int().nonnegative(),
    z.string().regex(/^(0x[0-9a-f]+|\d+)$/i, 'not an address such as "0x10000000"'),
  ])
  .transform(Number);

/** A domain for which `/chosen` is written; the first is Dom0. */
const domain = z.strictObject({
  /** Also the name of its node. */
  name: z.string().regex(/^[A-Za-z][\w-]*$/, 'not a name of letters, digits, - and _'),
  vcpus: z.number().int().min(1).max(8),
  /** MiB. */
  memory: z.number().int().min(32),
  kernel: path,
  initrd: path.optional(),
  bootargs: z.string().optional(),
});

/** What lies in memory for a device tree whose `/chosen` is filled already. */
const image = z.strictObject({ role: z.enum(['hypervisor', 'kernel', 'initrd']), file: path, address });

const symbols = z.strictObject({
  role: z.enum(['xen', 'kernel', 'program']),
  file: path,
  name: z.string().min(1).optional(),
  /** Domids; all of them when left out. */
  domains: z.array(z.number().int().nonnegative()).optional(),
  guestPath: z.string().startsWith('/').optional(),
  /** The root of the source tree, and under which absolute prefix the symbols name it: found by itself where possible. */
  sources: path.optional(),
  sourcePrefix: z.string().startsWith('/').optional(),
});

function isPattern(text: string): boolean {
  try {
    void new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

const common = {
  name: z.string().min(1),
  versions: z.record(z.string(), z.string()).optional(),
  symbols: z.array(symbols).optional(),
  /** What a domain prints when it is ready for people, as regular expressions by console: `{"d0": "login: "}`. */
  ready: z
    .record(z.string().regex(/^d\d+$/), z.string().min(1).refine(isPattern, 'not a regular expression'))
    .optional(),
};

const written = z.strictObject({
  ...common,
  /** The board's own; ours when left out. */
  deviceTree: path.optional(),
  xen: path,
  xenBootargs: z.string().optional(),
  domains: z.array(domain).min(1),
});

const placed = z.strictObject({
  ...common,
  deviceTree: path,
  deviceTreeAddress: address,
  images: z.array(image).min(1),
});

/** With the domains said here, or with a device tree that says them. */
export type OwnSystem = z.infer<typeof written> | z.infer<typeof placed>;
export type OwnSymbols = z.infer<typeof symbols>;
export type OwnDomain = z.infer<typeof domain>;

/** Checks the text of a description whose relative paths count from `folder`. Throws `BuildError`. */
export function parseOwnSystem(text: string, file: string): OwnSystem {
  const value = parseJson(text, file);
  const isPlaced = typeof value === 'object' && value !== null && 'images' in value;
  const result = (isPlaced ? placed : written).safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path: at, message }) => `  ${at.join('.') || 'top level'}: ${message}`);
  throw new BuildError(`${file} does not describe a system:\n${lines.join('\n')}\nREADME.md shows one that does.`);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BuildError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A description, and where its relative paths count from. */
export async function readOwnSystem(file: string): Promise<{ system: OwnSystem; at: (path: string) => string }> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BuildError(`${file} cannot be read: ${error.code === 'ENOENT' ? 'no such file' : error.message}`);
  });
  return { system: parseOwnSystem(text, file), at: (name) => resolve(dirname(file), name) };
}
