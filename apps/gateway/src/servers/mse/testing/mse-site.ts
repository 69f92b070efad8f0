import { cameraConfig } from '@vedette/contract';
import type { AccessUnit, Track } from '@vedette/media';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { Rung } from '../../../adaptation/viewer-quality.ts';
import { CameraSet } from '../../../cameras/camera-set.ts';
import type { Source } from '../../../cameras/source.ts';
import { silentLogger } from '../../../observability/logger.ts';
import { SessionRegistry } from '../../../sessions/session-registry.ts';
import { MseSinks } from '../../../sinks/mse/mse-sinks.ts';
import type { Feed, Stream } from '../../../stream/stream.ts';
import type { StreamFitter } from '../../../transcode/fitter.ts';
import { OPEN_HTTP_ACCESS, type HttpAccess } from '../../http/http-access.ts';
import { HttpServer } from '../../http/http-server.ts';
import { mseRoutes } from '../mse-routes.ts';
import { MseServer } from '../mse-server.ts';

export interface MseSiteOptions {
  readonly fitter?: StreamFitter;
  readonly rungs?: (stream: Stream) => readonly Rung[];
  readonly maxViewersPerAddress?: number;
  readonly access?: HttpAccess;
}

/** Connects, and never gets there. */
const CONNECTING: Source = {
  run: async ({ signal }) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
};

/** The MSE side of a gateway: camera `gate` is published to, `hill` and `mill` connect on demand; ended with the test. */
export class MseSite {
  readonly cameras = new CameraSet({
    logger: silentLogger,
    createSource: (_id, { source }) => (source === 'publish' ? undefined : CONNECTING),
  });
  readonly ended: string[] = [];
  readonly sessions = new SessionRegistry({
    started: () => undefined,
    ended: (_session, reason) => this.ended.push(reason),
  });
  readonly sinks = new MseSinks();
  readonly http: HttpServer;
  /** `http://127.0.0.1:PORT`. */
  url = '';

  constructor(access: HttpAccess) {
    this.http = new HttpServer({
      ...{ host: '127.0.0.1', port: 0, allowedOrigins: ['http://example.org'], logger: silentLogger },
      access,
    });
  }

  static async start(context: TestContext, options: MseSiteOptions = {}): Promise<MseSite> {
    const { access = OPEN_HTTP_ACCESS } = options;
    const site = new MseSite(access);
    const gate = cameraConfig.parse({ source: 'publish' });
    const hill = cameraConfig.parse({ source: 'rtsp://10.0.0.1/hill', onDemand: true });
    await site.cameras.apply({ autoCreate: false, byId: { gate, yard: gate, hill, mill: hill } });
    await site.http.prepare();
    await site.http.app.register(mseRoutes());
    const server = new MseServer({
      server: site.http.app.server,
      access,
      allowedOrigins: ['http://example.org'],
      cameras: site.cameras,
      sessions: site.sessions,
      fitter: { fit: (stream) => stream },
      rungs: () => [],
      openViewer: (stream, quality, outlet, onEnd) => site.sinks.open(stream, quality, outlet, onEnd),
      logger: silentLogger,
      ...options,
    });
    server.start();
    site.url = await site.http.listen();
    context.after(async () => {
      server.close();
      await site.http.close();
      await site.cameras.close();
    });
    return site;
  }

  feed(tracks: readonly Track[]): Feed {
    const answer = this.cameras.publish({ cameraId: 'gate', tracks, onRevoked: () => undefined });
    if (!answer.ok) throw new Error(answer.message);
    return answer.feed;
  }

  /** A camera that sends all of `units` at once. */
  play(tracks: readonly Track[], units: readonly AccessUnit[]): Feed {
    const feed = this.feed(tracks);
    for (const unit of units) feed.write({ ...unit });
    return feed;
  }

  /** Opens a viewer of `path`, which may hold a query. */
  view(path = 'gate/mse', headers: Readonly<Record<string, string>> = {}): MseClient {
    return new MseClient(`${this.url.replace('http', 'ws')}/live/${path}`, headers);
  }
}

type Message = Readonly<Record<string, unknown>>;

/** A viewer that keeps everything it is sent. */
export class MseClient {
  readonly socket: WebSocket;
  readonly texts: Message[] = [];
  readonly binaries: Buffer[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  error: Error | undefined;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.binaries.push(data);
      else this.texts.push(JSON.parse(data.toString()) as Message);
    });
    this.socket.on('error', (error) => (this.error = error));
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
  }

  /** Messages of a type, in order. */
  of(type: string): Message[] {
    return this.texts.filter((message) => message['type'] === type);
  }

  send(message: Message): void {
    this.socket.send(JSON.stringify(message));
  }
}
