import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { AvError, check } from '../av.ts';
import { PictureEncoder } from './picture-encoder.ts';

const PROBE = { width: 640, height: 360, clockRate: 90_000, frameRate: 25, bitRate: 1_000_000 };
/** What some encoders hold back before the first picture comes out. */
const PROBE_PICTURES = 4;

/**
 * Encodes a grey picture or some.
 *
 * @throws {AvError} the encoder does not work here.
 */
export async function tryEncoder(encoder: string): Promise<void> {
  const grey = new Frame();
  grey.alloc();
  try {
    grey.width = PROBE.width;
    grey.height = PROBE.height;
    grey.format = AV_PIX_FMT_YUV420P;
    check(grey.allocBuffer(), 'allocate a picture');
    check(grey.fromBuffer(Buffer.alloc((PROBE.width * PROBE.height * 3) / 2, 128)), 'paint a picture');
    const tried = await PictureEncoder.open({ ...PROBE, encoder, colours: grey });
    try {
      for (let index = 0; index < PROBE_PICTURES; index++) {
        const coded = await tried.encode(grey, index * 3600, index === 0);
        if (coded?.isKeyframe === true) return;
      }
    } finally {
      tried.close();
    }
    throw new AvError(`${encoder} gives no picture`);
  } finally {
    grey.free();
  }
}
