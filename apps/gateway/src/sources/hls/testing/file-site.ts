import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

export interface FileSiteOptions {
  /** Asked for by Basic authentication. */
  readonly credentials?: string;
  /** Playlists go out packed. */
  readonly hasGzip?: boolean;
  /** Looks at a request first. @returns whether it was answered. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** A folder served by HTTP with ranges, on a free port: what a static HLS server is. */
export class FileSite {
  readonly #folder: string;
  readonly #options: FileSiteOptions;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  /** Paths that were asked for, in order. */
  readonly requests: string[] = [];

  constructor(folder: string, options: FileSiteOptions = {}) {
    this.#folder = folder;
    this.#options = options;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async start(): Promise<this> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.listen(0, '127.0.0.1', () => resolve(undefined));
    await promise;
    return this;
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => resolve(undefined));
    this.#server.closeAllConnections();
    await promise;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request.url ?? '');
    const { credentials, intercept } = this.#options;
    if (credentials !== undefined && request.headers.authorization !== basic(credentials)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
    } else if (intercept?.(request, response) !== true) this.#send(request, response);
  }

  #send(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const bytes = fileBytes(path.join(this.#folder, path.basename(pathname)));
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (bytes === undefined) response.writeHead(404).end();
    else if (from !== undefined) response.writeHead(206).end(bytes.subarray(Number(from), Number(to) + 1));
    else if (this.#options.hasGzip === true && pathname.endsWith('.m3u8')) {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bytes));
    } else response.writeHead(200).end(bytes);
  }
}

function fileBytes(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
