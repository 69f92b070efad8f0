/** `$`, which opens an interleaved frame (RFC 2326 §10.12). */
export const INTERLEAVED_MAGIC = 0x24;
/** `$`, channel, two bytes of length. */
export const INTERLEAVED_HEADER_BYTES = 4;

/**
 * Writes the header of an interleaved frame into `target` at `offset`, so that packetizers can lay
 * many frames into one buffer.
 *
 * @param channel 0-255, as agreed in SETUP.
 * @param payloadBytes length of the packet that follows, at most 65 535.
 * @returns the offset of the payload.
 */
export function writeInterleavedHeader(
  target: Uint8Array,
  offset: number,
  channel: number,
  payloadBytes: number,
): number {
  target[offset] = INTERLEAVED_MAGIC;
  target[offset + 1] = channel;
  target[offset + 2] = payloadBytes >>> 8;
  target[offset + 3] = payloadBytes & 0xff;
  return offset + INTERLEAVED_HEADER_BYTES;
}

/** One RTP or RTCP packet as an interleaved frame; for rare packets such as receiver reports. */
export function serializeInterleavedFrame(channel: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(INTERLEAVED_HEADER_BYTES + payload.length);
  frame.set(payload, writeInterleavedHeader(frame, 0, channel, payload.length));
  return frame;
}
