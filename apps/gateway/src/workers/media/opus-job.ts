import { type AccessUnit, createOpusTrack, type OpusTrack, type Track } from '@vedette/media';
import type { Frame } from 'node-av/lib';
import type { Channel } from '../channel.ts';
import { AvError } from './av.ts';
import { OPUS_FRAME_SAMPLES, OPUS_RATE, OpusEncoder } from './opus-encoder.ts';
import { inputOf, Resampler } from './resampler.ts';
import { SampleFramer } from './sample-framer.ts';
import { createSoundDecoder, type SoundDecoder } from './sound-decoder.ts';

const BIT_RATE_PER_CHANNEL = 48_000;
/** Times that are off by less than 15 ms are taken for rounding: nobody hears or sees that. */
const TOLERANCE_TICKS = 720;
/** Units in a row that cannot be decoded before the job gives up. */
const MAX_DAMAGED = 250;

/** Sound of a camera in, AAC or G.711; Opus out, on the same channel and in the same time. */
export class OpusJob {
  readonly #channel: Channel;
  #decoder: SoundDecoder | undefined;
  #encoding: Encoding | undefined;
  #damaged = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Takes new tracks; the first one of sound is the one that counts. */
  setTracks(tracks: readonly Track[]): void {
    this.close();
    const track = tracks.find(({ kind }) => kind === 'audio');
    if (track?.kind !== 'audio' || track.codec === 'opus' || track.codec === 'mpa')
      throw new AvError('there is nothing to transcode');
    this.#decoder = createSoundDecoder(track);
  }

  /** @throws {AvError} nothing could be decoded for long. */
  transcode(unit: AccessUnit): void {
    try {
      this.#decoder?.decode(unit, (frame) => this.#encode(frame, unit.track));
      this.#damaged = 0;
    } catch (error) {
      this.#damaged += 1;
      if (this.#damaged > MAX_DAMAGED) throw error;
    }
  }

  /** Frees everything; `setTracks` begins anew. */
  close(): void {
    this.#decoder?.close();
    this.#encoding?.close();
    this.#decoder = this.#encoding = undefined;
  }

  #encode(frame: Frame, track: Track): void {
    const encoding = this.#encodingOf(frame, track.id);
    encoding.push(frame, track.clockRate, (data, pts) => {
      if (pts < 0) return;
      this.#channel.write({
        track: encoding.track,
        pts,
        dts: pts,
        isRandomAccess: true,
        data: [data],
        byteLength: data.byteLength,
        wallClockMs: Number.NaN,
      });
    });
  }

  /** Only the samples say what they are: HE-AAC has another rate than its track, or more channels. */
  #encodingOf(frame: Frame, trackId: number): Encoding {
    if (this.#encoding?.input === inputOf(frame)) return this.#encoding;
    this.#encoding?.close();
    this.#encoding = undefined;
    const encoding = new Encoding(frame, trackId);
    this.#encoding = encoding;
    this.#channel.setTracks([encoding.track]);
    return encoding;
  }
}

/** Everything behind the decoder, for samples of one format. */
class Encoding {
  readonly track: OpusTrack;
  readonly #resampler: Resampler;
  readonly #framer: SampleFramer;
  readonly #encoder: OpusEncoder;

  constructor(example: Frame, trackId: number) {
    const channels = example.channels === 1 ? 1 : 2;
    this.track = createOpusTrack(trackId, channels);
    this.#framer = new SampleFramer({
      sampleBytes: 2 * channels,
      frameSamples: OPUS_FRAME_SAMPLES,
      toleranceTicks: TOLERANCE_TICKS,
    });
    this.#encoder = new OpusEncoder({ channels, bitRate: BIT_RATE_PER_CHANNEL * channels });
    try {
      this.#resampler = new Resampler(example, channels, OPUS_RATE);
    } catch (error) {
      this.#encoder.close();
      throw error;
    }
  }

  get input(): string {
    return this.#resampler.input;
  }

  push(frame: Frame, clockRate: number, onPacket: (data: Buffer, pts: number) => void): void {
    const pts = Math.round((Number(frame.pts) * OPUS_RATE) / clockRate) - this.#resampler.delay;
    this.#framer.push(this.#resampler.convert(frame), pts, (run) => {
      for (const packet of this.#encoder.encode(run.samples, run.pts)) onPacket(packet.data, packet.pts);
    });
  }

  close(): void {
    this.#resampler.close();
    this.#encoder.close();
  }
}
