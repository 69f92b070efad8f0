import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_AAC,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import { check, found, hasReceived } from './av.ts';
import type { SoundEncoder, SoundPacket } from './sound-encoder.ts';

/** Samples of one AAC-LC frame. */
const FRAME_SAMPLES = 1024;
const BIT_RATE_PER_CHANNEL = 64_000;

/** AAC-LC by FFmpeg's own encoder. Calls take half a millisecond and are synchronous. */
export class AacEncoder implements SoundEncoder {
  readonly frameSamples = FRAME_SAMPLES;
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  readonly #channels: 1 | 2;
  readonly #planes: Buffer;
  #isClosed = false;

  /** @throws {AvError} the encoder refuses the rate. */
  constructor({ sampleRate, channels }: { readonly sampleRate: number; readonly channels: 1 | 2 }) {
    const context = this.#context;
    this.#channels = channels;
    this.#planes = Buffer.alloc(4 * FRAME_SAMPLES * channels);
    context.allocContext3(found(Codec.findEncoderByName(FF_ENCODER_AAC), 'AAC encoder'));
    this.#frame.alloc();
    this.#packet.alloc();
    context.sampleRate = this.#frame.sampleRate = sampleRate;
    context.sampleFormat = this.#frame.format = AV_SAMPLE_FMT_FLTP;
    context.channelLayout = this.#frame.channelLayout =
      channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;
    context.timeBase = new Rational(1, sampleRate);
    context.bitRate = BigInt(BIT_RATE_PER_CHANNEL * channels);
    this.#frame.nbSamples = FRAME_SAMPLES;
    try {
      // A third of the time of the search that is the default; no difference to hear at these rates.
      check(context.setOption('aac_coder', 'fast'), 'set aac_coder of the AAC encoder');
      check(context.open2Sync(null, null), 'open the AAC encoder');
      check(this.#frame.allocBuffer(), 'allocate samples');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  encode(samples: Buffer, pts: number): SoundPacket[] {
    check(this.#frame.makeWritable(), 'reuse samples');
    check(this.#frame.fromBuffer(this.#planar(samples)), 'copy samples');
    this.#frame.pts = BigInt(pts);
    check(this.#context.sendFrameSync(this.#frame), 'encode samples');
    const packets: SoundPacket[] = [];
    while (hasReceived(this.#context.receivePacketSync(this.#packet), 'take an AAC frame')) {
      // The first one, of the 1024 samples that AAC looks back at, has a time 1024 samples earlier.
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

  /** Interleaved 16-bit samples as one plane of floats for each channel. */
  #planar(samples: Buffer): Buffer {
    const channels = this.#channels;
    for (let sample = 0; sample < FRAME_SAMPLES; sample++) {
      for (let channel = 0; channel < channels; channel++) {
        const value = samples.readInt16LE(2 * (sample * channels + channel)) / 32_768;
        this.#planes.writeFloatLE(value, 4 * (channel * FRAME_SAMPLES + sample));
      }
    }
    return this.#planes;
  }
}
