/** The layer rules of ARCHITECTURE.md: what each folder of `src` may import. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = import.meta.dirname;

/** Folder to the folders it may import besides itself. Names ending in `!` may be imported for types only. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  arch: ['base'],
  wasm: ['base'],
  formats: ['base'],
  emulator: ['base', 'arch', 'wasm', 'formats'],
  debugger: ['base', 'arch', 'formats', 'emulator/debug-port.ts!'],
  awareness: ['base', 'arch', 'formats', 'debugger', 'emulator/debug-port.ts!'],
  trace: ['base', 'arch', 'formats', 'debugger', 'awareness', 'emulator/debug-port.ts!'],
  pack: ['base', 'arch', 'formats', 'emulator', 'debugger'],
  protocol: [
    'base',
    'arch',
    'emulator!',
    'debugger!',
    'awareness!',
    'trace!',
    'debugger/contexts/spaces.ts',
    'trace/labels.ts',
  ],
  workers: ['base', 'arch', 'wasm', 'formats', 'emulator', 'debugger', 'awareness', 'trace', 'pack', 'protocol'],
  headless: [
    'base',
    'arch',
    'wasm',
    'formats',
    'emulator',
    'debugger',
    'awareness',
    'trace',
    'pack',
    'protocol',
    'workers',
  ],
  client: ['base', 'arch', 'protocol', 'workers/emulator.worker.ts'],
  ui: ['base', 'arch', 'protocol', 'client'],
  views: ['base', 'arch', 'protocol', 'client', 'ui'],
  'main.tsx': ['client', 'ui', 'views'],
};

/** npm packages with a restricted place. */
const PACKAGE_PLACES: readonly (readonly [RegExp, RegExp])[] = [
  [/^(react|react-dom|dockview-react|@base-ui\/react|@tanstack\/react-virtual)(\/|$)/, /^(ui|views|main\.tsx)/],
  [/^(monaco-editor|@xterm\/|d3-)/, /^(ui|views)/],
  [/^node:/, /^(headless|testing|pack\/node|architecture\.test\.ts|.*\.test\.tsx?$)/],
];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || path.startsWith('testing/') || path === 'architecture.test.ts';
}

function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'),
  );
}

const IMPORT =
  /(?:^|\n)\s*(import|export)\s+(type\s)?[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|\bimport\s+['"]([^'"]+)['"]|new URL\(\s*['"](\.[^'"]+)['"]/g;

function importsOf(path: string): Import[] {
  const text = readFileSync(join(SRC, path), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => {
    const specifier = match[3] ?? match[4] ?? match[5] ?? match[6];
    const to = specifier.startsWith('.') ? relative(SRC, resolve(SRC, path, '..', specifier)) : specifier;
    return { from: path, to, typeOnly: match[2] !== undefined };
  });
}

function layerOf(path: string): string {
  return path.split('/')[0];
}

function isAllowed({ from, to, typeOnly }: Import): boolean {
  if (layerOf(from) === layerOf(to)) return true;
  return (ALLOWED[layerOf(from)] ?? []).some((rule) => {
    const place = rule.replace(/!$/, '');
    const matches = to === place || to.startsWith(`${place}/`);
    return matches && (typeOnly || !rule.endsWith('!'));
  });
}

function isRelative(specifier: string): boolean {
  return !specifier.startsWith('node:') && (ALLOWED[layerOf(specifier)] !== undefined || specifier.includes('.ts'));
}

const files = sourceFiles();
const production = files.filter((path) => !isTest(path));
const imports = production.flatMap(importsOf);
const show = ({ from, to }: Import): string => `${from} -> ${to}`;

describe('layers', () => {
  it('sees the sources', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(imports.length).toBeGreaterThan(60);
  });

  it('knows every folder', () => {
    const unknown = production.map(layerOf).filter((layer) => !(layer in ALLOWED));
    expect([...new Set(unknown)]).toEqual([]);
  });

  it('imports run downwards only', () => {
    const relativeImports = imports.filter(({ to }) => isRelative(to));
    expect(relativeImports.filter((each) => !isAllowed(each)).map(show)).toEqual([]);
  });

  it('a view never imports another view', () => {
    const viewOf = (path: string): string => path.split('/').slice(0, 2).join('/');
    const crossing = imports.filter(
      ({ from, to }) =>
        from.startsWith('views/') &&
        to.startsWith('views/') &&
        from !== 'views/index.ts' &&
        viewOf(from) !== viewOf(to),
    );
    expect(crossing.map(show)).toEqual([]);
  });

  it('libraries stay in their places', () => {
    const misplaced = imports.filter(({ from, to }) =>
      PACKAGE_PLACES.some(([library, place]) => library.test(to) && !place.test(from)),
    );
    expect(misplaced.map(show)).toEqual([]);
  });

  it('nothing but tests imports the testing folder', () => {
    expect(imports.filter(({ to }) => to.startsWith('testing/')).map(show)).toEqual([]);
  });

  it('would notice a violation', () => {
    expect(isAllowed({ from: 'emulator/cpu/cpu.ts', to: 'ui/theme/theme.ts', typeOnly: false })).toBe(false);
    expect(isAllowed({ from: 'debugger/a.ts', to: 'emulator/debug-port.ts', typeOnly: false })).toBe(false);
    expect(isAllowed({ from: 'debugger/a.ts', to: 'emulator/debug-port.ts', typeOnly: true })).toBe(true);
    expect(isAllowed({ from: 'views/a/b.tsx', to: 'emulator/machine.ts', typeOnly: true })).toBe(false);
  });
});
