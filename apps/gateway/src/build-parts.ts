import type { Config } from '@vedette/contract';
import path from 'node:path';
import { auditSessions } from './access/session-audit.ts';
import { buildAdministration } from './build-administration.ts';
import { createCameraSource, createSubSource } from './camera-sources.ts';
import { CameraSet, type ManagedBy } from './cameras/camera-set.ts';
import { apiCameraGuard, networkGuard, type AddressGuard } from './net/guarded-lookup.ts';
import { httpCertificate } from './net/listener-certificate.ts';
import type { Logger } from './observability/logger.ts';
import { Metrics } from './observability/metrics.ts';
import { sessionLog } from './observability/session-log.ts';
import {
  buildFitter,
  buildHls,
  buildMse,
  buildPushes,
  buildRtmp,
  buildRtsp,
  buildSrt,
  buildWebrtc,
} from './build-services.ts';
import type { Access } from './open-access.ts';
import type { Parts } from './parts.ts';
import { HttpServer } from './servers/http/http-server.ts';
import { SessionRegistry } from './sessions/session-registry.ts';
import { RtspSinks } from './sinks/rtsp/rtsp-sinks.ts';
import { createSrtSinks } from './sinks/srt/srt-sinks.ts';
import { HardwareChoice } from './transcode/hardware-choice.ts';
import { Snapshots } from './transcode/snapshots.ts';
import { MediaWorkers } from './workers/media/media-workers.ts';

/** What everything else stands on. */
type Foundation = Pick<
  Parts,
  | 'config'
  | 'logger'
  | 'access'
  | 'administration'
  | 'media'
  | 'cameras'
  | 'sessions'
  | 'snapshots'
  | 'metrics'
  | 'hardware'
  | 'fitter'
>;
/** What peers come to. */
type Services = Omit<Parts, keyof Foundation>;

/** Builds the parts and ties them together. */
export function buildParts(config: Config, logger: Logger, access: Access): Parts {
  const compileCache = path.resolve(config.dataDir, 'compile-cache');
  const media = new MediaWorkers({ logger, compileCache });
  const snapshots = new Snapshots({ studio: media });
  const guardOf = (by: ManagedBy): AddressGuard =>
    by === 'api' ? apiCameraGuard(config.access) : networkGuard;
  const cameras = new CameraSet({
    logger,
    createSource: (id, camera, by) => createCameraSource(id, camera, { media, guard: guardOf(by) }),
    createSub: (id, camera, by) => createSubSource(id, camera, { media, guard: guardOf(by) }),
    onChanged: (id, change) => {
      media.forgive(id);
      if (change === 'removed') snapshots.forget(id);
    },
  });
  const hardware = new HardwareChoice({ hardware: config.transcode.hardware, logger, compileCache });
  const fitter = buildFitter(config.transcode, { media, cameras, logger, hardware });
  // Read when somebody looks, by when all of it is there.
  const metrics: Metrics = new Metrics({
    cameras,
    sessions: () => sessions,
    workers: () => [...media.reports, ...(services.webrtc?.reports ?? [])],
    hls: () => services.hls?.usage,
    transcode: () => ({ encoder: hardware.chosen, skippedPictures: media.skippedPictures, ...fitter.usage }),
    srt: () => services.srt?.report,
    pushes: () => services.pushes.list(),
    store: () => ({ isUp: access.store.health.isUp, waitingAudit: access.audit.waiting }),
  });
  const sessions = buildSessions(metrics, logger, access);
  const administration = buildAdministration({ config, logger, access, cameras, sessions });
  const foundation = {
    config,
    logger,
    access,
    administration,
    media,
    cameras,
    sessions,
    snapshots,
    metrics,
    hardware,
    fitter,
  };
  const services: Services = buildServices(foundation);
  return { ...foundation, ...services };
}

function buildSessions(metrics: Metrics, logger: Logger, { audit }: Access): SessionRegistry {
  const observers = [metrics, sessionLog(logger), auditSessions(audit)];
  return new SessionRegistry({
    started: (session) => {
      for (const observer of observers) observer.started(session);
    },
    ended: (session, reason) => {
      for (const observer of observers) observer.ended(session, reason);
    },
  });
}

function buildServices(foundation: Foundation): Services {
  const { config, logger } = foundation;
  const rtspSinks = new RtspSinks();
  const srtSinks = createSrtSinks();
  const http = new HttpServer({
    ...config.http,
    access: foundation.access.http,
    secure: httpCertificate(config.http, { dataDir: config.dataDir, logger }),
    logger,
  });
  const webrtc = config.webrtc.enabled ? buildWebrtc(config.webrtc, foundation) : undefined;
  return {
    rtspSinks,
    srtSinks,
    http,
    webrtc,
    hls: config.hls.enabled ? buildHls(config.hls, foundation) : undefined,
    rtsp: config.rtsp.enabled ? buildRtsp(config.rtsp, { ...foundation, rtspSinks }) : undefined,
    srt: config.srt.enabled ? buildSrt(config.srt, { ...foundation, srtSinks }) : undefined,
    rtmp: config.rtmp.enabled ? buildRtmp(config.rtmp, foundation) : undefined,
    pushes: buildPushes(config.push, { ...foundation, rtspSinks, srtSinks, webrtc }),
    mse: buildMse(config.http, { ...foundation, http }),
  };
}
