/** Building a pack of a person's own Xen, kernels, file systems and device tree. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cpuCount, memorySize } from '../default-machine.ts';
import { type Manifest, MANIFEST_FORMAT, type PackFileEntry, type PackImage, type PackSymbols } from '../manifest.ts';
import { addSnapshot, step } from './build-steps.ts';
import { BuildError } from './build-error.ts';
import { type OwnBoot, ownBoot } from './own-boot.ts';
import { type OwnSymbols, type OwnSystem, readOwnSystem } from './own-system.ts';
import { PackFolder } from './pack-folder.ts';
import { Progress } from './progress.ts';
import { copyNamed, filesBelow, namesBelow } from './sources.ts';
import { indexSymbols, type SymbolFacts, symbolFacts } from './symbol-index.ts';

type At = (path: string) => string;

/** Builds the pack that the description `file` tells of in `target`. Rejects with `BuildError`. */
export async function buildOwnPack(file: string, target: string): Promise<void> {
  const { system, at } = await readOwnSystem(file);
  const symbols = system.symbols ?? [];
  const progress = new Progress(2 + symbols.length + (system.ready ? 1 : 0));
  const boot = await step(progress, 'Lay out the images', () => ownBoot(system, at));
  for (const note of boot.notes) progress.note(`  ${note}`);
  const folder = new PackFolder(target);
  await folder.begin();
  const entries: PackSymbols[] = [];
  const sources: string[] = [];
  for (const each of symbols) {
    await step(progress, `Read the symbols of ${each.file}`, async () => {
      entries.push(await putSymbols(folder, each, boot, at, sources, progress));
    });
  }
  const manifest = await step(progress, 'Assemble the pack', () => assembleOwn(folder, system, boot, entries, sources));
  if (system.ready) await addSnapshot(folder, manifest, new Map(Object.entries(system.ready)), progress);
  else
    progress.note(
      'The pack has no boot snapshot, for "ready" does not say what domains print at the end: it boots cold.',
    );
  progress.note(`The pack is in ${target}.`);
}

async function assembleOwn(
  folder: PackFolder,
  system: OwnSystem,
  boot: OwnBoot,
  symbols: readonly PackSymbols[],
  sources: readonly string[],
): Promise<Manifest> {
  const tree = await folder.write('system.dtb', boot.tree);
  const xen = boot.images.find(({ role }) => role === 'hypervisor');
  if (!xen) throw new BuildError('No image has the role "hypervisor".');
  const manifest: Manifest = {
    format: MANIFEST_FORMAT,
    name: system.name,
    versions: system.versions ?? {},
    memory: memorySize,
    cpus: cpuCount,
    entry: { pc: xen.address, el: 2, x0: boot.treeAddress },
    images: [...(await putImages(folder, boot)), { role: 'device-tree', ...tree, addresses: [boot.treeAddress] }],
    domains: boot.facts.domains.map((domain, index) => ({
      ...domain,
      name: domain.domid === 0 ? 'Dom0' : domain.hostname,
      vmid: index + 1,
      ...(system.ready?.[`d${domain.domid}`] === undefined ? {} : { ready: system.ready[`d${domain.domid}`] }),
    })),
    symbols: [...symbols],
    ...(sources.length > 0 ? { sourceIndex: await folder.write('sources/index.json', JSON.stringify(sources)) } : {}),
  };
  await folder.writeManifest(manifest);
  return manifest;
}

/** Copies the images; files of the same name get a number in front. */
async function putImages(folder: PackFolder, { images }: OwnBoot): Promise<PackImage[]> {
  const entries: PackImage[] = [];
  for (const [index, { role, file, address }] of images.entries()) {
    const name = packName(basename(file));
    const isTaken = entries.some((entry) => entry.file === name);
    const entry: PackFileEntry = await folder.copy(file, isTaken ? `${index}-${name}` : name);
    entries.push({ role, ...entry, addresses: [address] });
  }
  return entries;
}

const packName = (name: string): string => name.replaceAll(/[^\w.,+@~-]/g, '_');

async function putSymbols(
  folder: PackFolder,
  symbols: OwnSymbols,
  { facts: { domains } }: OwnBoot,
  at: At,
  sources: string[],
  progress: Progress,
): Promise<PackSymbols> {
  const path = at(symbols.file);
  if (!existsSync(path)) throw new BuildError(`${path}: no such file`);
  const facts = await symbolFacts(path);
  const { folder: indices } = await indexSymbols({ own: facts }, 'own-index');
  const name = `symbols/${facts.buildId.slice(0, 12)}-${packName(basename(path))}`;
  const entry = await folder.copy(path, name);
  const root = `sources/${facts.buildId.slice(0, 12)}`;
  const { sourceRoots, names } = await putSources(folder, symbols, facts, at, root);
  if (symbols.sources !== undefined) {
    progress.note(
      `  ${names.length} of the ${facts.names.length} source files that it names are in ${symbols.sources}`,
    );
  }
  sources.push(...names);
  return {
    ...entry,
    role: symbols.role,
    name: symbols.name ?? basename(path),
    buildId: facts.buildId,
    domains: symbols.role === 'xen' ? [] : (symbols.domains ?? domains.map(({ domid }) => domid)),
    ...(symbols.guestPath === undefined ? {} : { guestPath: symbols.guestPath }),
    sourceRoots,
    index: await folder.copy(join(indices, 'own'), `${name}.index`),
  };
}

/** Takes along those of the sources that the symbols name. */
async function putSources(
  folder: PackFolder,
  { sources, sourcePrefix }: OwnSymbols,
  { names }: SymbolFacts,
  at: At,
  root: string,
): Promise<{ sourceRoots: PackSymbols['sourceRoots']; names: string[] }> {
  if (sources === undefined) return { sourceRoots: [], names: [] };
  const tree = at(sources);
  if (!existsSync(tree)) throw new BuildError(`${tree}: no such folder`);
  const prefixes = [sourcePrefix?.replace(/\/$/, '') ?? commonPrefix(names, tree), ''].filter((it) => it !== undefined);
  const target = join(folder.path, root);
  await rm(target, { recursive: true, force: true });
  await copyNamed(tree, target, namesBelow(names, prefixes));
  const copied = (await filesBelow(target)).map((file) => `${root}/${file}`);
  if (copied.length === 0) {
    const example = names.find((name) => name.endsWith('.c')) ?? names[0];
    throw new BuildError(
      `None of the ${names.length} source files that the symbols name is in ${tree}. They are named like ${example}: ` +
        'say with "sourcePrefix" what of that stands for this folder.',
    );
  }
  return { sourceRoots: prefixes.map((prefix) => ({ prefix, folder: root })), names: copied };
}

/** The longest leading part of the absolute names below which most of them are found in `tree`. */
function commonPrefix(names: readonly string[], tree: string): string | undefined {
  const hits = new Map<string, number>();
  for (const name of names.filter((each) => each.startsWith('/'))) {
    const parts = name.split('/');
    const from = parts.findIndex((_, index) => index > 0 && existsSync(join(tree, ...parts.slice(index))));
    if (from < 1) continue;
    const prefix = parts.slice(0, from).join('/');
    hits.set(prefix, (hits.get(prefix) ?? 0) + 1);
  }
  return [...hits].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}
