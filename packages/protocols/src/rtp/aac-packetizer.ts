import { ProtocolError } from '@vedette/media';
import type { BurstWriter } from './burst.ts';

/** The AU-size field has 13 bits in AAC-hbr (RFC 3640 §3.3.6). */
const MAX_FRAME_LENGTH = 8191;
/** AU-headers-length and one AU header. */
const AU_HEADER_SECTION_LENGTH = 4;

/**
 * AAC-hbr (RFC 3640 §3.3.6): one frame a packet, larger ones cut, each fragment with the size of
 * the whole frame. One frame a packet, because several would make live sound wait for them.
 */
export function writeAac(parts: readonly Uint8Array[], writer: BurstWriter): void {
  const share = writer.maxPayloadLength - AU_HEADER_SECTION_LENGTH;
  for (const part of parts) {
    if (part.length > MAX_FRAME_LENGTH) {
      throw new ProtocolError(
        'ERR_AAC_FRAME_TOO_LARGE',
        `RTP carries AAC frames of up to ${MAX_FRAME_LENGTH} bytes, got ${part.length}`,
      );
    }
    for (let at = 0; at < part.length; at += share) {
      writer.startPacket();
      writer.appendUint16(16); // AU headers, in bits
      writer.appendUint16(part.length << 3); // AU-size 13 bits, AU-index 3 bits
      writer.append(part.length > share ? part.subarray(at, at + share) : part);
    }
  }
}
