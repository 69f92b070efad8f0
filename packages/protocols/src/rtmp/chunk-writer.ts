/** What a message is made of, to be written. */
export interface RtmpOutgoing {
  readonly chunkStreamId: number;
  readonly type: number;
  readonly streamId: number;
  /** Milliseconds, 32 bits, unsigned. */
  readonly timestamp: number;
  /** The payload in parts: copied. */
  readonly body: readonly Uint8Array[];
  /** Bytes of the payload. */
  readonly length: number;
}

const MESSAGE_HEADER_BYTES = 12;
/** From here on a timestamp goes into a field of its own (RTMP 1.0 §5.3.1.3). */
const EXTENDED = 0xff_ffff;

/**
 * Writes one message as chunks: a full header (type 0), then as many of type 3 as the chunk size asks for. Full
 * headers refer to nothing before them, so that a message may be left out, or be the first that a viewer gets.
 *
 * Chunk stream ids are 2 to 63 here. Spec: RTMP 1.0 §5.3.1.
 */
export function serializeRtmpMessage(message: RtmpOutgoing, chunkSize: number): Uint8Array<ArrayBuffer> {
  const { chunkStreamId, type, streamId, timestamp, body, length } = message;
  const isExtended = timestamp >= EXTENDED;
  const continuations = Math.max(0, Math.ceil(length / chunkSize) - 1);
  const continuationBytes = isExtended ? 5 : 1;
  const headBytes = MESSAGE_HEADER_BYTES + (isExtended ? 4 : 0);
  const out = new Uint8Array(headBytes + length + continuations * continuationBytes);
  const view = new DataView(out.buffer);
  out[0] = chunkStreamId;
  view.setUint32(1, (isExtended ? EXTENDED : timestamp) << 8);
  view.setUint32(4, (length << 8) | type);
  view.setUint32(8, streamId, true);
  if (isExtended) view.setUint32(MESSAGE_HEADER_BYTES, timestamp);
  let at = headBytes;
  let room = chunkSize;
  for (const part of body) {
    let from = 0;
    while (from < part.length) {
      if (room === 0) {
        out[at] = 0xc0 | chunkStreamId;
        // Repeated in every chunk of the message, as everybody does and §5.3.1.3 says.
        if (isExtended) view.setUint32(at + 1, timestamp);
        at += continuationBytes;
        room = chunkSize;
      }
      const count = Math.min(room, part.length - from);
      out.set(count === part.length ? part : part.subarray(from, from + count), at);
      at += count;
      from += count;
      room -= count;
    }
  }
  return out;
}
