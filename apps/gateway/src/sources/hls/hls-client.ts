import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib';
import { SourceError } from '../../cameras/source.ts';
import type { TlsTrust } from '../camera-socket.ts';
import { redirectedAddress, type HttpAddress } from '../http-address.ts';
import { HttpCamera } from '../http-camera.ts';
import { readHttpBody } from '../http-body.ts';

export interface HlsClientOptions {
  readonly address: HttpAddress;
  readonly tls: TlsTrust;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

/** Bytes to ask for: of the whole resource where absent. */
export interface RequestedRange {
  readonly offset: number;
  readonly length: number;
}

export interface Fetched {
  readonly bytes: Uint8Array;
  /** Where it came from, redirects followed: what relative addresses in it are relative to. */
  readonly address: HttpAddress;
}

const DECODERS: Readonly<Record<string, (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>>> = {
  gzip: promisify<Uint8Array, ZlibOptions, Buffer>(gunzip),
  'x-gzip': promisify<Uint8Array, ZlibOptions, Buffer>(gunzip),
  deflate: promisify<Uint8Array, ZlibOptions, Buffer>(inflate),
  br: promisify<Uint8Array, ZlibOptions, Buffer>(brotliDecompress),
};

/** Fetches what playlists name, one after the other over one connection, guarded as every source is. */
export class HlsClient {
  readonly #camera: HttpCamera;
  readonly #signal: AbortSignal;

  constructor(options: HlsClientOptions) {
    this.#camera = new HttpCamera(options);
    this.#signal = options.signal;
  }

  /**
   * Gets a resource whole.
   *
   * @param limit bytes at most, unpacked
   * @throws {SourceError} `ERR_HTTP_…`, `ERR_CONNECT_…`, `ERR_TLS_…`, `ERR_HTTP_TOO_LARGE`.
   */
  async get(address: HttpAddress, limit: number, range?: RequestedRange): Promise<Fetched> {
    this.#camera.goTo(address);
    const answer = await this.#camera.get({
      accept: '*/*',
      ...(range === undefined
        ? { 'accept-encoding': 'gzip, deflate, br' }
        : { range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
    });
    const packed = await readHttpBody(answer, limit, this.#signal);
    const bytes = await unpack(packed, answer.headers['content-encoding'], limit);
    // A server that knows no ranges sends all.
    const isWhole = range !== undefined && answer.statusCode === 200;
    return {
      bytes: isWhole ? bytes.subarray(range.offset, range.offset + range.length) : bytes,
      address: this.#camera.address,
    };
  }

  close(): void {
    this.#camera.close();
  }
}

/** Where `uri`, found in what came from `base`, leads. Credentials go along to the same host only. */
export function resolveUri(base: HttpAddress, uri: string): HttpAddress {
  return redirectedAddress(base, uri);
}

async function unpack(bytes: Uint8Array, encoding: string | undefined, limit: number): Promise<Uint8Array> {
  const decode = DECODERS[encoding?.toLowerCase() ?? ''];
  if (decode === undefined) return bytes;
  try {
    return await decode(bytes, { maxOutputLength: limit });
  } catch (cause) {
    throw new SourceError(
      'ERR_HTTP_TOO_LARGE',
      'an answer of the server cannot be unpacked within its limit',
      { cause },
    );
  }
}
