import { promisify } from 'node:util';
import type { CameraState, CameraView } from '../../../cameras/directory.ts';
import { silentLogger } from '../../../observability/logger.ts';
import { SessionRegistry } from '../../../sessions/session-registry.ts';
import { HlsMuxers, type HlsMuxersOptions } from '../../../sinks/hls/hls-muxers.ts';
import type { Stream } from '../../../stream/stream.ts';
import { OPEN_HTTP_ACCESS } from '../../http/http-access.ts';
import { HttpServer } from '../../http/http-server.ts';
import { hlsRoutes, type HlsRoutesOptions } from '../hls-routes.ts';
import { HLS_SESSION_LIMITS } from '../hls-sessions.ts';

type HlsRouting = Required<Pick<HlsRoutesOptions, 'limits' | 'access' | 'signedPaths'>>;

/** The real HTTP server with nothing but HLS on it, on a free port. */
export class HlsSite {
  readonly cameras = new Map<string, CameraView>();
  readonly ended: string[] = [];
  readonly sessions = new SessionRegistry({
    started: () => undefined,
    ended: (_session, reason) => this.ended.push(reason),
  });
  readonly muxers: HlsMuxers;
  readonly #http: HttpServer;
  readonly #routing: HlsRouting;
  #url = '';

  constructor(options: Partial<HlsMuxersOptions> & Partial<HlsRouting> = {}) {
    const { limits = HLS_SESSION_LIMITS, access = OPEN_HTTP_ACCESS, signedPaths, ...muxing } = options;
    this.#routing = { limits, access, signedPaths };
    this.#http = new HttpServer({
      ...{ host: '127.0.0.1', port: 0, allowedOrigins: [], logger: silentLogger },
      access,
    });
    this.muxers = new HlsMuxers({ logger: silentLogger, ...muxing });
  }

  get url(): string {
    return this.#url;
  }

  add(stream: Stream, state: CameraState = { name: 'live', sinceMs: 0 }): void {
    this.cameras.set(stream.id, { id: stream.id, stream, state });
  }

  async start(): Promise<this> {
    await this.#http.prepare();
    await this.#http.app.register(
      hlsRoutes({
        cameras: { find: (id) => this.cameras.get(id) },
        sessions: this.sessions,
        output: this.muxers,
        ...this.#routing,
      }),
    );
    this.#url = await this.#http.listen();
    return this;
  }

  async close(): Promise<void> {
    await this.#http.close();
    this.muxers.close();
  }

  async get(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(path, this.#url), init);
  }

  /** Connections of clients that are open now. */
  async connections(): Promise<number> {
    const { server } = this.#http.app;
    return promisify(server.getConnections.bind(server))();
  }

  /** Address of the media playlist that a new viewer is invited to. */
  async invite(cameraId: string, query = ''): Promise<string> {
    const index = `${this.#url}/live/${cameraId}/index.m3u8${query}`;
    const response = await fetch(index);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
    return new URL(text.trimEnd().split('\n').at(-1) ?? '', index).href;
  }
}
