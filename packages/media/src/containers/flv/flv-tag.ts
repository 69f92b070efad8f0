import { ProtocolError } from '../../errors.ts';

/** TagType of the FLV specification (10.1 §E.4.1), and message type of RTMP. */
export const FlvTagType = { audio: 8, video: 9, script: 18 } as const;

/** Limits on FLV from strangers. */
export const FLV_LIMITS = {
  /** Bytes of one tag, or of one RTMP message: as many as their 24 bits allow. */
  tagBytes: 16 * 1024 * 1024,
  /** Bytes of the header of a file. */
  headerBytes: 64 * 1024,
} as const;

export const FLV_TAG_HEADER_BYTES = 11;

/** The header of one tag (FLV 10.1 §E.4.1). */
export interface FlvTagHeader {
  readonly type: number;
  /** Bytes of the body. */
  readonly size: number;
  /** Milliseconds, 32 bits, unsigned. */
  readonly timestamp: number;
}

/**
 * Parses the 11 bytes in front of a tag's body.
 *
 * @throws {ProtocolError} `ERR_FLV_TAG`: too short, or encrypted.
 */
export function parseFlvTagHeader(bytes: Uint8Array): FlvTagHeader {
  const [first = 0] = bytes;
  if (bytes.length < FLV_TAG_HEADER_BYTES) throw new ProtocolError('ERR_FLV_TAG', 'An FLV tag is cut off');
  if ((first & 0x20) !== 0) throw new ProtocolError('ERR_FLV_TAG', 'Encrypted FLV cannot be taken');
  const view = new DataView(bytes.buffer, bytes.byteOffset, FLV_TAG_HEADER_BYTES);
  return {
    type: first & 0x1f,
    size: view.getUint32(0) & 0xff_ffff,
    timestamp: ((view.getUint8(7) << 24) | (view.getUint32(4) >>> 8)) >>> 0,
  };
}

/**
 * Writes one tag of a file: header, body, and its size once more behind (FLV 10.1 §E.3).
 *
 * @param body its parts, in order: copied.
 */
export function serializeFlvTag(
  type: number,
  timestamp: number,
  body: readonly Uint8Array[],
  bodyLength: number,
): Uint8Array {
  const out = new Uint8Array(FLV_TAG_HEADER_BYTES + bodyLength + 4);
  const view = new DataView(out.buffer);
  view.setUint32(0, (type << 24) | bodyLength);
  view.setUint32(4, (timestamp << 8) | (timestamp >>> 24));
  let at = FLV_TAG_HEADER_BYTES;
  for (const part of body) {
    out.set(part, at);
    at += part.length;
  }
  view.setUint32(at, FLV_TAG_HEADER_BYTES + bodyLength);
  return out;
}

/** The header of a file, and the size of the tag that is not in front of the first one (FLV 10.1 §E.2, §E.3). */
export function serializeFlvFileHeader(hasVideo: boolean, hasAudio: boolean): Uint8Array {
  const flags = (hasVideo ? 1 : 0) | (hasAudio ? 4 : 0);
  return Uint8Array.of(0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0);
}
