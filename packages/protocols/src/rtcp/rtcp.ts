import { ProtocolError } from '@vedette/media';
import {
  parseApplication,
  parseGoodbye,
  parseSourceDescription,
  serializeApplication,
  serializeGoodbye,
  serializeSourceDescription,
} from './descriptions.ts';
import {
  FEEDBACK_FORMAT,
  isRemb,
  parseFir,
  parseNack,
  parsePli,
  parseRemb,
  serializeFir,
  serializeNack,
  serializePli,
  serializeRemb,
} from './feedback.ts';
import type { RtcpPacket } from './packets.ts';
import {
  parseReceiverReport,
  parseSenderReport,
  serializeReceiverReport,
  serializeSenderReport,
} from './reports.ts';
import { parseTransportFeedback, serializeTransportFeedback } from './transport-feedback.ts';
import { PACKET_TYPE } from './wire.ts';
import type { RtcpBody } from './wire.ts';

const HEADER_LENGTH = 4;
/** Most packets in one compound packet; real ones have two to six. */
const MAX_PACKETS = 64;

/**
 * Parses a compound RTCP packet (RFC 3550 §6.1), reduced-size ones (RFC 5506) included. Types not
 * known here come out as `unknown`; up to three bytes at the end that make no packet are left out.
 *
 * @throws {ProtocolError} `ERR_RTCP_TOO_SHORT`, `ERR_RTCP_VERSION`, `ERR_RTCP_TYPE`,
 *   `ERR_RTCP_LENGTH`, `ERR_RTCP_PADDING`, `ERR_RTCP_TOO_MANY`, `ERR_RTCP_NACK`, `ERR_RTCP_TWCC`.
 */
export function parseRtcp(bytes: Uint8Array): RtcpPacket[] {
  if (bytes.length < HEADER_LENGTH) {
    throw new ProtocolError('ERR_RTCP_TOO_SHORT', `An RTCP packet has at least 4 bytes, got ${bytes.length}`);
  }
  const packets: RtcpPacket[] = [];
  let at = 0;
  while (at + HEADER_LENGTH <= bytes.length) {
    if (packets.length === MAX_PACKETS) {
      throw new ProtocolError(
        'ERR_RTCP_TOO_MANY',
        `More than ${MAX_PACKETS} packets in a compound RTCP packet`,
      );
    }
    const end = at + packetLength(bytes, at);
    packets.push(parseBody(bodyOf(bytes.subarray(at, end))));
    at = end;
  }
  return packets;
}

/** Length of the packet at `at` by its header, checked against what is there. */
function packetLength(bytes: Uint8Array, at: number): number {
  const [flags = 0, packetType = 0, high = 0, low = 0] = bytes.subarray(at, at + HEADER_LENGTH);
  if (flags >> 6 !== 2) throw new ProtocolError('ERR_RTCP_VERSION', `RTCP version is 2, got ${flags >> 6}`);
  // The range that RFC 5761 §4 leaves to RTCP: anything else is no RTCP at all.
  if (packetType < 192 || packetType > 223) {
    throw new ProtocolError('ERR_RTCP_TYPE', `${packetType} is no RTCP packet type`);
  }
  const length = HEADER_LENGTH + ((high << 8) | low) * 4;
  if (length > bytes.length - at) {
    throw new ProtocolError(
      'ERR_RTCP_LENGTH',
      `An RTCP packet of ${length} bytes in the last ${bytes.length - at}`,
    );
  }
  return length;
}

/** Takes header and padding off one packet. */
function bodyOf(packet: Uint8Array): RtcpBody {
  const [flags = 0, packetType = 0] = packet;
  const padding = (flags & 0x20) === 0 ? 0 : (packet.at(-1) ?? 0);
  if (padding > packet.length - HEADER_LENGTH) {
    throw new ProtocolError('ERR_RTCP_PADDING', `RTCP padding of ${padding} bytes in ${packet.length}`);
  }
  return { packetType, count: flags & 0x1f, body: packet.subarray(HEADER_LENGTH, packet.length - padding) };
}

function parseBody(raw: RtcpBody): RtcpPacket {
  switch (raw.packetType) {
    case PACKET_TYPE.senderReport:
      return parseSenderReport(raw);
    case PACKET_TYPE.receiverReport:
      return parseReceiverReport(raw);
    case PACKET_TYPE.sourceDescription:
      return parseSourceDescription(raw);
    case PACKET_TYPE.goodbye:
      return parseGoodbye(raw);
    case PACKET_TYPE.application:
      return parseApplication(raw);
    default:
      return parseFeedback(raw) ?? { type: 'unknown', ...raw };
  }
}

function parseFeedback(raw: RtcpBody): RtcpPacket | undefined {
  if (raw.packetType === PACKET_TYPE.transportFeedback) {
    if (raw.count === FEEDBACK_FORMAT.nack) return parseNack(raw);
    if (raw.count === FEEDBACK_FORMAT.transportWide) return parseTransportFeedback(raw);
  } else if (raw.packetType === PACKET_TYPE.payloadFeedback) {
    if (raw.count === FEEDBACK_FORMAT.pli) return parsePli(raw);
    if (raw.count === FEEDBACK_FORMAT.fir) return parseFir(raw);
    if (raw.count === FEEDBACK_FORMAT.application && isRemb(raw)) return parseRemb(raw);
  }
  return undefined;
}

/**
 * Serializes packets into one compound packet, in the order given; the caller sees to it that a
 * report comes first (RFC 3550 §6.1).
 *
 * @throws {RangeError} More entries or bytes than a packet's fields can say.
 */
export function serializeRtcp(packets: readonly RtcpPacket[]): Uint8Array<ArrayBuffer> {
  const bodies = packets.map(serializeBody);
  const lengths = bodies.map(({ body }) => HEADER_LENGTH + Math.ceil(body.length / 4) * 4);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  bodies.forEach(({ packetType, count, body }, index) => {
    const length = lengths[index] ?? 0;
    const padding = length - HEADER_LENGTH - body.length;
    if (length > 0x4_0000) throw new RangeError(`An RTCP packet of ${length} bytes is too long`);
    view.setUint8(at, 0x80 | (padding > 0 ? 0x20 : 0) | count);
    view.setUint8(at + 1, packetType);
    view.setUint16(at + 2, length / 4 - 1);
    bytes.set(body, at + HEADER_LENGTH);
    at += length;
    if (padding > 0) view.setUint8(at - 1, padding);
  });
  return bytes;
}

function serializeBody(packet: RtcpPacket): RtcpBody {
  switch (packet.type) {
    case 'sr':
      return serializeSenderReport(packet);
    case 'rr':
      return serializeReceiverReport(packet);
    case 'sdes':
      return serializeSourceDescription(packet);
    case 'bye':
      return serializeGoodbye(packet);
    case 'app':
      return serializeApplication(packet);
    case 'pli':
      return serializePli(packet);
    case 'fir':
      return serializeFir(packet);
    case 'nack':
      return serializeNack(packet);
    case 'remb':
      return serializeRemb(packet);
    case 'twcc':
      return serializeTransportFeedback(packet);
    case 'unknown':
      return packet;
  }
}
