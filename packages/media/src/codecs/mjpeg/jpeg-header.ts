import { ProtocolError } from '../../errors.ts';

/** Limits on a JPEG, checked by its header: before memory is taken for its pixels, and before any decoder sees it. */
export const JPEG_LIMITS = {
  /** Pixels in a row, and rows. */
  dimension: 8192,
  /** Bytes of a whole file. */
  bytes: 16 * 1024 * 1024,
  /** Marker segments in front of the first scan. */
  segments: 512,
} as const;

/** Marker codes (ITU-T T.81 table B.1): the byte behind 0xFF. */
export const JpegMarker = {
  temporary: 0x01,
  sof0: 0xc0,
  dht: 0xc4,
  jpgExtension: 0xc8,
  dac: 0xcc,
  sof15: 0xcf,
  rst0: 0xd0,
  rst7: 0xd7,
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
} as const;

/** What a JPEG says of its picture (ITU-T T.81 §B.2.2), and where its scan begins. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: colour. */
  readonly components: 1 | 3;
  readonly process: 'baseline' | 'extended' | 'progressive';
  /** Huffman tables are there; USB cameras leave the usual ones out, as AVI files do. */
  readonly hasHuffmanTables: boolean;
  /** Where the first scan's marker is. */
  readonly scanOffset: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: 1 | 3;
  readonly process: JpegHeader['process'];
}

const PROCESSES: Readonly<Record<number, JpegHeader['process']>> = {
  0xc0: 'baseline',
  0xc1: 'extended',
  0xc2: 'progressive',
};

/**
 * Reads the header of a JPEG, up to its first scan.
 *
 * @throws {ProtocolError} `ERR_JPEG`: it is none, or is cut off; `ERR_JPEG_SIZE`: more pixels or bytes than any
 * camera's; `ERR_JPEG_UNSUPPORTED`: of a kind that no browser shows (lossless, arithmetic, CMYK, 12 bits).
 */
export function parseJpegHeader(bytes: Uint8Array): JpegHeader {
  if (bytes.length > JPEG_LIMITS.bytes) {
    throw new ProtocolError('ERR_JPEG_SIZE', `a JPEG of ${bytes.length} bytes, at most ${JPEG_LIMITS.bytes}`);
  }
  if (uint16(bytes, 0) !== 0xffd8) throw malformed('does not begin with its marker');
  let frame: Frame | undefined;
  let hasHuffmanTables = false;
  let at = 2;
  for (let count = 0; count < JPEG_LIMITS.segments; count += 1) {
    const { marker, body, end, start } = readSegment(bytes, at);
    if (marker === JpegMarker.sos) {
      if (frame === undefined) throw malformed('has a scan before its size');
      return { ...frame, hasHuffmanTables, scanOffset: start };
    }
    if (marker === JpegMarker.dht) hasHuffmanTables = true;
    else if (isFrameMarker(marker)) frame = parseFrame(marker, body);
    at = end;
  }
  throw malformed(`has more than ${JPEG_LIMITS.segments} segments in its header`);
}

interface Segment {
  readonly marker: number;
  /** Where its marker is. */
  readonly start: number;
  /** Behind its length. */
  readonly body: Uint8Array;
  readonly end: number;
}

function readSegment(bytes: Uint8Array, at: number): Segment {
  let start = at;
  if (bytes[start] !== 0xff) throw malformed('has no marker where one has to be');
  while (bytes[start + 1] === 0xff) start += 1; // fill bytes (§B.1.1.2)
  const marker = bytes[start + 1] ?? 0;
  if (isBareMarker(marker)) return { marker, start, body: bytes.subarray(0, 0), end: start + 2 };
  const length = uint16(bytes, start + 2);
  const end = start + 2 + length;
  if (length < 2 || end > bytes.length) throw malformed('is cut off in its header');
  return { marker, start, body: bytes.subarray(start + 4, end), end };
}

/** Markers that stand alone, without a length. */
export function isBareMarker(marker: number): boolean {
  return marker === JpegMarker.temporary || (marker >= JpegMarker.rst0 && marker <= JpegMarker.rst7);
}

function isFrameMarker(marker: number): boolean {
  const isOther =
    marker === JpegMarker.dht || marker === JpegMarker.jpgExtension || marker === JpegMarker.dac;
  return marker >= JpegMarker.sof0 && marker <= JpegMarker.sof15 && !isOther;
}

/** A frame header (§B.2.2), behind its length. */
function parseFrame(marker: number, body: Uint8Array): Frame {
  const process = PROCESSES[marker];
  if (process === undefined) throw unsupported(`of process ${marker - JpegMarker.sof0}`);
  const [precision = 0, , , , , components = 0] = body;
  if (body.length < 6 + 3 * components) throw malformed('has a short frame header');
  const height = uint16(body, 1);
  const width = uint16(body, 3);
  if (precision !== 8) throw unsupported(`of ${precision} bits`);
  if (components !== 1 && components !== 3) throw unsupported(`of ${components} components`);
  // Height 0 leaves it to a marker behind the scan (§B.2.5), which nobody uses.
  if (width === 0 || height === 0) throw unsupported('without a size');
  if (Math.max(width, height) > JPEG_LIMITS.dimension) {
    throw new ProtocolError(
      'ERR_JPEG_SIZE',
      `a JPEG of ${width}×${height} pixels, at most ${JPEG_LIMITS.dimension}×${JPEG_LIMITS.dimension}`,
    );
  }
  return { width, height, components, process };
}

/** Big-endian; bytes that are not there count as 0. */
function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('ERR_JPEG', `a JPEG that ${what}`);
}

function unsupported(what: string): ProtocolError {
  return new ProtocolError('ERR_JPEG_UNSUPPORTED', `a JPEG ${what}: no browser shows it`);
}
