/** A small web server for the built site and its packs: static files, range requests, and the site's security policy as headers. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, sep } from 'node:path';

/** A URL path and the folder whose files are below it. */
export interface Mount {
  /** Begins and ends with a slash. */
  readonly path: string;
  readonly folder: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
  '.c': 'text/plain; charset=utf-8',
  '.h': 'text/plain; charset=utf-8',
  '.S': 'text/plain; charset=utf-8',
};

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  // Names with a hash in them are rare here and revalidation is cheap on one machine.
  'Cache-Control': 'no-cache',
  'Accept-Ranges': 'bytes',
} as const;

/** Starts serving `mounts`, the first that matches, on `host`:`port`; port 0 takes a free one. */
export function serve(mounts: readonly Mount[], port: number, host = '127.0.0.1'): Promise<Server> {
  const server = createServer((request, response) => {
    answer(mounts, request, response).catch((error: unknown) => {
      fail(response, 500, error instanceof Error ? error.message : 'failed');
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** The address of a server that `serve` has started. */
export function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  const host = address.includes(':') ? `[${address}]` : address;
  return `http://${host === '127.0.0.1' ? 'localhost' : host}:${port}/`;
}

async function answer(mounts: readonly Mount[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return fail(response, 405, 'only GET and HEAD');
  }
  const path = localPath(mounts, request.url ?? '/');
  const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (path === undefined || !found?.isFile()) return fail(response, 404, 'no such file');
  const headers = {
    ...HEADERS,
    'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
    'Last-Modified': found.mtime.toUTCString(),
    ETag: `"${found.size.toString(16)}-${found.mtimeMs.toString(16)}"`,
  };
  if (request.headers['if-none-match'] === headers.ETag) {
    response.writeHead(304, headers).end();
    return;
  }
  sendFile(request, response, path, found.size, headers);
}

/** The file that a URL means, or undefined when it is outside of every mount. */
function localPath(mounts: readonly Mount[], url: string): string | undefined {
  const name = decode(url.replace(/[?#].*$/, ''));
  const mount = name === undefined ? undefined : mounts.find(({ path }) => name.startsWith(path));
  if (name === undefined || mount === undefined || name.includes('\0')) return undefined;
  const rest = name.slice(mount.path.length) || 'index.html';
  const path = join(mount.folder, rest);
  return path.startsWith(mount.folder.endsWith(sep) ? mount.folder : mount.folder + sep) ? path : undefined;
}

function decode(url: string): string | undefined {
  try {
    return decodeURIComponent(url);
  } catch {
    return undefined;
  }
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  size: number,
  headers: Readonly<Record<string, string>>,
): void {
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { ...headers, 'Content-Range': `bytes */${size}` }).end();
    return;
  }
  const [start, end] = range ?? [0, size - 1];
  const length = { 'Content-Length': end - start + 1 };
  const part = range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${size}` };
  response.writeHead(range === undefined ? 200 : 206, { ...headers, ...length, ...part });
  if (request.method === 'HEAD' || size === 0) response.end();
  else
    createReadStream(path, { start, end })
      .on('error', () => response.destroy())
      .pipe(response);
}

/** First and last byte of a `Range` header (RFC 9110, section 14.1.2); undefined when all is asked for. Several ranges are answered with all. */
export function parseRange(
  header: string | undefined,
  size: number,
): readonly [number, number] | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const isSuffix = match[1] === '';
  const start = isSuffix ? Math.max(size - Number(match[2]), 0) : Number(match[1]);
  const end = isSuffix || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (!isSuffix && match[2] !== '' && Number(match[2]) < start) return undefined;
  return start > end ? 'unsatisfiable' : [start, end];
}

function fail(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}
