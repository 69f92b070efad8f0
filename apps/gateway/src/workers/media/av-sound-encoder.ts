import { AV_CHANNEL_LAYOUT_MONO, AV_CHANNEL_LAYOUT_STEREO, type AVSampleFormat } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import { check, found, hasReceived } from './av.ts';
import type { SoundEncoder, SoundPacket } from './sound-encoder.ts';

type EncoderName = Parameters<typeof Codec.findEncoderByName>[0];

export interface AvSoundEncoderOptions {
  /** FFmpeg's. */
  readonly encoder: EncoderName;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Bits a second on average. */
  readonly bitRate: number;
  /** Samples of each channel in one packet. */
  readonly frameSamples: number;
  /** What the encoder takes. */
  readonly sampleFormat: AVSampleFormat;
  /** Makes that of interleaved samples of 16 bits; as they are where absent. */
  readonly pack?: (samples: Buffer) => Buffer;
  /** The encoder's own. */
  readonly options: Readonly<Record<string, string>>;
}

/** One of FFmpeg's encoders of sound. Calls take less than a millisecond and are synchronous. */
export class AvSoundEncoder implements SoundEncoder {
  readonly frameSamples: number;
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  readonly #pack: (samples: Buffer) => Buffer;
  #isClosed = false;

  /** @throws {AvError} the encoder is missing or refuses the options. */
  constructor({ encoder, frameSamples, pack = (samples) => samples, ...shape }: AvSoundEncoderOptions) {
    this.frameSamples = frameSamples;
    this.#pack = pack;
    const context = this.#context;
    context.allocContext3(found(Codec.findEncoderByName(encoder), encoder));
    this.#frame.alloc();
    this.#packet.alloc();
    context.sampleRate = this.#frame.sampleRate = shape.sampleRate;
    context.sampleFormat = this.#frame.format = shape.sampleFormat;
    context.channelLayout = this.#frame.channelLayout =
      shape.channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;
    context.timeBase = new Rational(1, shape.sampleRate);
    context.bitRate = BigInt(shape.bitRate);
    this.#frame.nbSamples = frameSamples;
    try {
      for (const [name, value] of Object.entries(shape.options)) {
        check(context.setOption(name, value), `set ${name} of ${encoder}`);
      }
      check(context.open2Sync(null, null), `open ${encoder}`);
      check(this.#frame.allocBuffer(), 'allocate samples');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  encode(samples: Buffer, pts: number): SoundPacket[] {
    check(this.#frame.makeWritable(), 'reuse samples');
    check(this.#frame.fromBuffer(this.#pack(samples)), 'copy samples');
    this.#frame.pts = BigInt(pts);
    check(this.#context.sendFrameSync(this.#frame), 'encode samples');
    const packets: SoundPacket[] = [];
    while (hasReceived(this.#context.receivePacketSync(this.#packet), 'take a packet of sound')) {
      packets.push({
        data: Buffer.from(this.#packet.data ?? Buffer.alloc(0)),
        pts: Number(this.#packet.pts),
      });
      this.#packet.unref();
    }
    return packets;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#context.freeContext();
    this.#frame.free();
    this.#packet.free();
  }
}
