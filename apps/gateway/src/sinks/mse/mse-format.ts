import {
  audioCodecString,
  initSegment,
  mediaSegment,
  ProtocolError,
  type AacTrack,
  type AccessUnit,
  type OpusTrack,
  type Track,
} from '@vedette/media';
import type { WireFormat } from '../fanout.ts';
import { FragmentTimes } from './fragment-times.ts';
import { BINARY_FRAME, serverFrame, TEXT_FRAME } from './server-frame.ts';

/** What players are told before an initialization segment. */
export interface TracksMessage {
  readonly type: 'tracks';
  /** For `MediaSource.addSourceBuffer` and `changeType`. */
  readonly mimeType: string;
  /** RFC 6381, video first. */
  readonly codecs: readonly string[];
  /** Of the pictures; 0 where there are none. */
  readonly width: number;
  readonly height: number;
  /** Ticks a second of the first track: what `prft` boxes count in. */
  readonly timescale: number;
  /** The rendition that this is: `source` or a rung of the ladder. */
  readonly quality: string;
}

const AAC_FRAME_TICKS = 1024;
const OPUS_PACKET_TICKS = 960;
const DEFAULT_FRAME_RATE = 25;

/**
 * A stream as WebSocket messages for media source extensions: `tracks` as JSON, an initialization segment, then one
 * fragment of MP4 a unit. Key pictures say when they were captured (`prft`), for players to tell how late they are.
 */
export class MseFormat implements WireFormat {
  readonly #quality: string;
  readonly #times = new Map<number, FragmentTimes>();
  #sequenceNumber = 0;

  /** @param quality what the rendition is called */
  constructor(quality: string) {
    this.#quality = quality;
  }

  header(tracks: readonly Track[]): Buffer {
    const chosen = chooseTracks(tracks);
    const video = chosen.find((track) => track.kind === 'video');
    if (chosen.length === 0) {
      throw new ProtocolError('ERR_MSE_UNPLAYABLE', 'Browsers play neither its video nor its sound.');
    }
    this.#keepTimes(chosen);
    const codecs = chosen.map((track) =>
      track.kind === 'video' ? track.video.codecString : audioCodecString(track),
    );
    const message: TracksMessage = {
      type: 'tracks',
      mimeType: `${video === undefined ? 'audio' : 'video'}/mp4; codecs="${codecs.join(',')}"`,
      codecs,
      width: video?.video.width ?? 0,
      height: video?.video.height ?? 0,
      timescale: chosen[0]?.clockRate ?? 0,
      quality: this.#quality,
    };
    return Buffer.concat([
      serverFrame(TEXT_FRAME, Buffer.from(JSON.stringify(message))),
      serverFrame(BINARY_FRAME, initSegment(chosen)),
    ]);
  }

  /** Times go on where a track stays: fragments that follow are later than those before. */
  #keepTimes(chosen: readonly Track[]): void {
    for (const id of [...this.#times.keys()]) {
      if (!chosen.some((track) => track.id === id)) this.#times.delete(id);
    }
    for (const track of chosen) {
      if (this.#times.has(track.id)) continue;
      this.#times.set(track.id, new FragmentTimes(usualDuration(track), track.clockRate));
    }
  }

  unit({ track, pts, dts, isRandomAccess, data, wallClockMs }: AccessUnit): Buffer | undefined {
    const times = this.#times.get(track.id);
    if (times === undefined) return undefined;
    const isKeyPicture = isRandomAccess && track.kind === 'video';
    const { dts: baseDts, duration } = times.next(dts, isKeyPicture);
    this.#sequenceNumber = (this.#sequenceNumber + 1) >>> 0;
    const sample = { duration, ptsOffset: pts - baseDts, isSync: isRandomAccess, data };
    const fragment = mediaSegment({
      sequenceNumber: this.#sequenceNumber,
      tracks: [{ track, baseDts, samples: [sample] }],
      ...(isKeyPicture && wallClockMs > 0 ? { producerTime: { track, pts, wallClockMs } } : {}),
    });
    return serverFrame(BINARY_FRAME, fragment);
  }
}

/** The first video track, and the first sound that browsers play out of MP4. */
function chooseTracks(tracks: readonly Track[]): Track[] {
  const video = tracks.find(({ kind, codec }) => kind === 'video' && codec !== 'mjpeg' && codec !== 'vp8');
  const audio = tracks.find(isPlayable);
  return [video, audio].filter((track) => track !== undefined);
}

function isPlayable(track: Track): track is AacTrack | OpusTrack {
  return track.codec === 'aac' || track.codec === 'opus';
}

function usualDuration(track: Track): number {
  if (track.kind === 'video') return track.clockRate / (track.video.frameRate ?? DEFAULT_FRAME_RATE);
  return track.codec === 'opus' ? OPUS_PACKET_TICKS : AAC_FRAME_TICKS;
}
