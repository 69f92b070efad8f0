import { ProtocolError } from '@vedette/media';

/** What stands between the header of one RTCP packet and the next. */
export interface RtcpBody {
  /** PT, 192-223. */
  readonly packetType: number;
  /** The five bits after the version: report count, subtype or feedback format. */
  readonly count: number;
  readonly body: Uint8Array;
}

export const PACKET_TYPE = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  goodbye: 203,
  application: 204,
  transportFeedback: 205,
  payloadFeedback: 206,
} as const;

/** @throws {ProtocolError} `ERR_RTCP_TOO_SHORT`: `body` has fewer than `length` bytes. */
export function viewOf(body: Uint8Array, length: number, what: string): DataView {
  if (body.length < length) {
    throw new ProtocolError('ERR_RTCP_TOO_SHORT', `RTCP ${what} needs ${length} bytes, got ${body.length}`);
  }
  return new DataView(body.buffer, body.byteOffset, body.byteLength);
}

/** `length` zero bytes, and a view to write them by. */
export function newBody(length: number): { body: Uint8Array<ArrayBuffer>; view: DataView } {
  const body = new Uint8Array(length);
  return { body, view: new DataView(body.buffer) };
}

/** @throws {RangeError} More entries than the five bits of the header can say. */
export function checkedCount(count: number, what: string): number {
  if (count > 31) throw new RangeError(`RTCP ${what} has at most 31 entries, got ${count}`);
  return count;
}
