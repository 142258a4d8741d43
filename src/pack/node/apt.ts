/** Debian packages for another architecture, without touching the machine's own package lists. */
import { existsSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAptSources } from './apt-sources.ts';
import { BuildError } from './build-error.ts';
import { cacheFolder, keyOf } from './cache.ts';
import { hashFile } from './folder-files.ts';
import { megabytes, type StepProgress } from './progress.ts';
import { run } from './run.ts';

/** A file in the archive. */
interface ArchiveFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

type PackageKind = 'binary' | 'source';

/** A package of the archive, not fetched yet. */
export interface ArchivePackage {
  readonly kind: PackageKind;
  readonly name: string;
  readonly files: readonly ArchiveFile[];
}

const COMMAND = { binary: ['download'], source: ['source', '--download-only', '--only-source'] } as const;

/** Package lists are read again after this time. */
const LISTS_AGE_MS = 24 * 3600 * 1000;
const POLL_MS = 150;

/** apt with its state in the cache folder and arm64 as its architecture. */
export class Apt {
  private constructor(
    readonly folder: string,
    readonly options: readonly string[],
  ) {}

  /** Derives the sources from the machine's own and reads the package lists when they are old. */
  static async open(isFresh: boolean): Promise<Apt> {
    const sources = await readAptSources('/etc/apt');
    const apt = await Apt.#create([...sources]);
    const age = apt.#listsAge();
    if (isFresh || age > LISTS_AGE_MS) await apt.#update(!isFresh && age < Infinity);
    return apt;
  }

  static async #create(sources: readonly (readonly [string, string])[]): Promise<Apt> {
    const folder = join(cacheFolder(), `apt-${keyOf(sources)}`);
    for (const name of ['lists/partial', 'archives/partial', 'sources']) {
      await mkdir(join(folder, name), { recursive: true });
    }
    for (const [name, text] of sources) await writeFile(join(folder, 'sources', name), text);
    await writeFile(join(folder, 'status'), '');
    const settings = {
      'Dir::State': folder,
      'Dir::State::lists': join(folder, 'lists'),
      'Dir::State::status': join(folder, 'status'),
      'Dir::Cache': folder,
      'Dir::Cache::archives': join(folder, 'archives'),
      'Dir::Etc::sourcelist': '/dev/null',
      'Dir::Etc::sourceparts': join(folder, 'sources'),
      'Dir::Etc::preferences': '/dev/null',
      'Dir::Etc::preferencesparts': '/dev/null',
      'APT::Architecture': 'arm64',
      'APT::Architectures': 'arm64',
      'APT::Sandbox::User': '',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '3',
    };
    return new Apt(
      folder,
      Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    );
  }

  get #stamp(): string {
    return join(this.folder, 'updated');
  }

  #listsAge(): number {
    return existsSync(this.#stamp) ? Date.now() - statSync(this.#stamp).mtimeMs : Infinity;
  }

  /** Reads the package lists. Without a network the old ones will do when `mayFail`. */
  async #update(mayFail: boolean): Promise<void> {
    try {
      await run('apt-get', [...this.options, 'update', '--error-on=any']);
      await writeFile(this.#stamp, '');
    } catch (error) {
      if (!mayFail) throw explainNetwork(error);
    }
  }

  /** A field of the newest version of a binary package. */
  async field(packageName: string, field: string): Promise<string> {
    const record = await run('apt-cache', [...this.options, 'show', '--no-all-versions', packageName], {
      accept: [100],
    });
    const value = new RegExp(`^${field}: (.*)$`, 'm').exec(record)?.[1];
    if (value === undefined) throw new BuildError(`Debian 12 has no package ${packageName} for arm64 any more.`);
    return value;
  }

  /** The files of a package, whose name may end in `=VERSION` or `/SUITE`. */
  async files(kind: PackageKind, name: string): Promise<ArchivePackage> {
    const output = await run('apt-get', [...this.options, '--print-uris', ...COMMAND[kind], name]).catch((error) => {
      throw explainFetch(name, error);
    });
    const files = [...output.matchAll(/^'[^']+' (\S+) (\d+) SHA256:([0-9a-f]{64})$/gm)].map(
      ([, name, size, sha256]) => ({
        name,
        size: Number(size),
        sha256,
      }),
    );
    return { kind, name, files };
  }

  /** Fetches a package unless it is there already. Returns the folder that holds its files. */
  async fetch({ kind, name: packageName, files }: ArchivePackage, step: StepProgress): Promise<string> {
    const folder = join(cacheFolder(), 'downloads', keyOf(files));
    if (await isComplete(folder, files)) return folder;
    await mkdir(folder, { recursive: true });
    const places = [folder, join(this.folder, 'archives', 'partial')];
    const poll = setInterval(() => showDownloaded(places, files, step), POLL_MS);
    try {
      await run('apt-get', [...this.options, ...COMMAND[kind], packageName], { cwd: folder });
    } catch (error) {
      throw explainFetch(packageName, error);
    } finally {
      clearInterval(poll);
    }
    if (!(await isComplete(folder, files))) throw new BuildError(movedOn(packageName));
    return folder;
  }
}

function movedOn(packageName: string): string {
  return `${packageName} has moved on in the archive since the package lists were read. Run "npm run pack -- --update" to read them again.`;
}

/** What a person is told when a package could not be fetched. */
export function explainFetch(packageName: string, error: unknown): unknown {
  const isGone =
    error instanceof BuildError && /404 {2}Not Found|Unable to find a source|was not found/.test(error.message);
  return isGone ? new BuildError(movedOn(packageName)) : explainNetwork(error);
}

const NO_NETWORK =
  /^.*(?:failure resolving|could not resolve|could not connect|unable to connect|network is unreachable|timed out).*$/im;

function explainNetwork(error: unknown): unknown {
  const reason = error instanceof BuildError ? NO_NETWORK.exec(error.message)?.[0].trim() : undefined;
  if (reason === undefined) return error;
  return new BuildError(
    `The Debian archive cannot be reached (${reason}). The first build needs the network; what is already fetched is kept.`,
  );
}

async function isComplete(folder: string, files: readonly ArchiveFile[]): Promise<boolean> {
  for (const { name, sha256 } of files) {
    const path = join(folder, name);
    if (!existsSync(path) || (await hashFile(path)) !== sha256) return false;
  }
  return true;
}

function showDownloaded(places: readonly string[], files: readonly ArchiveFile[], step: StepProgress): void {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const paths = files.flatMap(({ name }) => places.map((place) => join(place, name)));
  const done = paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  step.at(done, total, `${megabytes(done)} of ${megabytes(total)}`);
}
