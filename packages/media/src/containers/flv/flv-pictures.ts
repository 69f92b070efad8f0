import type { AccessUnit } from '../../access-unit.ts';
import { parseAvcDecoderConfiguration } from '../../codecs/h264/avc-configuration.ts';
import { parseHevcDecoderConfiguration } from '../../codecs/h265/parse-hevc-configuration.ts';
import { splitLengthPrefixed } from '../../codecs/nal-units.ts';
import { av1TrackFromConfig } from '../../codecs/av1/av1-track.ts';
import type { FrameTrack } from '../../codecs/frame-codec.ts';
import { FrameAssembler } from '../../frame-assembler.ts';
import type { NalTrack, VideoTrack } from '../../track.ts';
import { createVideoAssembler, type VideoAssembler } from '../../video-assembler.ts';
import type { FlvVideoBody } from './flv-body.ts';
import type { FlvVideoCodec } from './flv-codecs.ts';

type VideoFrame = Extract<FlvVideoBody, { kind: 'frame' }>;

/** Ticks per second of the video tracks; a millisecond is a whole number of them. */
const VIDEO_CLOCK_RATE = 90_000;
const TICKS_PER_MS = VIDEO_CLOCK_RATE / 1000;

/** The pictures of one FLV stream. */
export interface FlvPictures {
  readonly codec: FlvVideoCodec;
  /** `undefined` until its configuration has come. */
  readonly track: VideoTrack | undefined;
  /** @throws {ProtocolError} the configuration is bad. */
  configure(data: Uint8Array): void;
  /**
   * @param timeMs decoding time, on the joined time line of the container.
   * @throws {ProtocolError} the picture is bad.
   */
  push(frame: VideoFrame, timeMs: number): AccessUnit | undefined;
}

/** @param takeId gives the track its place in the stream, once there is one. */
export function createFlvPictures(codec: FlvVideoCodec, takeId: () => number): FlvPictures {
  if (codec === 'h264' || codec === 'h265') return new NalPictures(codec, takeId);
  return new FramePictures(codec, takeId);
}

/** H.264 and H.265: NAL units behind their lengths, parameter sets in the configuration. */
class NalPictures implements FlvPictures {
  readonly codec: NalTrack['codec'];
  readonly #takeId: () => number;
  #assembler: VideoAssembler | undefined;
  #lengthSize = 4;

  constructor(codec: NalTrack['codec'], takeId: () => number) {
    this.codec = codec;
    this.#takeId = takeId;
  }

  get track(): VideoTrack | undefined {
    return this.#assembler?.track;
  }

  configure(data: Uint8Array): void {
    const { lengthSize, sets } = this.#parse(data);
    this.#lengthSize = lengthSize;
    // Sets alone are no picture: they count from the next random access point on.
    if (this.#assembler === undefined) {
      this.#assembler = createVideoAssembler(this.codec, this.#takeId(), VIDEO_CLOCK_RATE, sets);
    } else this.#assembler.push(sets, 0);
  }

  push({ data, compositionMs }: VideoFrame, timeMs: number): AccessUnit | undefined {
    const nals = splitLengthPrefixed(data, this.#lengthSize);
    return this.#assembler?.push(nals, (timeMs + compositionMs) * TICKS_PER_MS);
  }

  #parse(data: Uint8Array): { readonly lengthSize: number; readonly sets: readonly Uint8Array[] } {
    if (this.codec === 'h264') {
      const { lengthSize, sps, pps } = parseAvcDecoderConfiguration(data);
      return { lengthSize, sets: [...sps, ...pps] };
    }
    const { lengthSize, nals } = parseHevcDecoderConfiguration(data);
    return { lengthSize, sets: nals };
  }
}

/** AV1, VP9 and VP8: whole frames, which say themselves what they are. */
class FramePictures implements FlvPictures {
  readonly codec: FrameTrack['codec'];
  readonly #takeId: () => number;
  #assembler: FrameAssembler | undefined;

  constructor(codec: FrameTrack['codec'], takeId: () => number) {
    this.codec = codec;
    this.#takeId = takeId;
  }

  get track(): VideoTrack | undefined {
    return this.#assembler?.track;
  }

  configure(data: Uint8Array): void {
    // What the configuration of VP8 and VP9 says is in every key frame; a later one of AV1 is, too.
    if (this.codec !== 'av1' || this.#assembler !== undefined) return;
    const announced = av1TrackFromConfig(this.#takeId(), VIDEO_CLOCK_RATE, data);
    this.#assembler = new FrameAssembler('av1', announced.id, VIDEO_CLOCK_RATE, announced);
  }

  push({ data, compositionMs }: VideoFrame, timeMs: number): AccessUnit | undefined {
    this.#assembler ??= new FrameAssembler(this.codec, this.#takeId(), VIDEO_CLOCK_RATE);
    return this.#assembler.push([data], (timeMs + compositionMs) * TICKS_PER_MS);
  }
}
