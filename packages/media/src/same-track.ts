import { isNalTrack, type NalTrack, type Track, type VideoParameters } from './track.ts';

/**
 * Whether two tracks have equal parameters, so that a decoder set up for one goes on with the other.
 * The id counts too: tracks in different places of a stream are not the same.
 */
export function sameTrack(a: Track, b: Track): boolean {
  if (a === b) return true;
  if (a.id !== b.id || a.clockRate !== b.clockRate || a.codec !== b.codec) return false;
  if (a.kind === 'video') return b.kind === 'video' && sameVideo(a.video, b.video) && sameConfiguration(a, b);
  if (a.codec === 'aac') return b.codec === 'aac' && sameBytes(a.config, b.config);
  return b.kind === 'audio' && a.channels === b.channels;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sameConfiguration(a: Track, b: Track): boolean {
  if (a.codec === 'av1') return b.codec === 'av1' && sameBytes(a.config, b.config);
  return !isNalTrack(a) || (isNalTrack(b) && sameSets(a, b));
}

function sameSets(a: NalTrack, b: NalTrack): boolean {
  const setsOf = (track: NalTrack) => [track.codec === 'h265' ? track.vps : [], track.sps, track.pps];
  const others = setsOf(b);
  return setsOf(a).every((sets, i) => sameNals(sets, others[i] ?? []));
}

function sameNals(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((nal, i) => sameBytes(nal, b[i] ?? new Uint8Array()));
}

/** Profile and level are in the codec string; the rest may differ with equal sets, where several are live. */
function sameVideo(a: VideoParameters, b: VideoParameters): boolean {
  return (
    a.codecString === b.codecString &&
    a.width === b.width &&
    a.height === b.height &&
    a.frameRate === b.frameRate &&
    a.reorderDepth === b.reorderDepth
  );
}
