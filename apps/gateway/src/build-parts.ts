import type { Config } from '@vedette/contract';
import path from 'node:path';
import { createCameraSource, createSubSource } from './camera-sources.ts';
import { CameraSet } from './cameras/camera-set.ts';
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
import type { Parts } from './parts.ts';
import type { PushSet } from './push/push-set.ts';
import { HttpServer } from './servers/http/http-server.ts';
import { SessionRegistry } from './sessions/session-registry.ts';
import type { HlsMuxers } from './sinks/hls/hls-muxers.ts';
import { RtspSinks } from './sinks/rtsp/rtsp-sinks.ts';
import { createSrtSinks } from './sinks/srt/srt-sinks.ts';
import type { SrtServer } from './servers/srt/srt-server.ts';
import type { WebrtcService } from './sinks/webrtc/webrtc-service.ts';
import { HardwareChoice } from './transcode/hardware-choice.ts';
import { Snapshots } from './transcode/snapshots.ts';
import { MediaWorkers } from './workers/media/media-workers.ts';

/** Builds the parts and ties them together. */
export function buildParts(config: Config, logger: Logger): Parts {
  const compileCache = path.resolve(config.dataDir, 'compile-cache');
  const media = new MediaWorkers({ logger, compileCache });
  const snapshots = new Snapshots({ studio: media });
  const cameras = new CameraSet({
    logger,
    createSource: (id, camera) => createCameraSource(id, camera, { media }),
    createSub: (id, camera) => createSubSource(id, camera, { media }),
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
    transcode: () => ({ encoder: hardware.chosen, skippedPictures: media.skippedPictures, ...fitter.usage }),
    srt: () => srt?.report,
    pushes: () => pushes.list(),
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
  const hardware = new HardwareChoice({ hardware: config.transcode.hardware, logger, compileCache });
  const fitter = buildFitter(config.transcode, { media, cameras, logger, hardware });
  const rtspSinks = new RtspSinks();
  const srtSinks = createSrtSinks();
  const webrtc: WebrtcService | undefined = config.webrtc.enabled
    ? buildWebrtc(config.webrtc, { sessions, logger, fitter })
    : undefined;
  const hls: HlsMuxers | undefined = config.hls.enabled ? buildHls(config.hls, { logger }) : undefined;
  const rtsp = config.rtsp.enabled
    ? buildRtsp(config.rtsp, { cameras, sessions, logger, fitter, rtspSinks })
    : undefined;
  const srt: SrtServer | undefined = config.srt.enabled
    ? buildSrt(config.srt, { cameras, sessions, logger, fitter, srtSinks })
    : undefined;
  const rtmp = config.rtmp.enabled
    ? buildRtmp(config.rtmp, { cameras, sessions, logger, fitter })
    : undefined;
  const pushes: PushSet = buildPushes(config.push, {
    cameras,
    sessions,
    logger,
    fitter,
    rtspSinks,
    srtSinks,
  });
  const http = new HttpServer({ ...config.http, logger });
  const mse = buildMse(config.http, { http, cameras, sessions, fitter, logger });
  return {
    config,
    logger,
    media,
    cameras,
    sessions,
    metrics,
    snapshots,
    hardware,
    fitter,
    rtspSinks,
    srtSinks,
    pushes,
    rtsp,
    rtmp,
    srt,
    webrtc,
    hls,
    mse,
    http,
  };
}
