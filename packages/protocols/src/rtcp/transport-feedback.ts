import { ProtocolError } from '@vedette/media';
import { FEEDBACK_FORMAT, FEEDBACK_HEADER_LENGTH } from './feedback.ts';
import type { PacketArrival, TransportFeedback } from './packets.ts';
import { newBody, PACKET_TYPE, viewOf } from './wire.ts';
import type { RtcpBody } from './wire.ts';

/** SSRCs, base sequence number, status count, reference time, feedback count. */
const FIXED_LENGTH = FEEDBACK_HEADER_LENGTH + 8;
/** Most packets one message may report on; a run of 8,191 takes two bytes. */
const MAX_PACKETS = 16_384;
const MAX_RUN = 0x1fff;
const REFERENCE_MS = 64;
const DELTA_US = 250;

const NOT_RECEIVED = 0;
const SMALL_DELTA = 1;
const LARGE_DELTA = 2;

/**
 * Parses transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
 *
 * @throws {ProtocolError} `ERR_RTCP_TWCC`: more than 16,384 packets, a reserved status; or
 *   `ERR_RTCP_TOO_SHORT`.
 */
export function parseTransportFeedback({ body }: RtcpBody): TransportFeedback {
  const view = viewOf(body, FIXED_LENGTH, 'transport-wide feedback');
  const base = view.getUint16(8);
  const count = view.getUint16(10);
  if (count > MAX_PACKETS) throw invalid(`reports on ${count} packets, more than ${MAX_PACKETS}`);
  const { symbols, end } = readSymbols(view, count);
  let at = end;
  const packets = symbols.map((symbol, index): PacketArrival => {
    const sequenceNumber = (base + index) & 0xffff;
    if (symbol === NOT_RECEIVED) return { sequenceNumber, deltaUs: undefined };
    const length = symbol === SMALL_DELTA ? 1 : 2;
    if (at + length > body.length) throw invalid('ends before its arrival times');
    const delta = symbol === SMALL_DELTA ? view.getUint8(at) : view.getInt16(at);
    at += length;
    return { sequenceNumber, deltaUs: delta * DELTA_US };
  });
  return {
    type: 'twcc',
    senderSsrc: view.getUint32(0),
    mediaSsrc: view.getUint32(4),
    referenceTimeMs: (view.getInt32(12) >> 8) * REFERENCE_MS,
    feedbackCount: view.getUint8(15),
    packets,
  };
}

/** The status of each packet, from runs and bit vectors (§3.1.3, §3.1.4). */
function readSymbols(view: DataView, count: number): { symbols: number[]; end: number } {
  const symbols: number[] = [];
  let at = FIXED_LENGTH;
  while (symbols.length < count) {
    if (at + 2 > view.byteLength) throw invalid('ends before the status of its packets');
    const chunk = view.getUint16(at);
    at += 2;
    const isVector = (chunk & 0x8000) !== 0;
    const width = (chunk & 0x4000) !== 0 ? 2 : 1;
    const length = isVector ? 14 / width : chunk & MAX_RUN;
    for (let index = 0; index < length && symbols.length < count; index += 1) {
      const shift = isVector ? 14 - width * (index + 1) : 13;
      const symbol = (chunk >> shift) & (isVector ? (1 << width) - 1 : 3);
      if (symbol > LARGE_DELTA) throw invalid('has a packet of reserved status');
      symbols.push(symbol);
    }
  }
  return { symbols, end: at };
}

/** @throws {RangeError} More than 16,384 packets, or an arrival more than 8.19 s from the one before. */
export function serializeTransportFeedback(feedback: TransportFeedback): RtcpBody {
  const { packets } = feedback;
  if (packets.length > MAX_PACKETS) throw new RangeError(`Feedback on ${packets.length} packets is too much`);
  const deltas = packets.map(({ deltaUs }) =>
    deltaUs === undefined ? undefined : Math.round(deltaUs / DELTA_US),
  );
  const symbols = deltas.map(symbolOf);
  const chunks = chunksOf(symbols);
  const deltasLength = symbols.reduce((sum, symbol) => sum + symbol, 0); // a symbol is the bytes of its delta
  const { body, view } = newBody(FIXED_LENGTH + chunks.length * 2 + deltasLength);
  view.setUint32(0, feedback.senderSsrc);
  view.setUint32(4, feedback.mediaSsrc);
  view.setUint16(8, packets[0]?.sequenceNumber ?? 0);
  view.setUint16(10, packets.length);
  view.setInt32(12, Math.floor(feedback.referenceTimeMs / REFERENCE_MS) << 8);
  view.setUint8(15, feedback.feedbackCount);
  let at = FIXED_LENGTH;
  for (const chunk of chunks) {
    view.setUint16(at, chunk);
    at += 2;
  }
  deltas.forEach((delta, index) => {
    if (delta === undefined) return;
    if (symbols[index] === SMALL_DELTA) view.setUint8(at, delta);
    else view.setInt16(at, delta);
    at += symbols[index] ?? 0;
  });
  return { packetType: PACKET_TYPE.transportFeedback, count: FEEDBACK_FORMAT.transportWide, body };
}

function symbolOf(delta: number | undefined): number {
  if (delta === undefined) return NOT_RECEIVED;
  if (delta >= 0 && delta <= 0xff) return SMALL_DELTA;
  if (delta < -0x8000 || delta > 0x7fff) throw new RangeError('Arrivals are more than 8.19 s apart');
  return LARGE_DELTA;
}

/** Runs where they are longer than a vector, else vectors of 14 one-bit or 7 two-bit symbols. */
function chunksOf(symbols: readonly number[]): number[] {
  const chunks: number[] = [];
  let at = 0;
  while (at < symbols.length) {
    const symbol = symbols[at] ?? NOT_RECEIVED;
    const run = runLength(symbols, at);
    const width = symbols.slice(at, at + 14).includes(LARGE_DELTA) ? 2 : 1;
    const capacity = 14 / width;
    if (run >= capacity || at + run === symbols.length) {
      chunks.push((symbol << 13) | run);
      at += run;
    } else {
      let chunk = 0x8000 | (width === 2 ? 0x4000 : 0);
      for (let index = 0; index < capacity; index += 1) {
        chunk |= (symbols[at + index] ?? NOT_RECEIVED) << (14 - width * (index + 1));
      }
      chunks.push(chunk);
      at += capacity;
    }
  }
  return chunks;
}

function runLength(symbols: readonly number[], start: number): number {
  let end = start + 1;
  while (end < symbols.length && end - start < MAX_RUN && symbols[end] === symbols[start]) end += 1;
  return end - start;
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('ERR_RTCP_TWCC', `Transport-wide feedback ${what}`);
}
