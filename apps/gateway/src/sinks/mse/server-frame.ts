/** Kinds of WebSocket messages (RFC 6455 §5.2). */
export const TEXT_FRAME = 1;
export const BINARY_FRAME = 2;

const FINAL = 0x80;

/**
 * A whole WebSocket message from server to client, as one frame. Servers do not mask (RFC 6455 §5.1), so the bytes are
 * the same for every client: they are made once and written to each connection as they are.
 */
export function serverFrame(kind: typeof TEXT_FRAME | typeof BINARY_FRAME, payload: Uint8Array): Buffer {
  const { length } = payload;
  const headLength = length < 126 ? 2 : length < 0x1_0000 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = FINAL | kind;
  if (headLength === 2) {
    frame[1] = length;
  } else if (headLength === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.set(payload, headLength);
  return frame;
}
