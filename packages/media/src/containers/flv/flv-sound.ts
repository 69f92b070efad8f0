import type { AccessUnit } from '../../access-unit.ts';
import { createAacTrack, parseAudioSpecificConfig } from '../../codecs/aac.ts';
import { createG711Track } from '../../codecs/g711.ts';
import { createMpegAudioTrack, parseMpegAudioHeader } from '../../codecs/mpeg-audio.ts';
import { createOpusTrack, opusPacketTicks, parseOpusHead } from '../../codecs/opus.ts';
import { sameTrack } from '../../same-track.ts';
import type { AudioTrack } from '../../track.ts';
import type { FlvAudioBody } from './flv-body.ts';
import type { FlvAudioCodec } from './flv-codecs.ts';

type AudioFrame = Extract<FlvAudioBody, { kind: 'frame' }>;

/** FLV has no other rate for G.711 (10.1 §E.4.2.1). */
const G711_RATE = 8000;
/** Timestamps are rounded to milliseconds, and some muxers add one: what is within is no gap. */
const TOLERANCE_MS = 2.5;

/** The sound of one FLV stream: knows its track, and gives each frame its exact place in time. */
export class FlvSound {
  readonly codec: FlvAudioCodec;
  readonly #takeId: () => number;
  #track: AudioTrack | undefined;
  #samplesPerFrame = 1024;
  /** Where the next frame belongs, in ticks, if nothing is missing. */
  #nextPts = Number.NaN;

  /** @param takeId gives the track its place in the stream, once there is one. */
  constructor(codec: FlvAudioCodec, takeId: () => number) {
    this.codec = codec;
    this.#takeId = takeId;
  }

  get #id(): number {
    return this.#track?.id ?? this.#takeId();
  }

  /** `undefined` until its configuration, or its first frame, has come. */
  get track(): AudioTrack | undefined {
    return this.#track;
  }

  /** @throws {ProtocolError} the configuration is bad. */
  configure(data: Uint8Array): void {
    if (this.codec === 'aac') {
      this.#samplesPerFrame = parseAudioSpecificConfig(data).samplesPerFrame;
      this.#become(createAacTrack(this.#id, data));
    } else if (this.codec === 'opus') {
      this.#become(createOpusTrack(this.#id, parseOpusHead(data).channels));
    }
  }

  /**
   * @param timeMs on the joined time line of the container.
   * @returns `undefined` where a configuration is still missing.
   * @throws {ProtocolError} the frame is bad.
   */
  push(frame: AudioFrame, timeMs: number): AccessUnit | undefined {
    const duration = this.#look(frame);
    const track = this.#track;
    if (track === undefined) return undefined;
    const { data } = frame;
    const pts = this.#place(timeMs, track.clockRate);
    this.#nextPts = pts + duration;
    return {
      track,
      pts,
      dts: pts,
      isRandomAccess: true,
      data: [data],
      byteLength: data.length,
      wallClockMs: Number.NaN,
    };
  }

  /** Answers the duration of a frame in ticks; codecs that describe themselves make their track here. */
  #look({ data, channels }: AudioFrame): number {
    switch (this.codec) {
      case 'aac':
        return this.#samplesPerFrame;
      case 'opus':
        this.#track ??= createOpusTrack(this.#id, 2);
        return opusPacketTicks(data);
      case 'mpa': {
        const header = parseMpegAudioHeader(data);
        this.#become(createMpegAudioTrack(this.#id, header));
        return header.samplesPerFrame;
      }
      default:
        this.#become(createG711Track(this.#id, this.codec, G711_RATE, channels));
        return Math.floor(data.length / channels);
    }
  }

  #become(track: AudioTrack): void {
    if (this.#track === undefined || !sameTrack(this.#track, track)) {
      this.#track = track;
      this.#nextPts = Number.NaN;
    }
  }

  /** One frame follows the other without a gap where the rounded timestamps allow it; time never goes back. */
  #place(timeMs: number, clockRate: number): number {
    const pts = Math.round((timeMs * clockRate) / 1000);
    const tolerance = (TOLERANCE_MS * clockRate) / 1000;
    if (Math.abs(pts - this.#nextPts) <= tolerance || pts < this.#nextPts) return this.#nextPts;
    return pts;
  }
}
