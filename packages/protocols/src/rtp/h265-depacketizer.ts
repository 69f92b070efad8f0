import { ProtocolError } from '@vedette/media';
import type { NalSink, VideoPayloadFormat } from './video-depacketizer.ts';

const AGGREGATION_PACKET = 48;
const FRAGMENTATION_UNIT = 49;
const NAL_HEADER_LENGTH = 2;
/** Decoding order number in front of a NAL unit, and its difference in front of later ones of a packet. */
const DONL_LENGTH = 2;
const DOND_LENGTH = 1;

/**
 * H.265 payloads (RFC 7798 §4.4).
 *
 * @param hasDecodingOrder `sprop-max-don-diff` is above 0, so that packets have decoding order
 *   numbers. They are skipped: within a picture devices send NAL units in order.
 */
export function h265PayloadFormat(hasDecodingOrder: boolean): VideoPayloadFormat {
  return {
    headerLength: NAL_HEADER_LENGTH,

    isSlice(nalUnit) {
      return nalType(nalUnit) < 32;
    },

    /** `first_slice_segment_in_pic_flag` (ITU-T H.265 §7.3.6.1). */
    isFirstSlice(slice) {
      return ((slice[2] ?? 0) & 0x80) !== 0;
    },

    read(payload, into) {
      const type = nalType(payload);
      if (type < AGGREGATION_PACKET) {
        into.nalUnit(hasDecodingOrder ? withoutDonl(payload) : payload);
      } else if (type === AGGREGATION_PACKET) {
        readAggregate(payload, hasDecodingOrder, into);
      } else if (type === FRAGMENTATION_UNIT) {
        readFragment(payload, hasDecodingOrder, into);
      } else {
        throw new ProtocolError('ERR_H265_PAYLOAD_TYPE', `H.265 payload structure ${type} is not supported`);
      }
    },
  };
}

function nalType(nalUnit: Uint8Array): number {
  return ((nalUnit[0] ?? 0) >> 1) & 0x3f;
}

/** The number stands between NAL header and payload, so that a copy is needed. */
function withoutDonl(payload: Uint8Array): Uint8Array {
  if (payload.length < NAL_HEADER_LENGTH + DONL_LENGTH) throw tooShort(payload.length);
  const nalUnit = new Uint8Array(payload.length - DONL_LENGTH);
  nalUnit.set(payload.subarray(0, NAL_HEADER_LENGTH));
  nalUnit.set(payload.subarray(NAL_HEADER_LENGTH + DONL_LENGTH), NAL_HEADER_LENGTH);
  return nalUnit;
}

function readAggregate(payload: Uint8Array, hasDecodingOrder: boolean, into: NalSink): void {
  let at = NAL_HEADER_LENGTH + (hasDecodingOrder ? DONL_LENGTH : 0);
  while (at < payload.length) {
    const length = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
    const end = at + 2 + length;
    // Some cameras pad the aggregate with zeros.
    if (length === 0) break;
    if (end > payload.length) {
      throw new ProtocolError(
        'ERR_H265_AP',
        `A NAL unit of ${length} bytes in the last ${payload.length - at} bytes of an aggregation packet`,
      );
    }
    into.nalUnit(payload.subarray(at + 2, end));
    at = end + (hasDecodingOrder ? DOND_LENGTH : 0);
  }
}

/** RFC 7798 §4.4.3; only the first fragment has a decoding order number. */
function readFragment(payload: Uint8Array, hasDecodingOrder: boolean, into: NalSink): void {
  const [first, second, fu] = payload;
  const isStart = fu !== undefined && (fu & 0x80) !== 0;
  const start = NAL_HEADER_LENGTH + 1 + (hasDecodingOrder && isStart ? DONL_LENGTH : 0);
  if (first === undefined || second === undefined || fu === undefined || payload.length < start) {
    throw tooShort(payload.length);
  }
  const header = (((first & 0x81) | ((fu & 0x3f) << 1)) << 8) | second;
  into.fragment(header, payload.subarray(start), isStart, (fu & 0x40) !== 0);
}

function tooShort(length: number): ProtocolError {
  return new ProtocolError('ERR_H265_PAYLOAD_TOO_SHORT', `An H.265 payload of ${length} bytes is too short`);
}
