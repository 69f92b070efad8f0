/** What a program may write: a container, or one bare kind of picture. */
export const BYTE_FORMATS = ['ts', 'flv', 'h264', 'h265', 'mjpeg'] as const;
export type ByteFormat = (typeof BYTE_FORMATS)[number];

/** Bytes that are looked at before the answer is that nobody knows. */
export const SNIFFED_BYTES = 3 * 188;

const TS_PACKET = 188;
const H264_BEGINNINGS: ReadonlySet<number> = new Set([1, 5, 6, 7, 8, 9]);
const H265_BEGINNINGS: ReadonlySet<number> = new Set([32, 33, 34, 35, 39]);

/**
 * What a stream of bytes is, by its first ones.
 *
 * @returns `undefined` where that is not to be seen (yet).
 */
export function sniffFormat(bytes: Uint8Array): ByteFormat | undefined {
  const [first, second, third] = bytes;
  if (first === 0x46 && second === 0x4c && third === 0x56) return 'flv'; // "FLV"
  if (first === 0xff && second === 0xd8 && third === 0xff) return 'mjpeg';
  if (first === 0x2d && second === 0x2d) return 'mjpeg'; // "--": multipart, as by ffmpeg -f mpjpeg
  if (isTransportStream(bytes)) return 'ts';
  return sniffNalUnit(bytes);
}

function isTransportStream(bytes: Uint8Array): boolean {
  return [0, TS_PACKET, 2 * TS_PACKET].every((at) => bytes[at] === 0x47);
}

/** Behind an Annex B start code, what stands at the beginning of each codec's streams. */
function sniffNalUnit(bytes: Uint8Array): 'h264' | 'h265' | undefined {
  const start = bytes.findIndex((byte) => byte !== 0);
  const header = bytes[start + 1];
  const next = bytes[start + 2];
  if (start < 2 || bytes[start] !== 1 || header === undefined || next === undefined) return undefined;
  // H.265 has a second byte of header, which says layer 0 and temporal id 0 here.
  if (next === 1 && H265_BEGINNINGS.has((header >> 1) & 0x3f)) return 'h265';
  return (header & 0x80) === 0 && H264_BEGINNINGS.has(header & 0x1f) ? 'h264' : undefined;
}
