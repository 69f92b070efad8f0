import type { PlaybackFailure, QualityState } from '../player/playback.ts';

/** What the gateway says on the WebSocket of a viewer. */
export type ServerMessage =
  | {
      readonly type: 'tracks';
      readonly mimeType: string;
      readonly codecs: readonly string[];
      readonly timescale: number;
    }
  | ({ readonly type: 'quality' } & QualityState)
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  | { readonly type: 'dropped'; readonly count: number };

const BY_CODE: ReadonlyMap<string, PlaybackFailure> = new Map<string, PlaybackFailure>([
  ['ERR_CAMERA_NOT_FOUND', { kind: 'notFound' }],
  ['ERR_MSE_UNPLAYABLE', { kind: 'unsupported', obstacle: { kind: 'codec' } }],
]);
const AWAY: ReadonlySet<string> = new Set([
  'ERR_CAMERA_OFFLINE',
  'ERR_CAMERA_WAITING',
  'ERR_CAMERA_CONNECTING',
]);

/** What a refusal means for the player. */
export function mseFailure(code: string, message: string): PlaybackFailure {
  if (AWAY.has(code)) return { kind: 'offline', reason: message };
  return BY_CODE.get(code) ?? { kind: 'refused', reason: message };
}

const PRFT = 0x70726674;
const NTP_EPOCH_SECONDS = 2_208_988_800;

/** When the picture at an instant of the media was captured. */
export interface CaptureTime {
  /** Ticks of the first track. */
  readonly ticks: number;
  /** Milliseconds since the Unix epoch. */
  readonly unixMs: number;
}

/** The producer reference time that a fragment begins with (ISO 14496-12 §8.16.5), where it does. */
export function captureTimeOf(fragment: ArrayBuffer): CaptureTime | undefined {
  if (fragment.byteLength < 32) return undefined;
  const view = new DataView(fragment);
  if (view.getUint32(4) !== PRFT || view.getUint8(8) !== 1) return undefined;
  const seconds = view.getUint32(16) - NTP_EPOCH_SECONDS;
  return {
    unixMs: seconds * 1000 + (view.getUint32(20) * 1000) / 2 ** 32,
    ticks: view.getUint32(24) * 2 ** 32 + view.getUint32(28),
  };
}
