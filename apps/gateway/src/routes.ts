import type { FastifyPluginAsync } from 'fastify';
import path from 'node:path';
import { addAccessRoutes } from './access-routes.ts';
import { lendForViewing } from './access/tokens/lend-for-viewing.ts';
import { cameraRoutes, sessionRoutes } from './api/api-routes.ts';
import { healthRoutes } from './api/health-routes.ts';
import { registerOpenApi } from './api/openapi-routes.ts';
import { pushRoutes } from './api/push-routes.ts';
import { serverRoutes } from './api/server-routes.ts';
import { viewingRoutes } from './api/viewing-routes.ts';
import type { Access } from './open-access.ts';
import type { Parts } from './parts.ts';
import { hlsRenditions } from './build-services.ts';
import { hlsRoutes } from './servers/hls/hls-routes.ts';
import { dashboardRoutes } from './servers/http/dashboard-routes.ts';
import { mseRoutes } from './servers/mse/mse-routes.ts';
import { endlessViewing, ladderWay } from './servers/http/endless-viewing.ts';
import { mjpegWay } from './servers/http/mjpeg-way.ts';
import { snapshotRoutes } from './servers/http/snapshot-routes.ts';
import { switchedOffRoutes, type SwitchedOff } from './servers/http/switched-off-routes.ts';
import { signedPaths } from './signed-paths.ts';
import { createFlvSinks, FLV_CARRIAGE } from './sinks/flv/flv-sinks.ts';
import { MJPEG_CONTENT_TYPE } from './sinks/mjpeg/mjpeg-format.ts';
import { MjpegSinks } from './sinks/mjpeg/mjpeg-sinks.ts';
import { createTsSinks, TS_CARRIAGE } from './sinks/ts/ts-sinks.ts';
import type { WebrtcService } from './sinks/webrtc/webrtc-service.ts';
import { whepRoutes } from './sinks/webrtc/whep-routes.ts';
import { whipRoutes } from './sources/publish-webrtc/whip-routes.ts';
import { WhipService } from './sources/publish-webrtc/whip-service.ts';
import { JPEG_CARRIAGE } from './transcode/jpeg-presets.ts';
import { version } from './version.ts';

const DASHBOARD_FOLDER = path.resolve(import.meta.dirname, '../../dashboard/dist');

/** What players are told where there is no WebRTC. */
const WHEP_OFF: SwitchedOff = {
  method: 'POST',
  url: '/live/:id/whep',
  code: 'ERR_WEBRTC_OFF',
  name: 'WebRTC',
};

/** What publishers are told where there is no WebRTC. */
const WHIP_OFF: SwitchedOff = { ...WHEP_OFF, url: '/live/:id/whip' };

/** Every route, in the order of the API document. */
export async function addRoutes(parts: Parts): Promise<void> {
  const { http, cameras, sessions, metrics, fitter, pushes, rtsp, webrtc } = parts;
  const { rights, audit } = parts.access;
  await http.prepare();
  await registerOpenApi(http.app, version);
  await http.app.register(
    serverRoutes(() => ({ version, transcodes: fitter.isEnabled, rtspPort: rtsp?.port ?? null })),
  );
  await http.app.register(cameraRoutes({ cameras, sessions, rights }));
  await http.app.register(pushRoutes({ cameras, pushes, audit }));
  await http.app.register(sessionRoutes({ sessions, rights }));
  await addMediaRoutes(parts);
  await addAccessRoutes(parts);
  await http.app.register(
    healthRoutes({ metrics, unready: () => unready(webrtc), impaired: () => impaired(parts.access) }),
  );
  await dashboardRoutes(DASHBOARD_FOLDER, parts.access.http)(http.app);
}

async function addMediaRoutes(parts: Parts): Promise<void> {
  const { http, access, cameras, sessions, snapshots, fitter, webrtc, hls } = parts;
  await http.app.register(
    webrtc === undefined
      ? switchedOffRoutes(WHEP_OFF)
      : whepRoutes({
          service: webrtc,
          cameras,
          access: access.http,
          lend: lendForViewing(access.streamTokens),
        }),
  );
  await http.app.register(
    webrtc === undefined
      ? switchedOffRoutes(WHIP_OFF)
      : whipRoutes(
          new WhipService({ workers: webrtc, cameras, sessions, iceServers: webrtc.iceServers }),
          access.http,
        ),
  );
  if (hls !== undefined)
    await http.app.register(
      hlsRoutes({
        ...{ cameras, sessions, output: hls, renditions: hlsRenditions(fitter) },
        access: access.http,
        signedPaths: signedPaths(access),
      }),
    );
  await http.app.register(mseRoutes());
  await http.app.register(
    viewingRoutes({
      cameras,
      rungs: (stream) => fitter.ladder(stream),
      offered: { webrtc: webrtc !== undefined, hls: hls !== undefined },
    }),
  );
  for (const viewing of endlessViewings(parts)) await http.app.register(viewing);
  await http.app.register(snapshotRoutes(snapshots, cameras, access.http));
}

/** Answers without end: media as it comes, over a plain connection. */
function endlessViewings({
  cameras,
  sessions,
  fitter,
  access: { http: access },
}: Pick<Parts, 'cameras' | 'sessions' | 'fitter' | 'access'>): FastifyPluginAsync[] {
  return [
    endlessViewing({
      cameras,
      sessions,
      access,
      way: ladderWay(fitter, createTsSinks(), TS_CARRIAGE),
      protocol: 'ts',
      contentType: 'video/mp2t',
      carriage: TS_CARRIAGE,
      paths: ['/live/:camera.ts', '/live/:camera/stream.ts'],
    }),
    endlessViewing({
      cameras,
      sessions,
      access,
      way: ladderWay(fitter, createFlvSinks(), FLV_CARRIAGE),
      protocol: 'flv',
      contentType: 'video/x-flv',
      carriage: FLV_CARRIAGE,
      paths: ['/live/:camera.flv', '/live/:camera/stream.flv'],
    }),
    endlessViewing({
      cameras,
      sessions,
      access,
      way: mjpegWay(fitter, new MjpegSinks()),
      protocol: 'mjpeg',
      contentType: MJPEG_CONTENT_TYPE,
      carriage: JPEG_CARRIAGE,
      paths: ['/live/:camera.mjpeg', '/live/:camera/stream.mjpeg'],
    }),
  ];
}

/** What viewers do not miss: media goes on by what is known, and what is written waits. */
function impaired({ store: { health } }: Access): string[] {
  return health.isUp ? [] : [`the database is away: ${health.reason ?? 'it does not answer'}`];
}

/** What viewers would miss now. */
function unready(webrtc: WebrtcService | undefined): string[] {
  const isDown = webrtc?.reports.some(({ running }) => running === 0) ?? false;
  return isDown ? ['a WebRTC worker is not running'] : [];
}
