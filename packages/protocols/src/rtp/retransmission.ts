import { RTP_FIXED_HEADER_LENGTH } from './packet.ts';

/**
 * The packet that a retransmission carries (RFC 4588 §4), as it was first sent.
 *
 * @param payloadType of the media.
 * @param ssrc of the media.
 * @returns `undefined` where it carries none: senders also use such packets, empty, to probe the network.
 */
export function unwrapRetransmission(
  bytes: Uint8Array,
  payloadType: number,
  ssrc: number,
): Uint8Array | undefined {
  const flags = bytes[0] ?? 0;
  let start = RTP_FIXED_HEADER_LENGTH + (flags & 0x0f) * 4;
  if ((flags & 0x10) !== 0) start += 4 + 4 * (((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0));
  const padding = (flags & 0x20) === 0 ? 0 : (bytes.at(-1) ?? 0);
  const end = bytes.length - padding;
  if (start + 2 >= end) return undefined;
  const packet = new Uint8Array(RTP_FIXED_HEADER_LENGTH + end - start - 2);
  packet.set(bytes.subarray(0, RTP_FIXED_HEADER_LENGTH));
  packet[0] = 0x80;
  packet[1] = ((bytes[1] ?? 0) & 0x80) | payloadType;
  packet[2] = bytes[start] ?? 0;
  packet[3] = bytes[start + 1] ?? 0;
  new DataView(packet.buffer).setUint32(8, ssrc);
  packet.set(bytes.subarray(start + 2, end), RTP_FIXED_HEADER_LENGTH);
  return packet;
}
