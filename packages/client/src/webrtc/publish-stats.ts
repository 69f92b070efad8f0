import { codecName } from './webrtc-stats.ts';

/** How publishing fares. */
export interface PublishStats {
  /** Bits per second, pictures and sound. */
  readonly bitrate?: number;
  readonly width: number;
  readonly height: number;
  readonly frameRate?: number;
  readonly codec?: string;
  readonly roundTripMs?: number;
  /** Share of the packets that the gateway missed lately. */
  readonly lossPercent?: number;
}

/** The counters that figures are made from, read at one moment. */
export interface PublishSample {
  readonly atMs: number;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number | undefined;
  readonly codec: string | undefined;
  readonly roundTripMs: number | undefined;
  readonly lossPercent: number | undefined;
}

type Entry = Record<string, unknown> & { readonly type?: unknown };

function numberOf(entry: Entry | undefined, key: string): number | undefined {
  const value = entry?.[key];
  return typeof value === 'number' ? value : undefined;
}

/**
 * Picks the counters out of the entries of an `RTCStatsReport`.
 *
 * Spec: W3C webrtc-stats, `outbound-rtp`, `remote-inbound-rtp`, `codec`.
 */
export function publishSample(entries: Iterable<Entry>, atMs: number): PublishSample {
  const all = [...entries];
  const outbound = all.filter(({ type }) => type === 'outbound-rtp');
  const main = outbound.find(({ kind }) => kind === 'video') ?? outbound[0];
  const remote = all.find(({ type, kind }) => type === 'remote-inbound-rtp' && kind === main?.['kind']);
  const mimeType = all.find(({ id, type }) => type === 'codec' && id === main?.['codecId'])?.['mimeType'];
  const roundTrip = numberOf(remote, 'roundTripTime');
  const lost = numberOf(remote, 'fractionLost');
  return {
    atMs,
    bytes: outbound.reduce((sum, entry) => sum + (numberOf(entry, 'bytesSent') ?? 0), 0),
    width: numberOf(main, 'frameWidth') ?? 0,
    height: numberOf(main, 'frameHeight') ?? 0,
    frameRate: numberOf(main, 'framesPerSecond'),
    codec: typeof mimeType === 'string' ? codecName(mimeType) : undefined,
    roundTripMs: roundTrip === undefined ? undefined : roundTrip * 1000,
    lossPercent: lost === undefined ? undefined : lost * 100,
  };
}

/** Figures between two samples; with no `before`, only what one sample can tell. */
export function publishStats(before: PublishSample | undefined, now: PublishSample): PublishStats {
  const { width, height, frameRate, codec, roundTripMs, lossPercent } = now;
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  const bytes = now.bytes - (before?.bytes ?? 0);
  return {
    width,
    height,
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(codec === undefined ? {} : { codec }),
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
    ...(lossPercent === undefined ? {} : { lossPercent }),
    ...(seconds > 0 && bytes >= 0 ? { bitrate: (bytes * 8) / seconds } : {}),
  };
}
