/** The machine's own Debian 12 mirrors, with source packages switched on, for apt state of our own. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildError } from './build-error.ts';

/** The release that the default pack is made of. */
const CODENAME = 'bookworm';

/** Configuration for a private `Dir::Etc::sourceparts`: file name to contents. */
export type AptSources = ReadonlyMap<string, string>;

/** Reads the apt configuration below `etc` (`/etc/apt`). Throws `BuildError` when it names no Debian 12. */
export async function readAptSources(etc: string): Promise<AptSources> {
  const sources = new Map<string, string>();
  for (const path of await configurationFiles(etc)) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const own = path.endsWith('.sources') ? withSourcesDeb822(text) : withSourcesOneLine(text);
    if (own !== '')
      sources.set(
        path
          .slice(etc.length)
          .replace(/\W+(?=.*\.)/g, '-')
          .replace(/^-/, ''),
        own,
      );
  }
  if (sources.size === 0) {
    throw new BuildError(
      `The guest pack is built from packages of Debian 12 (${CODENAME}), but the apt sources of this machine (${etc}) do not name that release.`,
    );
  }
  return sources;
}

async function configurationFiles(etc: string): Promise<string[]> {
  const parts = await readdir(join(etc, 'sources.list.d')).catch(() => []);
  const used = parts.filter((name) => /\.(list|sources)$/.test(name)).sort();
  return [join(etc, 'sources.list'), ...used.map((name) => join(etc, 'sources.list.d', name))];
}

function isDebianSuite(suite: string): boolean {
  return [CODENAME, `${CODENAME}-updates`, `${CODENAME}-security`].includes(suite);
}

/** One-line entries: `deb [options] uri suite components`. */
export function withSourcesOneLine(text: string): string {
  return text
    .split('\n')
    .map((line) => /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+.*\bmain\b/.exec(line))
    .filter((match) => match !== null && isDebianSuite(match[3]))
    .map((match) => {
      const [, bracketed = '', uri, suite] = match ?? [];
      const options = bracketed.replace(/\barch=\S*?(?=[\s\]])/, '').replace(/\[\s*\]\s*/, '');
      return ['deb', 'deb-src'].map((type) => `${type} ${options}${uri} ${suite} main\n`).join('');
    })
    .join('');
}

/** Stanzas of the deb822 form (sources.list(5)). */
export function withSourcesDeb822(text: string): string {
  const stanzas = text.split(/\n\s*\n/).map((stanza) => stanza.split('\n').filter((line) => !line.startsWith('#')));
  return stanzas.map(rewriteStanza).filter(Boolean).join('\n');
}

function rewriteStanza(lines: readonly string[]): string {
  const field = (name: string): string | undefined =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const suites = field('suites')?.split(/\s+/).filter(isDebianSuite) ?? [];
  const isUsed = field('types')?.split(/\s+/).includes('deb') && field('enabled') !== 'no';
  if (!isUsed || suites.length === 0) return '';
  const replaced = /^(types|suites|components|architectures|enabled):/i;
  const kept = lines.filter((line) => !replaced.test(line) && line.trim() !== '');
  return [...kept, 'Types: deb deb-src', `Suites: ${suites.join(' ')}`, 'Components: main', ''].join('\n');
}
