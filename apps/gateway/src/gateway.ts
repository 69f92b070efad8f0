import { cameraConfig, type Config } from '@vedette/contract';
import { mkdirSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { camerasJson } from './api/api-routes.ts';
import { LiveEvents } from './api/live-events.ts';
import { pushJson } from './api/push-json.ts';
import { buildParts } from './build-parts.ts';
import { shownHost } from './net/shown-host.ts';
import type { Logger } from './observability/logger.ts';
import { openAccess } from './open-access.ts';
import type { Parts } from './parts.ts';
import { addRoutes } from './routes.ts';
import type { ListenerPorts } from './servers/tcp-listeners.ts';

/** A scene made on the spot, while somebody watches. */
const DEMO = cameraConfig.parse({ source: 'demo:', name: 'Demo', onDemand: true });

/** Where everything listens; services that are off are left out. What `--ready-file` holds, but the pid. */
export interface Addresses {
  readonly http: string;
  readonly rtsp?: string;
  readonly rtsps?: string;
  readonly rtmp?: string;
  readonly rtmps?: string;
  readonly srt?: string;
  /** UDP port of ICE. */
  readonly webrtc?: number;
}

/** Where the program is started from. */
export interface Terminal {
  /** Writes a line; the only place where a first password is shown. */
  readonly say: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Gateway {
  readonly addresses: Addresses;
  /** Takes the cameras of a new configuration. @returns the keys whose change needs a restart. */
  reload(config: Config): Promise<string[]>;
  /** Ends everything, in reverse order of creation. Safe to call twice. */
  close(): Promise<void>;
}

/** The cameras that `config` asks for, with the demo camera where it is wanted and its name is free. */
function declaredCameras({ cameras, demo }: Config): Config['cameras'] {
  if (!demo || cameras.byId['demo'] !== undefined) return cameras;
  return { ...cameras, byId: { demo: DEMO, ...cameras.byId } };
}

/** Makes cameras and pushes what `config` asks for. A camera whose pushes alone have changed is not touched. */
async function declare({ cameras, pushes, administration }: Parts, config: Config): Promise<void> {
  const { autoCreate, byId } = declaredCameras(config);
  administration.sets.declare(byId);
  const entries = Object.entries(byId);
  const plain = Object.fromEntries(entries.map(([id, camera]) => [id, { ...camera, push: [] }]));
  await cameras.apply({ autoCreate, byId: plain });
  await pushes.apply(Object.fromEntries(entries.map(([id, { push }]) => [id, push])));
}

/** Keys beside the cameras that differ: they were read when the parts were built. */
function restartKeys(running: Config, next: Config): string[] {
  return Object.entries(next)
    .filter(([key]) => key !== 'cameras' && key !== 'demo')
    .filter(([key, value]) => !isDeepStrictEqual(value, running[key as keyof Config]))
    .map(([key]) => key);
}

/** Builds the program and starts it; what was started is ended again when a later part can't start. */
export async function startGateway(config: Config, logger: Logger, terminal: Terminal): Promise<Gateway> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const access = await openAccess(config, logger);
  const closers: (() => Promise<void> | void)[] = [async () => access.close()];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  try {
    const parts = buildParts(config, logger, access);
    const addresses = await start(parts, closers);
    // Last: a start that fails must not have told a password that the next one no longer tells.
    if (config.access.mode === 'required') await access.firstRun(terminal.say, terminal.environment);
    return {
      addresses,
      close,
      reload: async (next) => {
        await declare(parts, next);
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
  const { config, media, cameras, pushes, sessions, fitter, rtsp, rtmp, srt, webrtc, hls, mse, http } = parts;
  const { access, administration } = parts;
  await administration.sets.load();
  await administration.stored.load();
  await addRoutes(parts);
  closers.push(async () => media.close());
  closers.push(async () => cameras.close());
  closers.push(async () => pushes.close());
  closers.push(() => fitter.close());
  closers.push(() => hls?.close());

  // Both take a moment to start, and are wanted as soon as the first viewer comes.
  closers.push(async () => webrtc?.close());
  const [webrtcPorts] = await Promise.all([webrtc?.start(), config.demo ? media.start() : undefined]);

  const rtspPorts = await rtsp?.listen();
  closers.push(async () => rtsp?.close());
  const rtmpPorts = await rtmp?.listen();
  closers.push(async () => rtmp?.close());
  const srtPort = await srt?.listen();
  closers.push(async () => srt?.close());

  const events = new LiveEvents({
    server: http.app.server,
    allowedOrigins: config.http.allowedOrigins,
    access: access.http,
    cameras: () => camerasJson({ cameras, sessions, rights: access.rights }),
    pushes: () => pushes.list().map(pushJson),
  });
  closers.push(async () => http.close());
  closers.push(async () => events.close());
  closers.push(() => mse.close());
  mse.start();
  const url = await http.listen();
  events.start();

  await declare(parts, config);
  await administration.stored.apply();
  administration.guard.start();
  closers.push(() => administration.guard.close());
  access.retention.start();
  const host = shownHost(config.rtsp.host);
  return {
    http: url,
    ...(rtspPorts === undefined ? {} : { rtsp: `rtsp://${host}:${rtspPorts.port}` }),
    ...(srtPort === undefined ? {} : { srt: `srt://${shownHost(config.srt.host)}:${srtPort}` }),
    ...(webrtcPorts === undefined ? {} : { webrtc: webrtcPorts.port }),
    ...(rtspPorts?.tlsPort === undefined ? {} : { rtsps: `rtsps://${host}:${rtspPorts.tlsPort}` }),
    ...rtmpAddresses(shownHost(config.rtmp.host), rtmpPorts),
  };
}

function rtmpAddresses(host: string, ports: ListenerPorts | undefined): Pick<Addresses, 'rtmp' | 'rtmps'> {
  if (ports === undefined) return {};
  const { port, tlsPort } = ports;
  return {
    rtmp: `rtmp://${host}:${port}`,
    ...(tlsPort === undefined ? {} : { rtmps: `rtmps://${host}:${tlsPort}` }),
  };
}
