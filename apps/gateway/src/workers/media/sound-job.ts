import { type AccessUnit, type AudioTrack, type Track } from '@vedette/media';
import type { Frame } from 'node-av/lib';
import type { Channel } from '../channel.ts';
import { AvError } from './av.ts';
import { inputOf, Resampler } from './resampler.ts';
import { SampleFramer } from './sample-framer.ts';
import { createSoundDecoder, type SoundDecoder } from './sound-decoder.ts';
import { createSoundEncoder } from './create-sound-encoder.ts';
import type { SoundEncoder } from './sound-encoder.ts';
import { soundTrack, type SoundTarget } from './sound-target.ts';

/** Times that are off by less than 15 ms are taken for rounding: nobody hears or sees that. */
const TOLERANCE_SECONDS = 0.015;
/** Units in a row that cannot be decoded before the job gives up. */
const MAX_DAMAGED = 250;

/** Sound of a camera in; sound of the target out, on the same channel and in the same time. */
export class SoundJob {
  readonly #channel: Channel;
  readonly #target: SoundTarget;
  #decoder: SoundDecoder | undefined;
  #encoding: Encoding | undefined;
  #damaged = 0;

  constructor(channel: Channel, target: SoundTarget) {
    this.#channel = channel;
    this.#target = target;
  }

  /** Takes new tracks; the first one of sound is the one that counts. */
  setTracks(tracks: readonly Track[]): void {
    this.close();
    const track = tracks.find((candidate) => candidate.kind === 'audio');
    if (track === undefined) throw new AvError('there is nothing to transcode');
    this.#decoder = createSoundDecoder(track);
    this.#channel.setTracks([soundTrack(track.id, this.#target)]);
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

  #encode(frame: Frame, { id, clockRate }: Track): void {
    const encoding = this.#encodingOf(frame, id);
    encoding.push(frame, clockRate, (data, pts) => {
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
    this.#encoding = new Encoding(frame, trackId, this.#target);
    return this.#encoding;
  }
}

/** Everything behind the decoder, for samples of one format. */
class Encoding {
  readonly track: AudioTrack;
  readonly #rate: number;
  readonly #resampler: Resampler;
  readonly #framer: SampleFramer;
  readonly #encoder: SoundEncoder;

  constructor(example: Frame, trackId: number, target: SoundTarget) {
    const { sampleRate, channels } = target;
    this.track = soundTrack(trackId, target);
    this.#rate = sampleRate;
    this.#encoder = createSoundEncoder(target);
    this.#framer = new SampleFramer({
      sampleBytes: 2 * channels,
      frameSamples: this.#encoder.frameSamples,
      toleranceTicks: TOLERANCE_SECONDS * sampleRate,
    });
    try {
      this.#resampler = new Resampler(example, channels, sampleRate);
    } catch (error) {
      this.#encoder.close();
      throw error;
    }
  }

  get input(): string {
    return this.#resampler.input;
  }

  push(frame: Frame, clockRate: number, onPacket: (data: Buffer, pts: number) => void): void {
    const pts = Math.round((Number(frame.pts) * this.#rate) / clockRate) - this.#resampler.delay;
    this.#framer.push(this.#resampler.convert(frame), pts, (run) => {
      for (const packet of this.#encoder.encode(run.samples, run.pts)) onPacket(packet.data, packet.pts);
    });
  }

  close(): void {
    this.#resampler.close();
    this.#encoder.close();
  }
}
