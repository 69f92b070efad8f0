import { ProtocolError } from '@vedette/media';
import type {
  FullIntraRequest,
  Nack,
  PictureLossIndication,
  ReceiverEstimatedMaxBitrate,
} from './packets.ts';
import { newBody, PACKET_TYPE, viewOf } from './wire.ts';
import type { RtcpBody } from './wire.ts';

/** Feedback message types, the count field of transport (RTPFB) and payload-specific (PSFB) feedback. */
export const FEEDBACK_FORMAT = { nack: 1, transportWide: 15, pli: 1, fir: 4, application: 15 } as const;

/** SSRC of the sender and of the media (RFC 4585 §6.1). */
export const FEEDBACK_HEADER_LENGTH = 8;

/** Most packets one NACK may name: senders keep fewer. */
const MAX_NACKED_PACKETS = 4096;
const REMB = 0x52454d42;
const REMB_FIXED_LENGTH = 16;

/** RFC 4585 §6.3.1. */
export function parsePli({ body }: RtcpBody): PictureLossIndication {
  const view = viewOf(body, FEEDBACK_HEADER_LENGTH, 'PLI');
  return { type: 'pli', senderSsrc: view.getUint32(0), mediaSsrc: view.getUint32(4) };
}

export function serializePli({ senderSsrc, mediaSsrc }: PictureLossIndication): RtcpBody {
  const { body, view } = newBody(FEEDBACK_HEADER_LENGTH);
  view.setUint32(0, senderSsrc);
  view.setUint32(4, mediaSsrc);
  return { packetType: PACKET_TYPE.payloadFeedback, count: FEEDBACK_FORMAT.pli, body };
}

/** RFC 5104 §4.3.1. */
export function parseFir({ body }: RtcpBody): FullIntraRequest {
  const view = viewOf(body, FEEDBACK_HEADER_LENGTH, 'FIR');
  const entries: { ssrc: number; sequenceNumber: number }[] = [];
  for (let at = FEEDBACK_HEADER_LENGTH; at + 8 <= body.length; at += 8) {
    entries.push({ ssrc: view.getUint32(at), sequenceNumber: view.getUint8(at + 4) });
  }
  return { type: 'fir', senderSsrc: view.getUint32(0), entries };
}

export function serializeFir({ senderSsrc, entries }: FullIntraRequest): RtcpBody {
  const { body, view } = newBody(FEEDBACK_HEADER_LENGTH + entries.length * 8);
  view.setUint32(0, senderSsrc);
  entries.forEach(({ ssrc, sequenceNumber }, index) => {
    view.setUint32(FEEDBACK_HEADER_LENGTH + index * 8, ssrc);
    view.setUint8(FEEDBACK_HEADER_LENGTH + index * 8 + 4, sequenceNumber);
  });
  return { packetType: PACKET_TYPE.payloadFeedback, count: FEEDBACK_FORMAT.fir, body };
}

/**
 * RFC 4585 §6.2.1: entries of a sequence number and a bit mask of the 16 after it.
 *
 * @throws {ProtocolError} `ERR_RTCP_NACK`: more than 4096 packets are named.
 */
export function parseNack({ body }: RtcpBody): Nack {
  const view = viewOf(body, FEEDBACK_HEADER_LENGTH, 'NACK');
  const sequenceNumbers: number[] = [];
  for (let at = FEEDBACK_HEADER_LENGTH; at + 4 <= body.length; at += 4) {
    const first = view.getUint16(at);
    const mask = view.getUint16(at + 2);
    sequenceNumbers.push(first);
    for (let bit = 0; bit < 16; bit += 1) {
      if ((mask & (1 << bit)) !== 0) sequenceNumbers.push((first + bit + 1) & 0xffff);
    }
    if (sequenceNumbers.length > MAX_NACKED_PACKETS) {
      throw new ProtocolError('ERR_RTCP_NACK', `A NACK names at most ${MAX_NACKED_PACKETS} packets`);
    }
  }
  return { type: 'nack', senderSsrc: view.getUint32(0), mediaSsrc: view.getUint32(4), sequenceNumbers };
}

/** Numbers that rise share entries. */
export function serializeNack({ senderSsrc, mediaSsrc, sequenceNumbers }: Nack): RtcpBody {
  const entries: { first: number; mask: number }[] = [];
  for (const sequenceNumber of sequenceNumbers) {
    const last = entries.at(-1);
    const distance = last === undefined ? 0 : (sequenceNumber - last.first) & 0xffff;
    // Masks are written and read from the low bit: only a number above the highest bit set keeps the order.
    if (last !== undefined && distance >= 1 && distance <= 16 && last.mask >> (distance - 1) === 0) {
      last.mask |= 1 << (distance - 1);
    } else {
      entries.push({ first: sequenceNumber, mask: 0 });
    }
  }
  const { body, view } = newBody(FEEDBACK_HEADER_LENGTH + entries.length * 4);
  view.setUint32(0, senderSsrc);
  view.setUint32(4, mediaSsrc);
  entries.forEach(({ first, mask }, index) => {
    view.setUint16(FEEDBACK_HEADER_LENGTH + index * 4, first);
    view.setUint16(FEEDBACK_HEADER_LENGTH + index * 4 + 2, mask);
  });
  return { packetType: PACKET_TYPE.transportFeedback, count: FEEDBACK_FORMAT.nack, body };
}

/** Whether application layer feedback is a REMB. */
export function isRemb({ body }: RtcpBody): boolean {
  return body.length >= REMB_FIXED_LENGTH && viewOf(body, REMB_FIXED_LENGTH, 'REMB').getUint32(8) === REMB;
}

/** draft-alvestrand-rmcat-remb-03 §2.2; SSRCs beyond the end are left out. */
export function parseRemb({ body }: RtcpBody): ReceiverEstimatedMaxBitrate {
  const view = viewOf(body, REMB_FIXED_LENGTH, 'REMB');
  const ssrcs: number[] = [];
  const end = Math.min(body.length, REMB_FIXED_LENGTH + view.getUint8(12) * 4);
  for (let at = REMB_FIXED_LENGTH; at + 4 <= end; at += 4) ssrcs.push(view.getUint32(at));
  const exponent = view.getUint8(13) >> 2;
  const mantissa = ((view.getUint8(13) & 0x03) << 16) | view.getUint16(14);
  return { type: 'remb', senderSsrc: view.getUint32(0), bitsPerSecond: mantissa * 2 ** exponent, ssrcs };
}

/** @throws {RangeError} More than 255 SSRCs. */
export function serializeRemb({ senderSsrc, bitsPerSecond, ssrcs }: ReceiverEstimatedMaxBitrate): RtcpBody {
  if (ssrcs.length > 255) throw new RangeError(`A REMB has at most 255 SSRCs, got ${ssrcs.length}`);
  const { body, view } = newBody(REMB_FIXED_LENGTH + ssrcs.length * 4);
  let exponent = 0;
  while (exponent < 63 && Math.floor(bitsPerSecond / 2 ** exponent) > 0x3_ffff) exponent += 1;
  const mantissa = Math.min(0x3_ffff, Math.floor(bitsPerSecond / 2 ** exponent));
  view.setUint32(0, senderSsrc);
  view.setUint32(8, REMB);
  view.setUint8(12, ssrcs.length);
  view.setUint8(13, (exponent << 2) | (mantissa >> 16));
  view.setUint16(14, mantissa & 0xffff);
  ssrcs.forEach((ssrc, index) => view.setUint32(REMB_FIXED_LENGTH + index * 4, ssrc));
  return { packetType: PACKET_TYPE.payloadFeedback, count: FEEDBACK_FORMAT.application, body };
}
