import {
  AV_CODEC_FLAG_OUTPUT_CORRUPT,
  AV_CODEC_FLAG_QSCALE,
  AV_CODEC_ID_MJPEG,
  AV_PIX_FMT_YUV420P,
  AV_PKT_FLAG_KEY,
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_UNSPECIFIED,
  FF_QP2LAMBDA,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational, SoftwareScaleContext } from 'node-av/lib';
import type { VideoCodec } from '@vedette/media';
import { AvError, check, found } from './av.ts';
import { MAX_PIXELS, VIDEO_CODEC_IDS } from './video/picture-decoder.ts';

export interface Snapshot {
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
}

const MAX_HEIGHT = 8192;
/** Quantizer of the JPEG, 2 (best) to 31: about quality 85 of other encoders. */
const JPEG_QSCALE = 4;

/** What has to be freed, in reverse order, once no call is under way. */
type Scope = DisposableStack;

/**
 * Decodes one key picture and encodes it as a JPEG.
 *
 * @param data NAL units as Annex B, parameter sets in front.
 * @param width of the JPEG, its height follows; that of the picture where absent.
 * @throws {AvError} the picture is damaged or too large.
 */
export async function takeSnapshot(codec: VideoCodec, data: Uint8Array, width?: number): Promise<Snapshot> {
  using scope = new DisposableStack();
  const picture = await decode(scope, codec, data);
  const size = sizeOf(picture, width);
  const scaled = await scale(scope, picture, size);
  return { jpeg: await encode(scope, scaled), ...size };
}

async function decode(scope: Scope, codec: VideoCodec, data: Uint8Array): Promise<Frame> {
  const context = scope.adopt(new CodecContext(), (owned) => owned.freeContext());
  const decoder = Codec.findDecoder(VIDEO_CODEC_IDS[codec]);
  context.allocContext3(found(decoder, `${codec} decoder`));
  context.threadCount = 1;
  // A recovery point is whole only some pictures later; a snapshot does not wait for those.
  context.setFlags(AV_CODEC_FLAG_OUTPUT_CORRUPT);
  check(context.setOption('max_pixels', String(MAX_PIXELS)), 'limit the picture');
  check(await context.open2(null, null), `open the ${codec} decoder`);
  const packet = newPacket(scope);
  packet.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  packet.flags = AV_PKT_FLAG_KEY;
  packet.pts = packet.dts = 0n;
  check(await context.sendPacket(packet), 'decode the picture');
  check(await context.sendPacket(null), 'end decoding');
  const frame = newFrame(scope);
  check(await context.receiveFrame(frame), 'decode the picture');
  if (frame.decodeErrorFlags !== 0) throw new AvError('could not decode the picture: it is damaged');
  return frame;
}

/** As JPEG has it: full range and the matrix of BT.601, whatever the camera uses. */
async function scale(scope: Scope, from: Frame, size: { width: number; height: number }): Promise<Frame> {
  // Cameras often do not say; those who play it assume the same.
  if (from.colorSpace === AVCOL_SPC_UNSPECIFIED && from.height >= 720) from.colorSpace = AVCOL_SPC_BT709;
  const to = newFrame(scope);
  to.width = size.width;
  to.height = size.height;
  to.format = AV_PIX_FMT_YUV420P;
  to.colorRange = AVCOL_RANGE_JPEG;
  to.colorSpace = AVCOL_SPC_BT470BG;
  check(to.allocBuffer(), 'allocate the scaled picture');
  // Not set up by getContext: only so does it go by what the frames say of their colours.
  const context = scope.adopt(new SoftwareScaleContext(), (owned) => owned.freeContext());
  context.allocContext();
  check(await context.scaleFrame(to, from), 'scale the picture');
  return to;
}

async function encode(scope: Scope, picture: Frame): Promise<Buffer> {
  const context = scope.adopt(new CodecContext(), (owned) => owned.freeContext());
  context.allocContext3(found(Codec.findEncoder(AV_CODEC_ID_MJPEG), 'JPEG encoder'));
  context.width = picture.width;
  context.height = picture.height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.colorRange = AVCOL_RANGE_JPEG;
  context.timeBase = new Rational(1, 25);
  context.threadCount = 1;
  context.setFlags(AV_CODEC_FLAG_QSCALE);
  context.globalQuality = picture.quality = JPEG_QSCALE * FF_QP2LAMBDA;
  check(await context.open2(null, null), 'open the JPEG encoder');
  picture.pts = 0n;
  check(await context.sendFrame(picture), 'encode the JPEG');
  const packet = newPacket(scope);
  check(await context.receivePacket(packet), 'encode the JPEG');
  return Buffer.from(found(packet.data, 'JPEG'));
}

function newFrame(scope: Scope): Frame {
  const frame = scope.adopt(new Frame(), (owned) => owned.free());
  frame.alloc();
  return frame;
}

function newPacket(scope: Scope): Packet {
  const packet = scope.adopt(new Packet(), (owned) => owned.free());
  packet.alloc();
  return packet;
}

/** The size as it is looked at: square pixels, even numbers. */
function sizeOf(picture: Frame, wanted: number | undefined): { width: number; height: number } {
  const { num, den } = picture.sampleAspectRatio;
  const aspect = num > 0 && den > 0 ? num / den : 1;
  const width = even(wanted ?? picture.width * aspect);
  const height = even((width * picture.height) / (picture.width * aspect));
  if (height > MAX_HEIGHT) throw new AvError(`a picture of ${width}×${height} is too large`);
  return { width, height };
}

function even(length: number): number {
  return Math.max(2, Math.round(length / 2) * 2);
}
