import { parseVp9FrameHeader } from '@vedette/media';
import type { BurstWriter } from './burst.ts';

const VP8_START = 0x10;
const VP9_INTER_PREDICTED = 0x40;
const VP9_START = 0x08;
const VP9_END = 0x04;

/** VP8 by the shortest descriptor (RFC 7741 §4.2): no picture ids, no layers; the frame as one partition. */
export function writeVp8(parts: readonly Uint8Array[], writer: BurstWriter): void {
  writeFrame(parts, writer, (isStart) => (isStart ? VP8_START : 0));
}

/** VP9 by the shortest descriptor (RFC 9628 §4.2): no picture ids, one layer. */
export function writeVp9(parts: readonly Uint8Array[], writer: BurstWriter): void {
  const [first] = parts;
  const isKeyFrame = first !== undefined && parseVp9FrameHeader(first).isKeyFrame;
  const base = isKeyFrame ? 0 : VP9_INTER_PREDICTED;
  writeFrame(parts, writer, (isStart, isEnd) => base | (isStart ? VP9_START : 0) | (isEnd ? VP9_END : 0));
}

/** Cuts the frame into packets as large as may be, each with a descriptor of one byte. */
function writeFrame(
  parts: readonly Uint8Array[],
  writer: BurstWriter,
  descriptorOf: (isStart: boolean, isEnd: boolean) => number,
): void {
  const share = writer.maxPayloadLength - 1;
  const last = parts.length - 1;
  parts.forEach((part, index) => {
    for (let at = 0; at < part.length; at += share) {
      const isStart = index === 0 && at === 0;
      const isEnd = index === last && at + share >= part.length;
      writer.startPacket();
      writer.appendByte(descriptorOf(isStart, isEnd));
      writer.append(part.subarray(at, at + share));
    }
  });
}
