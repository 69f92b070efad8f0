import type { AudioCodec, Track, VideoCodec } from '@vedette/media';

/** What a way out can carry. */
export interface Carriage {
  /** Carried as they are; everything else becomes H.264. */
  readonly video: readonly VideoCodec[];
  /** Whether pictures may come in another order than they are shown (B-frames). */
  readonly reorders: boolean;
  /** Carried as they are; other sound becomes the first of them. */
  readonly audio: readonly AudioCodec[];
}

/** Whether the track can be carried as it is. */
export function carries({ video, reorders, audio }: Carriage, track: Track): boolean {
  if (track.kind === 'audio') return audio.includes(track.codec);
  return video.includes(track.codec) && (reorders || track.video.reorderDepth === 0);
}
