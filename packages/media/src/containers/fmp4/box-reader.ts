import { ProtocolError } from '../../errors.ts';

/** Limits on the boxes of one file or segment. */
export const BOX_LIMITS = {
  /** Boxes inside boxes. */
  depth: 12,
  /** Boxes in all. */
  count: 4096,
} as const;

/** A box out of an MP4 file (ISO 14496-12 §4.2). */
export interface Box {
  readonly type: string;
  /** First byte of the box, header included, from the start of the bytes that were parsed. */
  readonly offset: number;
  /** Everything behind the header, a view; for boxes that hold others, those are in it. */
  readonly payload: Uint8Array;
  /** Boxes inside, for the types that hold any. */
  readonly children: readonly Box[];
}

/** Bytes of a box's own fields in front of the boxes inside, by type, for all types that hold boxes. */
const CONTAINERS = new Map<string, number>([
  ...['moov', 'trak', 'mdia', 'minf', 'dinf', 'stbl', 'mvex', 'moof', 'traf', 'edts'].map(
    (type) => [type, 0] as const,
  ),
  ['dref', 8],
  ['stsd', 8],
  ...['avc1', 'avc3', 'hvc1', 'hev1', 'av01', 'vp08', 'vp09'].map((type) => [type, 78] as const),
  ['mp4a', 28],
  ['Opus', 28],
]);

/**
 * Parses all boxes in `bytes`, which must be whole, and the boxes inside them.
 *
 * @throws {ProtocolError} `ERR_MP4_BOX`: a size that does not fit, or more boxes than {@link BOX_LIMITS}.
 */
export function parseBoxes(bytes: Uint8Array): Box[] {
  return readBoxes({ bytes, count: 0 }, 0, bytes.length, 0);
}

/** The first box of a path of types, such as `['moof', 'traf', 'trun']`. */
export function findBox(boxes: readonly Box[], types: readonly string[]): Box | undefined {
  const [type, ...rest] = types;
  const found = boxes.find((each) => each.type === type);
  return found === undefined || rest.length === 0 ? found : findBox(found.children, rest);
}

interface Parse {
  readonly bytes: Uint8Array;
  count: number;
}

function readBoxes(parse: Parse, start: number, end: number, depth: number): Box[] {
  if (depth > BOX_LIMITS.depth) throw invalid(`boxes are nested deeper than ${BOX_LIMITS.depth}`);
  const boxes: Box[] = [];
  let offset = start;
  while (offset < end) {
    if (++parse.count > BOX_LIMITS.count) throw invalid(`more than ${BOX_LIMITS.count} boxes`);
    const { type, headerBytes, size } = readHeader(parse.bytes, offset, end);
    const bodyEnd = offset + size;
    const payload = parse.bytes.subarray(offset + headerBytes, bodyEnd);
    boxes.push({
      type,
      offset,
      payload,
      children: readChildren(parse, type, bodyEnd - payload.length, bodyEnd, depth),
    });
    offset = bodyEnd;
  }
  return boxes;
}

function readChildren(parse: Parse, type: string, start: number, end: number, depth: number): Box[] {
  const ownBytes = CONTAINERS.get(type);
  if (ownBytes === undefined) return [];
  if (start + ownBytes > end) throw invalid(`${type} is too short`);
  return readBoxes(parse, start + ownBytes, end, depth + 1);
}

function readHeader(bytes: Uint8Array, offset: number, end: number): BoxHeader {
  if (offset + 8 > end) throw invalid('the data ends inside a box header');
  const header = readBoxHeader(bytes.subarray(0, end), offset, offset + 16 <= end);
  // A size of 0: to the end of the file.
  const size = header.size === 0 ? end - offset : header.size;
  if (size > end - offset) throw invalid(`${header.type} claims ${size} bytes`);
  return { ...header, size };
}

/** The beginning of a box. */
export interface BoxHeader {
  readonly type: string;
  readonly headerBytes: number;
  /** Of the whole box; 0: to the end of the file. */
  readonly size: number;
}

/**
 * Reads the header of a box of which not all may be there.
 *
 * @param hasLongHeader whether `bytes` reach far enough for a size of 64 bits
 * @throws {ProtocolError} `ERR_MP4_BOX`: a size below that of the header, or one of 64 bits that is not there.
 */
export function readBoxHeader(bytes: Uint8Array, offset: number, hasLongHeader: boolean): BoxHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
  const short = view.getUint32(offset);
  if (short !== 1) {
    if (short !== 0 && short < 8) throw invalid(`${type} claims ${short} bytes`);
    return { type, headerBytes: 8, size: short };
  }
  if (!hasLongHeader) throw invalid('the data ends inside a box header');
  const size = view.getUint32(offset + 8) * 2 ** 32 + view.getUint32(offset + 12);
  if (size < 16) throw invalid(`${type} claims ${size} bytes`);
  return { type, headerBytes: 16, size };
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_MP4_BOX', `Bad MP4 data: ${reason}`);
}
