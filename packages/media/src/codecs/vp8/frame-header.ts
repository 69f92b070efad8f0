import { ProtocolError } from '../../errors.ts';

/** What the uncompressed start of a VP8 frame says (RFC 6386 §9.1). */
export interface Vp8FrameHeader {
  readonly isKeyFrame: boolean;
  /** 0-3: which filters are used. */
  readonly version: number;
  readonly isShown: boolean;
  /** In pixels; 0 in frames that are no key frames. */
  readonly width: number;
  readonly height: number;
}

/** @throws {ProtocolError} `ERR_VP8_FRAME`. */
export function parseVp8FrameHeader(frame: Uint8Array): Vp8FrameHeader {
  const [first] = frame;
  if (first === undefined || frame.length < 3) {
    throw new ProtocolError('ERR_VP8_FRAME', `A VP8 frame has at least 3 bytes, got ${frame.length}`);
  }
  const isKeyFrame = (first & 0x01) === 0;
  const common = { isKeyFrame, version: (first >> 1) & 0x07, isShown: (first & 0x10) !== 0 };
  if (!isKeyFrame) return { ...common, width: 0, height: 0 };
  if (frame.length < 10 || frame[3] !== 0x9d || frame[4] !== 0x01 || frame[5] !== 0x2a) {
    throw new ProtocolError('ERR_VP8_FRAME', 'A VP8 key frame without its start code');
  }
  const width = readSize(frame, 6);
  const height = readSize(frame, 8);
  if (width === 0 || height === 0) throw new ProtocolError('ERR_VP8_FRAME', 'A VP8 picture without a size');
  return { ...common, width, height };
}

/** The upper two bits are a scale for the display, which nobody uses. */
function readSize(frame: Uint8Array, at: number): number {
  return (((frame[at + 1] ?? 0) & 0x3f) << 8) | (frame[at] ?? 0);
}
