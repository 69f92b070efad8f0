import { leb128Length, ObuType, splitObus } from '@vedette/media';
import type { BurstWriter } from './burst.ts';

/** Less of an OBU than this is not worth a length field: it waits for the next packet. */
const MIN_FRAGMENT = 16;

/** An OBU as it is sent: without its size field. */
interface Element {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

/** Bytes `start` to `end` of an element. */
interface Piece {
  readonly element: Element;
  readonly start: number;
  readonly end: number;
}

interface Packet {
  readonly pieces: Piece[];
  readonly continues: boolean;
  goesOn: boolean;
}

/** AV1 (RTP Payload Format For AV1, v1.0.0 §4): small OBUs share packets, large ones are cut. */
export function writeAv1(parts: readonly Uint8Array[], writer: BurstWriter): void {
  const obus = parts.flatMap(splitObus).filter(({ type }) => type !== ObuType.temporalDelimiter);
  const elements = obus.map(({ bytes, headerLength, payload }): Element => {
    const header = bytes.slice(0, headerLength);
    header[0] = (header[0] ?? 0) & ~0x02;
    return { header, payload };
  });
  // Only units at which decoding can start have one in front.
  let isNewSequence = obus[0]?.type === ObuType.sequenceHeader;
  for (const packet of planPackets(elements, writer.maxPayloadLength - 1)) {
    writePacket(packet, isNewSequence, writer);
    isNewSequence = false;
  }
}

/** @param room bytes of a packet behind its aggregation header. */
function planPackets(elements: readonly Element[], room: number): Packet[] {
  const packets: Packet[] = [];
  let packet: Packet = { pieces: [], continues: false, goesOn: false };
  let left = room;
  const close = (goesOn: boolean): void => {
    packet.goesOn = goesOn;
    packets.push(packet);
    packet = { pieces: [], continues: goesOn, goesOn: false };
    left = room;
  };
  for (const element of elements) {
    const length = element.header.length + element.payload.length;
    let start = 0;
    while (start < length) {
      const share = left - leb128Length(left);
      if (share < Math.min(length - start, MIN_FRAGMENT) && packet.pieces.length > 0) {
        close(start > 0);
        continue;
      }
      const end = Math.min(length, start + share);
      packet.pieces.push({ element, start, end });
      left -= leb128Length(end - start) + (end - start);
      start = end;
      if (start < length) close(true);
    }
  }
  if (packet.pieces.length > 0) packets.push(packet);
  return packets;
}

function writePacket(
  { pieces, continues, goesOn }: Packet,
  isNewSequence: boolean,
  writer: BurstWriter,
): void {
  const count = pieces.length <= 3 ? pieces.length : 0;
  writer.startPacket();
  writer.appendByte((continues ? 0x80 : 0) | (goesOn ? 0x40 : 0) | (count << 4) | (isNewSequence ? 0x08 : 0));
  pieces.forEach((piece, index) => {
    const isLast = count > 0 && index === count - 1;
    writePiece(piece, !isLast, writer);
  });
}

function writePiece({ element, start, end }: Piece, hasLength: boolean, writer: BurstWriter): void {
  const { header, payload } = element;
  if (hasLength) {
    let rest = end - start;
    for (; rest >= 0x80; rest >>= 7) writer.appendByte((rest & 0x7f) | 0x80);
    writer.appendByte(rest);
  }
  if (start < header.length) writer.append(header.subarray(start, end));
  const from = Math.max(0, start - header.length);
  writer.append(payload.subarray(from, Math.max(from, end - header.length)));
}
