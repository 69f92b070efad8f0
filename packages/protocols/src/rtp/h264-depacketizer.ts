import { ProtocolError } from '@vedette/media';
import type { NalSink, VideoPayloadFormat } from './video-depacketizer.ts';

const STAP_A = 24;
const STAP_B = 25;
const FU_A = 28;
const FU_B = 29;

/**
 * H.264 payloads (RFC 6184), packetization modes 0 and 1. Of the interleaved mode, STAP-B and FU-B
 * are read as if their decoding order numbers were in order, as in the few devices that send them;
 * MTAP is refused.
 */
export const h264PayloadFormat: VideoPayloadFormat = {
  headerLength: 1,

  isSlice(nalUnit) {
    const type = (nalUnit[0] ?? 0) & 0x1f;
    return type >= 1 && type <= 5;
  },

  /** `first_mb_in_slice` is 0, that is, its first bit is set (ITU-T H.264 §7.3.3). */
  isFirstSlice(slice) {
    const type = (slice[0] ?? 0) & 0x1f;
    const isPartition = type === 3 || type === 4; // B and C have no first_mb_in_slice
    return !isPartition && ((slice[1] ?? 0) & 0x80) !== 0;
  },

  read(payload, into) {
    const type = (payload[0] ?? 0) & 0x1f;
    if (type <= 23) {
      into.nalUnit(payload);
    } else if (type === STAP_A) {
      readAggregate(payload, 1, into);
    } else if (type === STAP_B) {
      readAggregate(payload, 3, into);
    } else if (type === FU_A || type === FU_B) {
      readFragment(payload, type === FU_B, into);
    } else {
      throw new ProtocolError(
        'ERR_H264_PAYLOAD_TYPE',
        `H.264 payload structure ${type} is not supported; set the camera to packetization mode 1`,
      );
    }
  },
};

/** STAP-A and STAP-B (RFC 6184 §5.7.1): NAL units behind 16-bit lengths. */
function readAggregate(payload: Uint8Array, start: number, into: NalSink): void {
  let at = start;
  while (at < payload.length) {
    const length = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
    const end = at + 2 + length;
    // Some cameras pad the aggregate with zeros.
    if (length === 0) break;
    if (end > payload.length) {
      throw new ProtocolError(
        'ERR_H264_STAP',
        `A NAL unit of ${length} bytes in the last ${payload.length - at} bytes of a STAP`,
      );
    }
    into.nalUnit(payload.subarray(at + 2, end));
    at = end;
  }
}

/** FU-A and FU-B (RFC 6184 §5.8); only the first fragment of an FU-B has a decoding order number. */
function readFragment(payload: Uint8Array, isFuB: boolean, into: NalSink): void {
  const [indicator, fu] = payload;
  const isStart = fu !== undefined && (fu & 0x80) !== 0;
  const start = isFuB && isStart ? 4 : 2;
  if (indicator === undefined || fu === undefined || payload.length < start) {
    throw new ProtocolError(
      'ERR_FU_TOO_SHORT',
      `An FU payload needs at least ${start} bytes, got ${payload.length}`,
    );
  }
  const header = (indicator & 0xe0) | (fu & 0x1f);
  into.fragment(header, payload.subarray(start), isStart, (fu & 0x40) !== 0);
}
