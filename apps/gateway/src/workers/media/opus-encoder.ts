import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_SAMPLE_FMT_S16,
  FF_ENCODER_LIBOPUS,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import { check, found, hasReceived } from './av.ts';

const OPUS_RATE = 48_000;
/** Samples of one packet: 20 ms. */
export const OPUS_FRAME_SAMPLES = 960;

export interface OpusEncoderOptions {
  readonly channels: 1 | 2;
  /** Bits a second on average. */
  readonly bitRate: number;
}

export interface OpusPacket {
  readonly data: Buffer;
  /**
   * Time of its first sample in ticks of 48 kHz: earlier than that of the samples that went in by
   * the encoder's look-ahead of 6.5 ms, so that what a decoder plays at a time is what was heard at it.
   */
  readonly pts: number;
}

/** libopus, 20 ms a packet. Calls take a fifth of a millisecond and are synchronous. */
export class OpusEncoder {
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  #isClosed = false;

  /** @throws {AvError} libopus refuses the options. */
  constructor({ channels, bitRate }: OpusEncoderOptions) {
    const context = this.#context;
    context.allocContext3(found(Codec.findEncoderByName(FF_ENCODER_LIBOPUS), 'libopus'));
    this.#frame.alloc();
    this.#packet.alloc();
    context.sampleRate = this.#frame.sampleRate = OPUS_RATE;
    context.sampleFormat = this.#frame.format = AV_SAMPLE_FMT_S16;
    context.channelLayout = this.#frame.channelLayout =
      channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;
    context.timeBase = new Rational(1, OPUS_RATE);
    context.bitRate = BigInt(bitRate);
    this.#frame.nbSamples = OPUS_FRAME_SAMPLES;
    try {
      check(context.setOption('frame_duration', '20'), 'set frame_duration of libopus');
      // Half of the greatest effort: a third of the time, and no difference to hear at these rates.
      check(context.setOption('compression_level', '5'), 'set compression_level of libopus');
      check(context.open2Sync(null, null), 'open libopus');
      check(this.#frame.allocBuffer(), 'allocate samples');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Encodes 960 samples of each channel, 16 bits, interleaved.
   *
   * @param pts time of the first sample in ticks of 48 kHz.
   * @throws {AvError} libopus refuses them.
   */
  encode(samples: Buffer, pts: number): OpusPacket[] {
    check(this.#frame.makeWritable(), 'reuse samples');
    check(this.#frame.fromBuffer(samples), 'copy samples');
    this.#frame.pts = BigInt(pts);
    check(this.#context.sendFrameSync(this.#frame), 'encode samples');
    const packets: OpusPacket[] = [];
    while (hasReceived(this.#context.receivePacketSync(this.#packet), 'take an Opus packet')) {
      packets.push({
        data: Buffer.from(this.#packet.data ?? Buffer.alloc(0)),
        pts: Number(this.#packet.pts),
      });
      this.#packet.unref();
    }
    return packets;
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#context.freeContext();
    this.#frame.free();
    this.#packet.free();
  }
}
