import {
  AV1_LIMITS,
  leb128Length,
  ObuType,
  ProtocolError,
  readLeb128,
  tooManyObus,
  writeLeb128,
} from '@vedette/media';
import type { FrameFormat } from './frame-depacketizer.ts';
import { RTP_LIMITS } from './limits.ts';
import { joined } from './vpx-format.ts';

/** Puts temporal units of AV1 together (RTP Payload Format For AV1, v1.0.0 §4): OBUs come out with size fields. */
export class Av1Format implements FrameFormat {
  #obus: Uint8Array[] = [];
  /** Pieces of the OBU that goes on in the next packet. */
  #open: Uint8Array[] = [];

  /** Not with the rest of an OBU, nor with tiles whose frame header is missing. */
  startsFrame(payload: Uint8Array): boolean {
    const header = payload[0] ?? 0;
    if ((header & 0x80) !== 0) return false;
    try {
      const obuHeader = elementsOf(payload)[0]?.[0];
      return obuHeader !== undefined && ((obuHeader >> 3) & 0x0f) !== ObuType.tileGroup;
    } catch {
      return false;
    }
  }

  add(payload: Uint8Array): void {
    const header = payload[0] ?? 0;
    const continues = (header & 0x80) !== 0;
    const goesOn = (header & 0x40) !== 0;
    if (continues !== this.#open.length > 0) {
      throw invalid(continues ? 'goes on with an OBU that never began' : 'begins before the last OBU ended');
    }
    elementsOf(payload).forEach((element, index) => {
      if (index > 0) this.#closeObu();
      this.#addPiece(element);
    });
    if (!goesOn) this.#closeObu();
  }

  take(): Uint8Array[] {
    const obus = this.#obus;
    const isWhole = this.#open.length === 0;
    this.drop();
    if (!isWhole) throw invalid('ends a temporal unit in the middle of an OBU');
    return obus;
  }

  drop(): void {
    this.#obus = [];
    this.#open = [];
  }

  #addPiece(element: Uint8Array): void {
    if (this.#open.length === RTP_LIMITS.fragments) {
      throw new ProtocolError('ERR_RTP_FRAGMENTS', `More than ${RTP_LIMITS.fragments} fragments in an OBU`);
    }
    if (element.length > 0) this.#open.push(element);
  }

  #closeObu(): void {
    if (this.#open.length === 0) return;
    if (this.#obus.length === AV1_LIMITS.obus) throw tooManyObus();
    this.#obus.push(sizedObu(this.#open));
    this.#open = [];
  }
}

/** The OBU elements of a payload (§4.3, §4.4), as views. @throws {ProtocolError} `ERR_RTP_AV1`. */
function elementsOf(payload: Uint8Array): Uint8Array[] {
  const count = ((payload[0] ?? 0) >> 4) & 0x03;
  const elements: Uint8Array[] = [];
  let at = 1;
  while (at < payload.length && (count === 0 || elements.length < count)) {
    if (elements.length === AV1_LIMITS.obus) throw tooManyObus();
    // Where W tells how many there are, the last is without its length.
    const isLast = count > 0 && elements.length === count - 1;
    const size = isLast ? { value: payload.length - at, length: 0 } : readLeb128(payload, at);
    const start = at + size.length;
    at = start + size.value;
    if (at > payload.length) throw invalid(`has an element of ${size.value} bytes in ${payload.length}`);
    elements.push(payload.subarray(start, at));
  }
  if (elements.length === 0 || elements.length < count) throw invalid('has fewer elements than it says');
  return elements;
}

/** One OBU with its size field, out of its pieces. */
function sizedObu(pieces: readonly Uint8Array[]): Uint8Array {
  const header = pieces[0]?.[0] ?? 0;
  if ((header & 0x02) !== 0) return joined(pieces); // senders should leave the size out (§4.1); some do not
  const headerLength = (header & 0x04) === 0 ? 1 : 2;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  if (length < headerLength) throw invalid('has an OBU without its header');
  const sizeLength = leb128Length(length - headerLength);
  const obu = new Uint8Array(length + sizeLength);
  let at = sizeLength;
  for (const piece of pieces) {
    obu.set(piece, at);
    at += piece.length;
  }
  // The header was written behind the room for the size: it moves to the front.
  obu.copyWithin(0, sizeLength, sizeLength + headerLength);
  obu[0] = header | 0x02;
  writeLeb128(obu, headerLength, length - headerLength);
  return obu;
}

function invalid(why: string): ProtocolError {
  return new ProtocolError('ERR_RTP_AV1', `An AV1 payload ${why}`);
}
