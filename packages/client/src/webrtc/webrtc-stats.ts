import type { PlaybackStats } from '../player/playback.ts';

/** The counters that figures are made from, read at one moment. */
export interface WebrtcSample {
  readonly atMs: number;
  readonly bytes: number;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly packetsLost: number;
  /** Seconds from a frame's first packet to its decoded picture, summed over `framesDecoded`. */
  readonly processingSeconds: number;
  readonly width: number;
  readonly height: number;
  readonly codec: string | undefined;
  readonly roundTripMs: number | undefined;
}

type Entry = Record<string, unknown> & { readonly type?: unknown };

function numberOf(entry: Entry | undefined, key: string): number | undefined {
  const value = entry?.[key];
  return typeof value === 'number' ? value : undefined;
}

/** `video/H264` → `H.264`. */
export function codecName(mimeType: string): string {
  const name = mimeType.replace(/^\w+\//, '').toUpperCase();
  return name.replace(/^H26(\d)$/, 'H.26$1');
}

/**
 * Picks the counters out of the entries of an `RTCStatsReport`.
 *
 * Spec: W3C webrtc-stats, `inbound-rtp`, `codec`, `candidate-pair`.
 */
export function webrtcSample(entries: Iterable<Entry>, atMs: number): WebrtcSample {
  const all = [...entries];
  const inbound = all.filter(({ type }) => type === 'inbound-rtp');
  const video = inbound.find(({ kind }) => kind === 'video');
  const codec = all.find(({ id, type }) => type === 'codec' && id === video?.['codecId'])?.['mimeType'];
  const pair = all.find(
    ({ type, nominated, state }) => type === 'candidate-pair' && nominated === true && state === 'succeeded',
  );
  const roundTrip = numberOf(pair, 'currentRoundTripTime');
  return {
    atMs,
    bytes: inbound.reduce((sum, entry) => sum + (numberOf(entry, 'bytesReceived') ?? 0), 0),
    framesDecoded: numberOf(video, 'framesDecoded') ?? 0,
    framesDropped: numberOf(video, 'framesDropped') ?? 0,
    packetsLost: numberOf(video, 'packetsLost') ?? 0,
    processingSeconds: numberOf(video, 'totalProcessingDelay') ?? 0,
    width: numberOf(video, 'frameWidth') ?? 0,
    height: numberOf(video, 'frameHeight') ?? 0,
    codec: typeof codec === 'string' ? codecName(codec) : undefined,
    roundTripMs: roundTrip === undefined ? undefined : roundTrip * 1000,
  };
}

/** Figures between two samples; with no `before`, only what one sample can tell. */
export function webrtcStats(before: WebrtcSample | undefined, now: WebrtcSample): PlaybackStats {
  const { width, height, codec, roundTripMs } = now;
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  const frames = now.framesDecoded - (before?.framesDecoded ?? 0);
  const processing = now.processingSeconds - (before?.processingSeconds ?? 0);
  return {
    protocol: 'webrtc',
    width,
    height,
    droppedFrames: now.framesDropped,
    lostPackets: Math.max(0, now.packetsLost),
    ...(codec === undefined ? {} : { codec }),
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
    ...(frames > 0 ? { latencyMs: (processing / frames) * 1000 + (roundTripMs ?? 0) / 2 } : {}),
    ...(before === undefined || seconds <= 0
      ? {}
      : { frameRate: frames / seconds, bitrate: ((now.bytes - before.bytes) * 8) / seconds }),
  };
}
