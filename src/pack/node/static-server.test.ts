import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpFiles } from '../files.ts';
import { PackError } from '../pack-error.ts';
import { addressOf, parseRange, serve } from './static-server.ts';

describe('the static server', () => {
  let root: string;
  let server: Server;
  let base: string;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'trapline-server-'));
    mkdirSync(join(root, 'dist'));
    mkdirSync(join(root, 'packs'));
    writeFileSync(join(root, 'dist/index.html'), '<p>hello</p>');
    writeFileSync(join(root, 'packs/data'), '0123456789');
    writeFileSync(join(root, 'packs/a b+.c'), 'int x;');
    writeFileSync(join(root, 'secret'), 'secret');
    server = await serve(
      [
        { path: '/packs/', folder: join(root, 'packs') },
        { path: '/', folder: join(root, 'dist') },
      ],
      0,
    );
    base = addressOf(server);
  });

  afterAll(() => {
    server.close();
    rmSync(root, { recursive: true });
  });

  it('answers its address with the page and a strict policy', async () => {
    const response = await fetch(base);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*worker-src 'self' blob:/);
    expect(await response.text()).toBe('<p>hello</p>');
  });

  it('answers ranges', async () => {
    const ask = async (range: string): Promise<[number, string | null, string]> => {
      const response = await fetch(`${base}packs/data`, { headers: { Range: range } });
      return [response.status, response.headers.get('content-range'), await response.text()];
    };
    expect(await ask('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await ask('bytes=8-')).toEqual([206, 'bytes 8-9/10', '89']);
    expect(await ask('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await ask('bytes=5-99')).toEqual([206, 'bytes 5-9/10', '56789']);
    expect(await ask('bytes=10-')).toEqual([416, 'bytes */10', '']);
    expect(await ask('bytes=0-1,4-5')).toEqual([200, null, '0123456789']);
  });

  it('says sizes without contents', async () => {
    const response = await fetch(`${base}packs/data`, { method: 'HEAD' });
    expect([response.headers.get('content-length'), await response.text()]).toEqual(['10', '']);
  });

  it('does not send again what the browser has', async () => {
    const tag = (await fetch(`${base}packs/data`)).headers.get('etag') ?? '';
    expect((await fetch(`${base}packs/data`, { headers: { 'If-None-Match': tag } })).status).toBe(304);
  });

  it('gives nothing outside of its folders, and no methods but reading', async () => {
    const statusOf = (path: string, method = 'GET'): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        // Not fetch, which would resolve the dots itself.
        const { hostname, port } = new URL(base);
        request({ hostname, port, path, method }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    for (const path of [
      '/packs/../secret',
      '/packs/%2e%2e/secret',
      '/..%2fsecret',
      '/packs/%',
      '/packs/a%00',
      '/none',
    ]) {
      expect([path, await statusOf(path)]).toEqual([path, 404]);
    }
    expect(await statusOf('/packs/data', 'POST')).toBe(405);
  });

  it('serves pack files to the loader', async () => {
    const files = new HttpFiles(`${base}packs/`);
    const data = await files.open('data');
    expect([data.size, new TextDecoder().decode(await data.read(3, 4))]).toEqual([10, '3456']);
    await expect(data.read(8, 3)).rejects.toThrow(RangeError);
    expect(new TextDecoder().decode(await files.read('a b+.c'))).toBe('int x;');
    await expect(files.read('nothing')).rejects.toThrow(PackError);
    await expect(new HttpFiles('http://127.0.0.1:9/').read('x')).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('ranges', () => {
  it('that make no sense are as if not asked for', () => {
    for (const header of [undefined, 'bytes=-', 'items=0-1', 'bytes=4-2', 'bytes=a-b']) {
      expect(parseRange(header, 10)).toBeUndefined();
    }
  });

  it('of empty files cannot be satisfied', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
  });
});
