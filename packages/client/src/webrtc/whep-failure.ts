import { ApiError, UnreachableError } from '../api/api-client.ts';
import type { PlaybackFailure } from '../player/playback.ts';

const BY_CODE: ReadonlyMap<string, PlaybackFailure> = new Map<string, PlaybackFailure>([
  ['ERR_WEBRTC_B_FRAMES', { kind: 'unsupported', obstacle: { kind: 'reorderedPictures' } }],
  ['ERR_WEBRTC_CODEC', { kind: 'unsupported', obstacle: { kind: 'codec' } }],
  ['ERR_WEBRTC_OFF', { kind: 'unsupported', obstacle: { kind: 'disabled' } }],
  // A worker is being restarted, which takes less than a second: no reason to play by other means.
  ['ERR_WEBRTC_UNAVAILABLE', { kind: 'unreachable' }],
]);

const AWAY: ReadonlySet<string> = new Set([
  'ERR_CAMERA_OFFLINE',
  'ERR_CAMERA_WAITING',
  'ERR_CAMERA_CONNECTING',
]);

/** What an answer other than 201 to a WHEP offer means for the player. */
export function whepFailure(error: unknown): PlaybackFailure {
  if (error instanceof UnreachableError) return { kind: 'unreachable' };
  if (!(error instanceof ApiError)) return { kind: 'refused', reason: String(error) };
  const { code, status, message } = error;
  if (AWAY.has(code)) return { kind: 'offline', reason: message };
  if (status === 401 || status === 403) return { kind: 'forbidden' };
  return BY_CODE.get(code) ?? (status === 404 ? { kind: 'notFound' } : { kind: 'refused', reason: message });
}
