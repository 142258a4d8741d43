/** `manifest.json`: what a guest pack holds. Shared by the page and Node. */
import { z } from 'zod';
import { PackError } from './pack-error.ts';

// The site's content security policy forbids the code generation that zod would try.
z.config({ jitless: true });

/** The format this version reads and writes. */
export const MANIFEST_FORMAT = 1;

const fileName = z
  .string()
  .regex(/^(?!\.{0,2}\/)(?!.*\/\.{0,2}\/)(?!.*\/\.{0,2}$)(?!\.{1,2}$)[\w.,+@~/-]+$/, 'not a plain relative path');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in hexadecimal');
const natural = z.number().int().nonnegative();
const address = natural.max(0xff_ffff_ffff);

/** A file of the pack. Size in bytes. */
const packFile = z.object({ file: fileName, size: natural, sha256 });

/** Something that is in memory before the first instruction, at one or more physical addresses. */
const image = packFile.extend({
  role: z.enum(['hypervisor', 'kernel', 'initrd', 'device-tree']),
  addresses: z.array(address).min(1),
});

/** State of the boot CPU at its first instruction; all other registers are zero. */
const entry = z.object({
  pc: address,
  el: z.union([z.literal(1), z.literal(2)]),
  /** X0: the physical address of the device tree. */
  x0: address,
});

/** A domain that the device tree creates. */
const domain = z.object({
  domid: natural,
  /** As a person calls it: `DomU1`. */
  name: z.string().min(1),
  /** As it calls itself in its prompt: `domU1`. */
  hostname: z.string().min(1),
  vcpus: natural.min(1),
  /** MiB. */
  memory: natural,
  /** The VMID that Xen gives it at boot. A hint for people: the debugger asks Xen. */
  vmid: natural,
  /** What it prints when it is ready for people, as a regular expression; a shell's prompt when left out. */
  ready: z.string().min(1).optional(),
});

/**
 * How the names of a symbol file's line tables become files of the pack: `prefix/rest` is `folder/rest`. Names are taken with their compilation
 * directory in front and without `.` and `..`. The first root that matches counts; the prefix '' matches every relative name.
 */
const sourceRoot = z.object({ prefix: z.string(), folder: fileName });

/** An ELF file with debug information. */
const symbols = packFile.extend({
  role: z.enum(['xen', 'kernel', 'program']),
  name: z.string().min(1),
  /** GNU build-id, hexadecimal. */
  buildId: z.string().regex(/^[0-9a-f]+$/),
  /** Domids in which it applies; empty for Xen itself. */
  domains: z.array(natural),
  /** Where a program is found in its domains' file systems. */
  guestPath: z.string().optional(),
  sourceRoots: z.array(sourceRoot),
  /** Spares look-ups in the file a search: see `SymbolFile.useIndex`. One that does not fit the file or this version is not used. */
  index: packFile.optional(),
});

/** The machine with all prompts waiting. */
const snapshot = packFile.extend({
  /** Instructions retired by all CPUs together. */
  instructions: natural,
  /** The machine's state hash. */
  hash: z.string().min(1),
});

const manifestSchema = z.object({
  format: z.literal(MANIFEST_FORMAT),
  name: z.string().min(1),
  /** Component to the version that was used. */
  versions: z.record(z.string(), z.string()),
  /** Bytes of DDR from physical address 0 that the device tree tells of. */
  memory: natural,
  cpus: natural.min(1),
  entry,
  images: z.array(image).min(1),
  domains: z.array(domain),
  symbols: z.array(symbols),
  /** A JSON array of the names of all source files. */
  sourceIndex: packFile.optional(),
  snapshot: snapshot.optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type PackFileEntry = z.infer<typeof packFile>;
export type PackImage = z.infer<typeof image>;
export type PackSymbols = z.infer<typeof symbols>;

/** Checks the text of a `manifest.json`. Throws `PackError` with a message for the person. */
export function parseManifest(text: string): Manifest {
  const value = parseJson(text);
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (format !== MANIFEST_FORMAT) {
    throw new PackError(
      'format',
      `manifest.json: the pack has format ${JSON.stringify(format) ?? 'none'}; this version of Trapline reads format ${MANIFEST_FORMAT}`,
    );
  }
  const result = manifestSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue, ...others] = result.error.issues;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  throw new PackError('manifest', `manifest.json: ${issue.path.join('.') || 'top level'}: ${issue.message}${more}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PackError('manifest', `manifest.json is not JSON: ${cause instanceof Error ? cause.message : 'damaged'}`);
  }
}
