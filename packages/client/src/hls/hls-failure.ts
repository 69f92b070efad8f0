import type { PlaybackFailure } from '../player/playback.ts';

const BY_STATUS: ReadonlyMap<number, PlaybackFailure> = new Map<number, PlaybackFailure>([
  [0, { kind: 'unreachable' }],
  [401, { kind: 'forbidden' }],
  [403, { kind: 'forbidden' }],
  [404, { kind: 'notFound' }],
  [406, { kind: 'unsupported', obstacle: { kind: 'codec' } }],
  [502, { kind: 'unreachable' }],
  [503, { kind: 'offline', reason: '' }],
  [504, { kind: 'unreachable' }],
]);

/**
 * What a fatal error of the HLS player means.
 *
 * @param status of the gateway's answer; 0 or absent when there was none.
 * @param detail of the player, such as `bufferAppendError`.
 */
export function hlsFailure(isNetwork: boolean, status: number | undefined, detail: string): PlaybackFailure {
  if (isNetwork) {
    return BY_STATUS.get(status ?? 0) ?? { kind: 'refused', reason: `The gateway answered ${status ?? 0}.` };
  }
  return /codec|incompatible/i.test(detail)
    ? { kind: 'unsupported', obstacle: { kind: 'codec' } }
    : { kind: 'lost' };
}
