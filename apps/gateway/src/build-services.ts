import type { Config } from '@vedette/contract';
import { createOpusTrack } from '@vedette/media';
import { readFileSync } from 'node:fs';
import type { Parts } from './parts.ts';
import { pushRoute } from './push-targets.ts';
import { PushSet } from './push/push-set.ts';
import { RtspServer } from './servers/rtsp/rtsp-server.ts';
import { HlsMuxers } from './sinks/hls/hls-muxers.ts';
import { RTSP_CARRIAGE } from './sinks/rtsp/rtsp-carriage.ts';
import { WebrtcService } from './sinks/webrtc/webrtc-service.ts';
import { RtspPublisher } from './sources/publish-rtsp/rtsp-publisher.ts';

// The servers and services, one function each: what each is given of the configuration and of the other parts.

export function buildRtsp(
  { host, port, tlsPort, certificate, key }: Config['rtsp'],
  {
    cameras,
    sessions,
    logger,
    fitter,
    rtspSinks: sinks,
  }: Pick<Parts, 'cameras' | 'sessions' | 'logger' | 'fitter' | 'rtspSinks'>,
): RtspServer {
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
    fit: (stream, quality) => fitter.fit(stream, RTSP_CARRIAGE, quality),
    openViewer: (stream, onEnd) => sinks.open(stream, onEnd),
    openPublisher: (cameraId, description, onEnd) =>
      new RtspPublisher(cameraId, description, onEnd, { cameras, logger }),
  });
}

export function buildWebrtc(
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

export function buildHls(
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

export function buildPushes(
  { privateNetworks }: Config['push'],
  {
    cameras,
    sessions,
    logger,
    fitter,
    rtspSinks,
  }: Pick<Parts, 'cameras' | 'sessions' | 'logger' | 'fitter' | 'rtspSinks'>,
): PushSet {
  return new PushSet({
    cameras,
    viewers: (id) => sessions.viewers(id),
    route: (address) => pushRoute(address, { rtspSinks }),
    fitter,
    privateNetworks,
    logger,
  });
}
