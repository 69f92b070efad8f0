import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_ID_AAC,
  AV_CODEC_ID_MP2,
  AV_CODEC_ID_MP3,
  AV_CODEC_ID_OPUS,
  AV_SAMPLE_FMT_S16,
  type AVCodecID,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import {
  type AccessUnit,
  type AudioTrack,
  decodeG711,
  type G711Track,
  serializeOpusHead,
} from '@vedette/media';
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
export function createSoundDecoder(track: AudioTrack): SoundDecoder {
  switch (track.codec) {
    case 'aac':
      return new LibrarySoundDecoder(track, { codecId: AV_CODEC_ID_AAC, config: track.config });
    case 'opus': {
      // Without a head it decodes one or two channels and leaves their time alone.
      const config = track.channels > 2 ? serializeOpusHead(track.channels) : undefined;
      return new LibrarySoundDecoder(track, { codecId: AV_CODEC_ID_OPUS, config });
    }
    case 'mpa':
      return new LibrarySoundDecoder(track, {
        codecId: track.layer === 3 ? AV_CODEC_ID_MP3 : AV_CODEC_ID_MP2,
      });
    case 'pcma':
    case 'pcmu':
      return new G711Decoder(track);
  }
}

interface LibraryCodec {
  readonly codecId: AVCodecID;
  /** What the decoder has to know before the first unit. */
  readonly config?: Uint8Array | undefined;
}

/** A decoder of FFmpeg's. */
class LibrarySoundDecoder implements SoundDecoder {
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  readonly #name: string;
  #isClosed = false;

  constructor({ codec, clockRate, sampleRate, channels }: AudioTrack, { codecId, config }: LibraryCodec) {
    this.#name = codec.toUpperCase();
    this.#context.allocContext3(found(Codec.findDecoder(codecId), `${this.#name} decoder`));
    this.#packet.alloc();
    this.#frame.alloc();
    if (config !== undefined) this.#context.extraData = Buffer.from(config);
    this.#context.pktTimebase = new Rational(1, clockRate);
    this.#context.sampleRate = sampleRate;
    if (channels <= 2) {
      this.#context.channelLayout = channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;
    }
    try {
      check(this.#context.open2Sync(null, null), `open the ${this.#name} decoder`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  decode(unit: AccessUnit, onFrame: (frame: Frame) => void): void {
    this.#packet.data = Buffer.concat(unit.data, unit.byteLength);
    this.#packet.pts = this.#packet.dts = BigInt(unit.pts);
    try {
      check(this.#context.sendPacketSync(this.#packet), `decode ${this.#name}`);
    } finally {
      this.#packet.unref();
    }
    while (hasReceived(this.#context.receiveFrameSync(this.#frame), `take decoded ${this.#name}`)) {
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
