import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_ID_AAC,
  AV_SAMPLE_FMT_S16,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import { type AacTrack, type AccessUnit, decodeG711, type G711Track } from '@vedette/media';
import { AvError, check, found, hasReceived } from './av.ts';

/** Coded sound in, samples out. */
export interface SoundDecoder {
  /**
   * Decodes one unit.
   *
   * @param onFrame gets samples; the frame's `pts` has the unit's clock; valid during the call.
   * @throws {AvError} the unit is damaged; the next one may be whole.
   */
  decode(unit: AccessUnit, onFrame: (frame: Frame) => void): void;
  /** Safe to call twice. */
  close(): void;
}

/** @throws {AvError} the decoder refuses the track's configuration. */
export function createSoundDecoder(track: AacTrack | G711Track): SoundDecoder {
  return track.codec === 'aac' ? new AacDecoder(track) : new G711Decoder(track);
}

class AacDecoder implements SoundDecoder {
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  #isClosed = false;

  constructor(track: AacTrack) {
    this.#context.allocContext3(found(Codec.findDecoder(AV_CODEC_ID_AAC), 'AAC decoder'));
    this.#packet.alloc();
    this.#frame.alloc();
    this.#context.extraData = Buffer.from(track.config);
    this.#context.pktTimebase = new Rational(1, track.clockRate);
    try {
      check(this.#context.open2Sync(null, null), 'open the AAC decoder');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  decode(unit: AccessUnit, onFrame: (frame: Frame) => void): void {
    this.#packet.data = Buffer.concat(unit.data, unit.byteLength);
    this.#packet.pts = this.#packet.dts = BigInt(unit.pts);
    try {
      check(this.#context.sendPacketSync(this.#packet), 'decode AAC');
    } finally {
      this.#packet.unref();
    }
    while (hasReceived(this.#context.receiveFrameSync(this.#frame), 'take decoded AAC')) {
      onFrame(this.#frame);
      this.#frame.unref();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#context.freeContext();
    this.#packet.free();
    this.#frame.free();
  }
}

class G711Decoder implements SoundDecoder {
  readonly #track: G711Track;

  constructor(track: G711Track) {
    if (track.channels > 2) throw new AvError(`G.711 of ${track.channels} channels`);
    this.#track = track;
  }

  decode(unit: AccessUnit, onFrame: (frame: Frame) => void): void {
    const { codec, channels, sampleRate } = this.#track;
    const linear = decodeG711(codec, Buffer.concat(unit.data, unit.byteLength));
    if (linear.length < channels) return;
    const frame = Frame.fromAudioBuffer(Buffer.from(linear.buffer, linear.byteOffset, linear.byteLength), {
      nbSamples: Math.floor(linear.length / channels),
      format: AV_SAMPLE_FMT_S16,
      sampleRate,
      channelLayout: channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO,
      pts: BigInt(unit.pts),
    });
    try {
      onFrame(frame);
    } finally {
      frame.free();
    }
  }

  close(): void {
    // Holds nothing.
  }
}
