import { cameraConfig, type Config } from '@vedette/contract';
import { createOpusTrack } from '@vedette/media';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { cameraRoutes, camerasJson, sessionRoutes } from './api/api-routes.ts';
import { healthRoutes } from './api/health-routes.ts';
import { LiveEvents } from './api/live-events.ts';
import { registerOpenApi } from './api/openapi-routes.ts';
import { serverRoutes } from './api/server-routes.ts';
import { createCameraSource } from './camera-sources.ts';
import { CameraSet } from './cameras/camera-set.ts';
import type { Logger } from './observability/logger.ts';
import { Metrics } from './observability/metrics.ts';
import { sessionLog } from './observability/session-log.ts';
import { dashboardRoutes } from './servers/http/dashboard-routes.ts';
import { hlsRoutes } from './servers/hls/hls-routes.ts';
import { HttpServer } from './servers/http/http-server.ts';
import { snapshotRoutes } from './servers/http/snapshot-routes.ts';
import { switchedOffRoutes, type SwitchedOff } from './servers/http/switched-off-routes.ts';
import { RtspServer } from './servers/rtsp/rtsp-server.ts';
import { SessionRegistry } from './sessions/session-registry.ts';
import { HlsMuxers } from './sinks/hls/hls-muxers.ts';
import { RtspSinks } from './sinks/rtsp/rtsp-sinks.ts';
import { WebrtcService } from './sinks/webrtc/webrtc-service.ts';
import { whepRoutes } from './sinks/webrtc/whep-routes.ts';
import { RtspPublisher } from './sources/publish-rtsp/rtsp-publisher.ts';
import type { StreamFitter } from './transcode/fitter.ts';
import { OpusAudio } from './transcode/opus-audio.ts';
import { Snapshots } from './transcode/snapshots.ts';
import { version } from './version.ts';
import { MediaWorkers } from './workers/media/media-workers.ts';

const DASHBOARD_FOLDER = path.resolve(import.meta.dirname, '../../dashboard/dist');

/** A scene made on the spot, while somebody watches. */
const DEMO = cameraConfig.parse({ source: 'demo:', name: 'Demo', onDemand: true });

/** What players are told where there is no WebRTC. */
const WHEP_OFF: SwitchedOff = {
  method: 'POST',
  url: '/live/:id/whep',
  code: 'ERR_WEBRTC_OFF',
  name: 'WebRTC',
};

/** Where everything listens; services that are off are left out. What `--ready-file` holds, but the pid. */
export interface Addresses {
  readonly http: string;
  readonly rtsp?: string;
  readonly rtsps?: string;
  /** UDP port of ICE. */
  readonly webrtc?: number;
}

export interface Gateway {
  readonly addresses: Addresses;
  /** Takes the cameras of a new configuration. @returns the keys whose change needs a restart. */
  reload(config: Config): Promise<string[]>;
  /** Ends everything, in reverse order of creation. Safe to call twice. */
  close(): Promise<void>;
}

/** All parts, built and not started: nothing listens, nothing runs. */
export interface Parts {
  readonly config: Config;
  readonly logger: Logger;
  readonly media: MediaWorkers;
  readonly cameras: CameraSet;
  readonly sessions: SessionRegistry;
  readonly metrics: Metrics;
  readonly snapshots: Snapshots;
  readonly opus: OpusAudio;
  readonly fitter: StreamFitter;
  readonly rtsp: RtspServer | undefined;
  readonly webrtc: WebrtcService | undefined;
  readonly hls: HlsMuxers | undefined;
  readonly http: HttpServer;
}

/** Builds the parts and ties them together. */
export function buildParts(config: Config, logger: Logger): Parts {
  const media = new MediaWorkers({ logger, compileCache: path.resolve(config.dataDir, 'compile-cache') });
  const snapshots = new Snapshots({ studio: media });
  const cameras = new CameraSet({
    logger,
    createSource: (id, camera) => createCameraSource(id, camera, { media }),
    onChanged: (id, change) => {
      media.forgive(id);
      if (change === 'removed') snapshots.forget(id);
    },
  });
  const metrics: Metrics = new Metrics({
    cameras,
    sessions: () => sessions,
    workers: () => [...media.reports, ...(webrtc?.reports ?? [])],
    hls: () => hls?.usage,
  });
  const log = sessionLog(logger);
  const sessions: SessionRegistry = new SessionRegistry({
    started: (session) => {
      metrics.started(session);
      log.started(session);
    },
    ended: (session, reason) => {
      metrics.ended(session);
      log.ended(session, reason);
    },
  });
  const opus = new OpusAudio({ studio: media, logger });
  const webrtc: WebrtcService | undefined = config.webrtc.enabled
    ? buildWebrtc(config.webrtc, { sessions, logger, opus })
    : undefined;
  const hls: HlsMuxers | undefined = config.hls.enabled ? buildHls(config.hls, { logger, opus }) : undefined;
  const rtsp = config.rtsp.enabled ? buildRtsp(config.rtsp, { cameras, sessions, logger }) : undefined;
  const http = new HttpServer({ ...config.http, logger });
  const fitter: StreamFitter = { fit: (stream) => stream };
  return {
    config,
    logger,
    media,
    cameras,
    sessions,
    metrics,
    snapshots,
    opus,
    fitter,
    rtsp,
    webrtc,
    hls,
    http,
  };
}

function buildRtsp(
  { host, port, tlsPort, certificate, key }: Config['rtsp'],
  { cameras, sessions, logger }: Pick<Parts, 'cameras' | 'sessions' | 'logger'>,
): RtspServer {
  const sinks = new RtspSinks();
  const tls =
    certificate === undefined || key === undefined
      ? undefined
      : { port: tlsPort, certificate: readFileSync(certificate), key: readFileSync(key) };
  return new RtspServer({
    host,
    port,
    tls,
    cameras,
    sessions,
    logger,
    openViewer: (stream, onEnd) => sinks.open(stream, onEnd),
    openPublisher: (cameraId, description, onEnd) =>
      new RtspPublisher(cameraId, description, onEnd, { cameras, logger }),
  });
}

function buildWebrtc(
  {
    host,
    port,
    workers,
    announcedAddresses,
    playoutDelayMinMs,
    playoutDelayMaxMs,
    iceServers,
  }: Config['webrtc'],
  { sessions, logger, opus }: Pick<Parts, 'sessions' | 'logger' | 'opus'>,
): WebrtcService {
  const playoutDelay = { minMs: playoutDelayMinMs, maxMs: playoutDelayMaxMs };
  return new WebrtcService({
    host,
    port,
    workers,
    announcedAddresses,
    playoutDelay,
    iceServers,
    sessions,
    logger,
    opus,
  });
}

function buildHls(
  { partDurationMs, segmentDurationMs }: Config['hls'],
  { logger, opus }: Pick<Parts, 'logger' | 'opus'>,
): HlsMuxers {
  return new HlsMuxers({
    partDurationMs,
    segmentDurationMs,
    logger,
    // G.711: no browser plays it out of MP4.
    audioFor: (stream, track) => {
      if (track.kind !== 'audio') return undefined;
      return {
        track: createOpusTrack(track.id, track.channels === 1 ? 1 : 2),
        start: (onUnit) => opus.listen(stream, { onTrack: () => undefined, onUnit }),
      };
    },
  });
}

/** Every route, in the order of the API document. */
export async function addRoutes({
  http,
  cameras,
  sessions,
  metrics,
  snapshots,
  rtsp,
  webrtc,
  hls,
}: Parts): Promise<void> {
  await http.prepare();
  await registerOpenApi(http.app, version);
  await http.app.register(serverRoutes(() => ({ version, rtspPort: rtsp?.port ?? null })));
  await http.app.register(cameraRoutes({ cameras, sessions }));
  await http.app.register(sessionRoutes({ sessions }));
  await http.app.register(webrtc === undefined ? switchedOffRoutes(WHEP_OFF) : whepRoutes(webrtc, cameras));
  if (hls !== undefined) await http.app.register(hlsRoutes({ cameras, sessions, output: hls }));
  await http.app.register(snapshotRoutes(snapshots, cameras));
  await http.app.register(healthRoutes({ metrics, unready: () => unready(webrtc) }));
  await dashboardRoutes(DASHBOARD_FOLDER)(http.app);
}

/** What viewers would miss now. */
function unready(webrtc: WebrtcService | undefined): string[] {
  const isDown = webrtc?.reports.some(({ running }) => running === 0) ?? false;
  return isDown ? ['a WebRTC worker is not running'] : [];
}

/** The cameras that `config` asks for, with the demo camera where it is wanted and its name is free. */
function declaredCameras({ cameras, demo }: Config): Config['cameras'] {
  if (!demo || cameras.byId['demo'] !== undefined) return cameras;
  return { ...cameras, byId: { demo: DEMO, ...cameras.byId } };
}

/** Keys beside the cameras that differ: they were read when the parts were built. */
function restartKeys(running: Config, next: Config): string[] {
  return Object.entries(next)
    .filter(([key]) => key !== 'cameras' && key !== 'demo')
    .filter(([key, value]) => !isDeepStrictEqual(value, running[key as keyof Config]))
    .map(([key]) => key);
}

/** Builds the program and starts it; what was started is ended again when a later part can't start. */
export async function startGateway(config: Config, logger: Logger): Promise<Gateway> {
  const parts = buildParts(config, logger);
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  try {
    const addresses = await start(parts, closers);
    return {
      addresses,
      close,
      reload: async (next) => {
        await parts.cameras.apply(declaredCameras(next));
        return restartKeys(config, next);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts the parts in the order of their needs; each leaves its end in `closers`. */
async function start(parts: Parts, closers: (() => Promise<void> | void)[]): Promise<Addresses> {
  const { config, media, cameras, sessions, opus, rtsp, webrtc, hls, http } = parts;
  await addRoutes(parts);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  closers.push(async () => media.close());
  closers.push(async () => cameras.close());
  closers.push(() => opus.close());
  closers.push(() => hls?.close());

  // Both take a moment to start, and are wanted as soon as the first viewer comes.
  closers.push(async () => webrtc?.close());
  const [webrtcPorts] = await Promise.all([webrtc?.start(), config.demo ? media.start() : undefined]);

  const rtspPorts = await rtsp?.listen();
  closers.push(async () => rtsp?.close());

  const events = new LiveEvents({
    server: http.app.server,
    allowedOrigins: config.http.allowedOrigins,
    cameras: () => camerasJson({ cameras, sessions }),
  });
  closers.push(async () => http.close());
  closers.push(async () => events.close());
  const url = await http.listen();
  events.start();

  await cameras.apply(declaredCameras(config));
  const { host } = config.rtsp;
  return {
    http: url,
    ...(rtspPorts === undefined ? {} : { rtsp: `rtsp://${host}:${rtspPorts.port}` }),
    ...(webrtcPorts === undefined ? {} : { webrtc: webrtcPorts.port }),
    ...(rtspPorts?.tlsPort === undefined ? {} : { rtsps: `rtsps://${host}:${rtspPorts.tlsPort}` }),
  };
}
