import type { AudioTrack, Track, VideoTrack } from '@vedette/media';
import { soundTarget, soundTrack, type SoundTarget } from '../workers/media/sound-target.ts';
import { carries, type Carriage } from './carriage.ts';

/** How one medium of a source comes into a stream that is made of it. */
export interface FittedMedium<Of extends Track> {
  /** In the source. */
  readonly source: Of;
  /** What it becomes, where that is known from the start. */
  readonly track: Of | undefined;
  /** Whether it goes through as it is, but for its id. */
  readonly isPassed: boolean;
}

/** What becomes of the tracks of a source: at most one of pictures and one of sound, in that order. */
export interface FitPlan {
  readonly video: FittedMedium<VideoTrack> | undefined;
  readonly audio: FittedMedium<AudioTrack> | undefined;
}

/**
 * Plans how `tracks` get into a way out.
 *
 * @param isScaled whether another size of picture than the source's is wanted.
 */
export function planFit(tracks: readonly Track[], carriage: Carriage, isScaled: boolean): FitPlan {
  const video = tracks.find((track) => track.kind === 'video');
  const audio = tracks.find((track) => track.kind === 'audio');
  return {
    video: video && planVideo(video, carriage, isScaled),
    audio: audio && planAudio(audio, carriage, video === undefined ? 0 : 1),
  };
}

/** Whether the source can be taken as it is, with all its tracks. */
export function isAsItIs({ video, audio }: FitPlan): boolean {
  return video?.isPassed !== false && audio?.isPassed !== false;
}

/** Whether units can go on from one plan to the other without the readers being told of another stream. */
export function isSameFit(one: FitPlan, other: FitPlan): boolean {
  const keyOf = ({ video, audio }: FitPlan): string =>
    [video, audio]
      .map((medium) => medium && `${medium.source.codec} ${medium.isPassed} ${medium.track?.codec ?? 'h264'}`)
      .join();
  return keyOf(one) === keyOf(other);
}

function planVideo(source: VideoTrack, carriage: Carriage, isScaled: boolean): FittedMedium<VideoTrack> {
  const isPassed = !isScaled && carries(carriage, source);
  return { source, isPassed, track: isPassed ? withId(source, 0) : undefined };
}

function planAudio(source: AudioTrack, carriage: Carriage, id: number): FittedMedium<AudioTrack> {
  const codec = carries(carriage, source) ? undefined : soundCodecFor(carriage);
  if (codec === undefined) return { source, isPassed: true, track: withId(source, id) };
  return { source, isPassed: false, track: soundTrack(id, soundTarget(source, codec)) };
}

/** What other sound becomes: the first that there is an encoder for. */
export function soundCodecFor({ audio }: Carriage): SoundTarget['codec'] | undefined {
  return audio.find((codec) => codec !== 'mpa');
}

function withId<Of extends Track>(track: Of, id: number): Of {
  return track.id === id ? track : { ...track, id };
}
