import { ApiError, UnreachableError } from '../api/api-client.ts';

/** Why publishing does not work. */
export type PublishFailure =
  /** Passing: it is tried again. `unavailable`: WebRTC is being restarted, or is full. */
  | { readonly kind: 'unreachable' | 'lost' }
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** For good, until somebody does something about it. */
  | { readonly kind: 'forbidden' | 'notFound' | 'notPublish' | 'busy' | 'replaced' | 'disabled' | 'codec' }
  /** Whatever else the gateway said. */
  | { readonly kind: 'refused'; readonly reason: string };

const BY_CODE: ReadonlyMap<string, PublishFailure> = new Map<string, PublishFailure>([
  ['ERR_CAMERA_NOT_FOUND', { kind: 'notFound' }],
  ['ERR_NOT_A_PUBLISH_CAMERA', { kind: 'notPublish' }],
  ['ERR_PUBLISHER_BUSY', { kind: 'busy' }],
  ['ERR_PUBLISH_CODEC', { kind: 'codec' }],
  ['ERR_WEBRTC_OFF', { kind: 'disabled' }],
]);

const LATER: ReadonlySet<string> = new Set([
  'ERR_WEBRTC_UNAVAILABLE',
  'ERR_WEBRTC_FULL',
  'ERR_WEBRTC_TOO_MANY',
]);

/** What an answer other than 201 to a WHIP offer means for the person who publishes. */
export function publishFailure(error: unknown): PublishFailure {
  if (error instanceof UnreachableError) return { kind: 'unreachable' };
  if (!(error instanceof ApiError)) return { kind: 'refused', reason: String(error) };
  const { code, status, message } = error;
  if (LATER.has(code)) return { kind: 'unavailable', reason: message };
  if (status === 401 || status === 403) return { kind: 'forbidden' };
  return BY_CODE.get(code) ?? { kind: 'refused', reason: message };
}

/** Whether trying again may help without anybody doing anything. */
export function isPassing({ kind }: PublishFailure): boolean {
  return kind === 'unreachable' || kind === 'lost' || kind === 'unavailable';
}
