import type { Track } from '@vedette/media';

/**
 * Whether a viewer that was described `before` can go on with `after`. Parameter sets of video
 * travel with the pictures and may change; what only the description tells may not.
 */
export function hasSameDescription(before: readonly Track[], after: readonly Track[]): boolean {
  return before.length === after.length && before.every((track, id) => isSameTrack(track, after[id]));
}

function isSameTrack(before: Track, after: Track | undefined): boolean {
  if (after?.codec !== before.codec || after.clockRate !== before.clockRate) return false;
  if (before.kind === 'video' || after.kind === 'video') return true;
  if (before.channels !== after.channels || before.sampleRate !== after.sampleRate) return false;
  if (before.codec !== 'aac' || after.codec !== 'aac') return true;
  return Buffer.compare(before.config, after.config) === 0;
}
