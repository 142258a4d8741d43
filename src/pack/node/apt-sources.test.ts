import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAptSources, withSourcesDeb822, withSourcesOneLine } from './apt-sources.ts';

describe('one-line apt sources', () => {
  it('gain source packages and keep their options but the architecture', () => {
    const text = 'deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/debian bookworm main contrib\n';
    expect(withSourcesOneLine(text)).toBe(
      'deb [ signed-by=/k.gpg] http://mirror.test/debian bookworm main\n' +
        'deb-src [ signed-by=/k.gpg] http://mirror.test/debian bookworm main\n',
    );
    expect(withSourcesOneLine('deb [arch=amd64] http://m.test/d bookworm main')).toContain(
      'deb http://m.test/d bookworm',
    );
  });

  it('of other releases, other components, and comments are left out', () => {
    const text = [
      '# deb http://mirror.test/debian bookworm main',
      'deb http://mirror.test/debian trixie main',
      'deb http://other.test/x bookworm stable',
      'deb-src http://mirror.test/debian bookworm main',
    ];
    expect(withSourcesOneLine(text.join('\n'))).toBe('');
  });
});

describe('deb822 apt sources', () => {
  const stanza = ['Types: deb', 'URIs: http://mirror.test/debian', 'Suites: bookworm bookworm-updates trixie'];

  it('gain source packages and keep their keys', () => {
    const text = [...stanza, '# a comment', 'Components: main contrib', 'Signed-By: /k.gpg', 'Architectures: amd64'];
    expect(withSourcesDeb822(text.join('\n')).trimEnd().split('\n')).toEqual([
      'URIs: http://mirror.test/debian',
      'Signed-By: /k.gpg',
      'Types: deb deb-src',
      'Suites: bookworm bookworm-updates',
      'Components: main',
    ]);
  });

  it('that are switched off or of other releases are left out', () => {
    const off = [...stanza, 'Components: main', 'Enabled: no'].join('\n');
    const other = 'Types: deb\nURIs: http://other.test\nSuites: nodistro\nComponents: main';
    expect(withSourcesDeb822(`${off}\n\n${other}`)).toBe('');
  });
});

describe("a machine's apt sources", () => {
  const withFolder = async (files: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> => {
    const etc = mkdtempSync(join(tmpdir(), 'trapline-apt-'));
    try {
      mkdirSync(join(etc, 'sources.list.d'));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(etc, name), text);
      return await readAptSources(etc);
    } finally {
      rmSync(etc, { recursive: true });
    }
  };
  const line = 'deb http://mirror.test/debian bookworm main\n';

  it('are found in both forms and places', async () => {
    const deb822 = 'Types: deb\nURIs: http://m.test/\nSuites: bookworm-security\nComponents: main\n';
    const found = await withFolder({
      'sources.list': line,
      'sources.list.d/debian.sources': deb822,
      'sources.list.d/off.sources.disabled': deb822,
    });
    expect([...found.keys()].map((name) => name.replace(/.*\./, ''))).toEqual(['list', 'sources']);
  });

  it('that name no Debian 12 give a clear message', async () => {
    await expect(withFolder({ 'sources.list': 'deb http://m.test/debian trixie main' })).rejects.toThrow(
      /Debian 12 \(bookworm\)/,
    );
  });
});
