import type { Config } from '@vedette/contract';
import { listenerCertificate } from './net/listener-certificate.ts';
import type { Parts } from './parts.ts';
import { pushRoute } from './push-targets.ts';
import { PushSet } from './push/push-set.ts';
import { MseServer } from './servers/mse/mse-server.ts';
import { RtmpServer } from './servers/rtmp/rtmp-server.ts';
import { RtspServer } from './servers/rtsp/rtsp-server.ts';
import { SrtServer } from './servers/srt/srt-server.ts';
import type { HlsRenditions } from './servers/hls/hls-renditions.ts';
import { HLS_CARRIAGE } from './sinks/hls/hls-carriage.ts';
import { HlsMuxers } from './sinks/hls/hls-muxers.ts';
import { MseSinks } from './sinks/mse/mse-sinks.ts';
import { rtmpCarriage, RtmpSinks } from './sinks/rtmp/rtmp-format.ts';
import { RTSP_CARRIAGE } from './sinks/rtsp/rtsp-carriage.ts';
import { SRT_CARRIAGE } from './sinks/srt/srt-carriage.ts';
import { SrtOutlet } from './sinks/srt/srt-outlet.ts';
import { WebrtcService } from './sinks/webrtc/webrtc-service.ts';
import { RtmpPublisher } from './sources/publish-rtmp/rtmp-publisher.ts';
import { RtspPublisher } from './sources/publish-rtsp/rtsp-publisher.ts';
import { TsPublisher } from './sources/publish-srt/ts-publisher.ts';
import { FittedStreams } from './transcode/fitted-streams.ts';

// The servers and services, one function each: what each is given of the configuration and of the other parts.

export function buildFitter(
  { enabled, renditions }: Config['transcode'],
  { media, cameras, logger, hardware }: Pick<Parts, 'media' | 'cameras' | 'logger' | 'hardware'>,
): FittedStreams {
  return new FittedStreams({
    studio: media,
    logger,
    isEnabled: enabled,
    encoder: () => hardware.encoder(),
    sub: (id) => cameras.find(id)?.sub,
    bitrate: (id) => cameras.rates(id).bitrate,
    renditions: (id) => cameras.find(id)?.config.renditions ?? renditions,
  });
}

export function buildRtsp(
  { host, port, tlsPort, certificate, key }: Config['rtsp'],
  {
    cameras,
    sessions,
    logger,
    fitter,
    rtspSinks: sinks,
    access,
    config,
  }: Pick<Parts, 'cameras' | 'sessions' | 'logger' | 'fitter' | 'rtspSinks' | 'access' | 'config'>,
): RtspServer {
  const open = listenerCertificate({ certificate, key }, config, logger);
  const tls = open && { port: tlsPort, certificate: open };
  return new RtspServer({
    door: access.door,
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

export function buildSrt(
  { host, port, latencyMs, passphrase, keyLength }: Config['srt'],
  {
    cameras,
    sessions,
    logger,
    fitter,
    srtSinks: sinks,
    access,
  }: Pick<Parts, 'cameras' | 'sessions' | 'logger' | 'fitter' | 'srtSinks' | 'access'>,
): SrtServer {
  return new SrtServer({
    door: access.door,
    host,
    port,
    latencyMs,
    passphrase,
    keyLength,
    cameras,
    sessions,
    logger,
    fit: (stream, quality) => fitter.fit(stream, SRT_CARRIAGE, quality),
    openViewer: (stream, link, onEnd) => sinks.open(stream, new SrtOutlet(link), onEnd),
    openPublisher: (cameraId, onEnd) => new TsPublisher(cameraId, onEnd, { cameras, logger }),
  });
}

export function buildRtmp(
  { host, port, tlsPort, certificate, key }: Config['rtmp'],
  {
    cameras,
    sessions,
    logger,
    fitter,
    access,
    config,
  }: Pick<Parts, 'cameras' | 'sessions' | 'logger' | 'fitter' | 'access' | 'config'>,
): RtmpServer {
  const sinks = new RtmpSinks();
  const open = listenerCertificate({ certificate, key }, config, logger);
  const tls = open && { port: tlsPort, certificate: open };
  return new RtmpServer({
    door: access.door,
    host,
    port,
    tls,
    cameras,
    sessions,
    logger,
    fit: (stream, codecs, quality) => fitter.fit(stream, rtmpCarriage(codecs), quality),
    openViewer: (stream, codecs, outlet, onEnd) => sinks.open(stream, codecs, outlet, onEnd),
    openPublisher: (cameraId, onEnd) => new RtmpPublisher(cameraId, onEnd, { cameras }),
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
  { sessions, logger, fitter }: Pick<Parts, 'sessions' | 'logger' | 'fitter'>,
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
    fitter,
    rungs: (stream) => fitter.ladder(stream),
  });
}

/** What HLS shows of a camera. */
export function hlsRenditions(fitter: FittedStreams): HlsRenditions {
  return {
    fit: (stream, quality) => fitter.fit(stream, HLS_CARRIAGE, quality),
    ladder: (stream) => fitter.ladder(stream),
  };
}

export function buildHls(
  { partDurationMs, segmentDurationMs }: Config['hls'],
  { logger }: Pick<Parts, 'logger'>,
): HlsMuxers {
  return new HlsMuxers({ partDurationMs, segmentDurationMs, logger });
}

export function buildPushes(
  { privateNetworks }: Config['push'],
  {
    cameras,
    sessions,
    logger,
    fitter,
    rtspSinks,
    srtSinks,
    webrtc,
  }: Pick<Parts, 'cameras' | 'sessions' | 'logger' | 'fitter' | 'rtspSinks' | 'srtSinks' | 'webrtc'>,
): PushSet {
  return new PushSet({
    cameras,
    viewers: (id) => sessions.viewers(id),
    route: (address) => pushRoute(address, { rtspSinks, srtSinks, webrtc }),
    fitter,
    privateNetworks,
    logger,
  });
}

export function buildMse(
  { allowedOrigins }: Config['http'],
  {
    http,
    cameras,
    sessions,
    fitter,
    logger,
    access,
  }: Pick<Parts, 'http' | 'cameras' | 'sessions' | 'fitter' | 'logger' | 'access'>,
): MseServer {
  const sinks = new MseSinks();
  return new MseServer({
    server: http.app.server,
    allowedOrigins,
    access: access.http,
    cameras,
    sessions,
    fitter,
    rungs: (stream) => fitter.ladder(stream),
    openViewer: (stream, quality, outlet, onEnd) => sinks.open(stream, quality, outlet, onEnd),
    logger,
  });
}
