import { ProtocolError } from '@vedette/media';
import type { FrameFormat } from './frame-depacketizer.ts';
import { RTP_LIMITS } from './limits.ts';

/** The start of a VP8 or VP9 payload. */
export interface VpxDescriptor {
  /** Bytes that it takes. */
  readonly length: number;
  /** The payload is the first of a picture. */
  readonly isStart: boolean;
}

/** VP8's payload descriptor (RFC 7741 §4.2). @throws {ProtocolError} `ERR_RTP_VP8`. */
export function parseVp8Descriptor(payload: Uint8Array): VpxDescriptor {
  const first = payload[0] ?? 0;
  const isStart = (first & 0x10) !== 0 && (first & 0x07) === 0; // S, and of partition 0
  let length = 1;
  if ((first & 0x80) !== 0) {
    const extension = payload[1] ?? 0;
    length = 2;
    if ((extension & 0x80) !== 0) length += ((payload[2] ?? 0) & 0x80) === 0 ? 1 : 2; // picture id
    if ((extension & 0x40) !== 0) length += 1; // TL0PICIDX
    if ((extension & 0x30) !== 0) length += 1; // TID, KEYIDX
  }
  return checked(payload, length, isStart, 'ERR_RTP_VP8');
}

/** VP9's payload descriptor (RFC 9628 §4.2). @throws {ProtocolError} `ERR_RTP_VP9`. */
export function parseVp9Descriptor(payload: Uint8Array): VpxDescriptor {
  const first = payload[0] ?? 0;
  const isFlexible = (first & 0x10) !== 0;
  let at = 1;
  let spatialId = 0;
  if ((first & 0x80) !== 0) at += ((payload[at] ?? 0) & 0x80) === 0 ? 1 : 2; // picture id
  if ((first & 0x20) !== 0) {
    spatialId = ((payload[at] ?? 0) >> 1) & 0x07;
    at += isFlexible ? 1 : 2; // TL0PICIDX
  }
  if (isFlexible && (first & 0x40) !== 0) at = afterReferences(payload, at);
  if ((first & 0x02) !== 0) at = afterScalability(payload, at);
  const isStart = (first & 0x08) !== 0 && spatialId === 0;
  return checked(payload, at, isStart, 'ERR_RTP_VP9');
}

/** At most three P_DIFF, the last without its N bit. */
function afterReferences(payload: Uint8Array, start: number): number {
  let at = start;
  for (let count = 0; count < 3; count += 1) {
    const goesOn = ((payload[at] ?? 0) & 0x01) !== 0;
    at += 1;
    if (!goesOn) break;
  }
  return at;
}

/** RFC 9628 §4.2.1. */
function afterScalability(payload: Uint8Array, start: number): number {
  const first = payload[start] ?? 0;
  let at = start + 1;
  if ((first & 0x10) !== 0) at += 4 * ((first >> 5) + 1);
  if ((first & 0x08) === 0) return at;
  const pictures = payload[at] ?? 0;
  at += 1;
  for (let index = 0; index < pictures; index += 1) at += 1 + (((payload[at] ?? 0) >> 2) & 0x03);
  return at;
}

function checked(
  payload: Uint8Array,
  length: number,
  isStart: boolean,
  code: 'ERR_RTP_VP8' | 'ERR_RTP_VP9',
): VpxDescriptor {
  if (length >= payload.length) {
    throw new ProtocolError(code, `A payload of ${payload.length} bytes whose descriptor has ${length}`);
  }
  return { length, isStart };
}

/** Puts frames of VP8 (RFC 7741) or VP9 (RFC 9628) together. */
export class VpxFormat implements FrameFormat {
  readonly #parse: (payload: Uint8Array) => VpxDescriptor;
  #pieces: Uint8Array[] = [];

  constructor(parse: (payload: Uint8Array) => VpxDescriptor) {
    this.#parse = parse;
  }

  startsFrame(payload: Uint8Array): boolean {
    try {
      return this.#parse(payload).isStart;
    } catch {
      return false;
    }
  }

  add(payload: Uint8Array): void {
    if (this.#pieces.length === RTP_LIMITS.fragments) {
      throw new ProtocolError('ERR_RTP_FRAGMENTS', `More than ${RTP_LIMITS.fragments} packets in a frame`);
    }
    this.#pieces.push(payload.subarray(this.#parse(payload).length));
  }

  take(): Uint8Array[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return [joined(pieces)];
  }

  drop(): void {
    this.#pieces = [];
  }
}

/** The pieces as one; the piece itself where there is just one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
