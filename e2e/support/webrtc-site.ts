import type { TestContext } from 'node:test';
import { cameraConfig } from '@vedette/contract';
import { CameraSet } from '../../apps/gateway/src/cameras/camera-set.ts';
import { silentLogger, type Logger } from '../../apps/gateway/src/observability/logger.ts';
import { OPEN_HTTP_ACCESS, type HttpAccess } from '../../apps/gateway/src/servers/http/http-access.ts';
import { HttpServer } from '../../apps/gateway/src/servers/http/http-server.ts';
import { SessionRegistry, type SessionRecord } from '../../apps/gateway/src/sessions/session-registry.ts';
import { WebrtcService, type WebrtcOptions } from '../../apps/gateway/src/sinks/webrtc/webrtc-service.ts';
import { whepRoutes } from '../../apps/gateway/src/sinks/webrtc/whep-routes.ts';
import { whipRoutes } from '../../apps/gateway/src/sources/publish-webrtc/whip-routes.ts';
import { WhipService } from '../../apps/gateway/src/sources/publish-webrtc/whip-service.ts';
import type { Feed } from '../../apps/gateway/src/stream/stream.ts';
import { LoopingCamera, type LoopingCameraOptions } from './looping-camera.ts';

/** The camera of the site; others are declared and away. */
export const GATE = 'gate';

export interface WebrtcSite {
  /** Without a slash at the end. */
  readonly url: string;
  /** UDP port of the first worker. */
  readonly port: number;
  readonly service: WebrtcService;
  readonly cameras: CameraSet;
  readonly sessions: SessionRegistry;
  /** Sessions that have ended, oldest first. */
  readonly ended: readonly { readonly session: SessionRecord; readonly reason: string }[];
  /** Begins to feed the camera; what fed it before stops. */
  play(options?: LoopingCameraOptions): Promise<void>;
  /** The source leaves. */
  stop(): void;
}

export interface WebrtcSiteOptions extends Partial<WebrtcOptions> {
  /** Everybody may do everything where absent. */
  readonly access?: HttpAccess;
}

/** HTTP, cameras and WebRTC in this process, as the gateway composes them; ended with the test. */
export async function startWebrtcSite(
  context: Pick<TestContext, 'after'>,
  { access = OPEN_HTTP_ACCESS, ...options }: WebrtcSiteOptions = {},
  logger: Logger = silentLogger,
): Promise<WebrtcSite> {
  const ended: { session: SessionRecord; reason: string }[] = [];
  const sessions = new SessionRegistry({
    started: () => undefined,
    ended: (session, reason) => ended.push({ session, reason }),
  });
  const cameras = new CameraSet({ logger, createSource: () => undefined });
  const publish = cameraConfig.parse({ source: 'publish' });
  await cameras.apply({ autoCreate: false, byId: { [GATE]: publish, yard: publish } });
  const service = new WebrtcService({
    host: '127.0.0.1',
    port: 0,
    workers: 1,
    announcedAddresses: [],
    playoutDelay: { minMs: 0, maxMs: 0 },
    iceServers: [],
    sessions,
    logger,
    ...options,
  });
  const { port } = await service.start();
  const http = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    allowedOrigins: ['http://example.org'],
    access,
    logger,
  });
  await http.prepare();
  await http.app.register(whepRoutes({ service, cameras, access }));
  await http.app.register(
    whipRoutes(new WhipService({ workers: service, cameras, sessions, iceServers: [] }), access),
  );
  const url = await http.listen();

  let camera: LoopingCamera | undefined;
  let feed: Feed | undefined;
  const stop = (): void => {
    camera?.stop();
    feed?.close();
  };
  context.after(async () => {
    stop();
    await service.close();
    await http.close();
    await cameras.close();
  });
  return {
    url,
    port,
    service,
    cameras,
    sessions,
    ended,
    stop,
    play: async (wanted) => {
      const next = await LoopingCamera.create(wanted);
      stop();
      const answer = cameras.publish({ cameraId: GATE, tracks: next.tracks, onRevoked: () => undefined });
      if (!answer.ok) throw new Error(answer.message);
      feed = answer.feed;
      camera = next;
      next.start(feed);
    },
  };
}
