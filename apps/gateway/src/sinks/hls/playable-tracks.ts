import type { AacTrack, AudioTrack, OpusTrack, Track, VideoTrack } from '@vedette/media';

/** A track that browsers play from fMP4. */
export type PlayableTrack = VideoTrack | AacTrack | OpusTrack;

export interface TrackChoice {
  /** At most one video and one audio track. */
  readonly tracks: readonly PlayableTrack[];
  /** The audio track that would have been chosen, had browsers a decoder for it. */
  readonly unplayable: AudioTrack | undefined;
}

function isPlayableAudio(track: Track): track is AacTrack | OpusTrack {
  return track.codec === 'aac' || track.codec === 'opus';
}

/** The first video track and the first audio track that browsers play. */
export function chooseTracks(tracks: readonly Track[]): TrackChoice {
  const video = tracks.find((track) => track.kind === 'video');
  const audio = tracks.find(isPlayableAudio);
  return {
    tracks: [video, audio].filter((track) => track !== undefined),
    unplayable: audio === undefined ? tracks.find((track) => track.kind === 'audio') : undefined,
  };
}
