import { ProtocolError } from '@vedette/media';

/**
 * The bytes of the worker link. Pure: no socket, no clock.
 *
 * A frame is a u32 length of what follows it, a u8 type and a body, all big-endian:
 *
 * - control: u32 length of the JSON, the JSON (UTF-8), and the rest is its attachment;
 * - unit: u8 flags (bit 0: random access), u16 track id, u32 channel, f64 PTS, f64 DTS, f64 wall
 *   clock, u16 number of parts, u32 length of each part, the parts.
 */
const PREFIX_BYTES = 4;
const CONTROL_HEADER_BYTES = 1 + 4;
const UNIT_HEADER_BYTES = 1 + 1 + 2 + 4 + 3 * 8 + 2;

const TYPE_CONTROL = 1;
const TYPE_UNIT = 2;
const FLAG_RANDOM_ACCESS = 1;

/** Checked before memory is taken; a peer that asks for more has lost its mind. */
export const FRAME_LIMITS = {
  /** One frame, in bytes: a 4K intra picture is an eighth of it. */
  frameBytes: 32 * 1024 * 1024,
  /** JSON of one control message, in bytes. */
  jsonBytes: 1024 * 1024,
  /** NAL units of one access unit. */
  parts: 4096,
} as const;

/** A control message; `attachment` is a view, empty where there is none. */
interface ControlFrame {
  readonly type: 'control';
  readonly json: string;
  readonly attachment: Uint8Array;
}

/** One access unit; elements of `data` are views. */
export interface UnitFrame {
  readonly type: 'unit';
  readonly channel: number;
  readonly trackId: number;
  readonly pts: number;
  readonly dts: number;
  readonly wallClockMs: number;
  readonly isRandomAccess: boolean;
  readonly data: readonly Uint8Array[];
  readonly byteLength: number;
}

export type Frame = ControlFrame | UnitFrame;

/**
 * The front of a control frame; the attachment's bytes go behind it.
 *
 * @throws {ProtocolError} the message is over a limit.
 */
export function serializeControl(json: string, attachmentBytes = 0): Uint8Array {
  const jsonBytes = Buffer.byteLength(json);
  if (jsonBytes > FRAME_LIMITS.jsonBytes) throw tooLong('control message', jsonBytes, FRAME_LIMITS.jsonBytes);
  const front = Buffer.allocUnsafe(PREFIX_BYTES + CONTROL_HEADER_BYTES + jsonBytes);
  front.writeUInt32BE(frameLength(CONTROL_HEADER_BYTES + jsonBytes + attachmentBytes), 0);
  front[4] = TYPE_CONTROL;
  front.writeUInt32BE(jsonBytes, 5);
  front.write(json, PREFIX_BYTES + CONTROL_HEADER_BYTES);
  return front;
}

/**
 * The front of a unit frame; the parts of `unit.data` go behind it, in order.
 *
 * @throws {ProtocolError} the unit is over a limit.
 */
export function serializeUnit(unit: Omit<UnitFrame, 'type'>): Uint8Array {
  const { data, byteLength } = unit;
  if (data.length > FRAME_LIMITS.parts) throw tooLong('parts of a unit', data.length, FRAME_LIMITS.parts);
  const headerBytes = UNIT_HEADER_BYTES + 4 * data.length;
  const front = Buffer.allocUnsafe(PREFIX_BYTES + headerBytes);
  front.writeUInt32BE(frameLength(headerBytes + byteLength), 0);
  front[4] = TYPE_UNIT;
  front[5] = unit.isRandomAccess ? FLAG_RANDOM_ACCESS : 0;
  front.writeUInt16BE(unit.trackId, 6);
  front.writeUInt32BE(unit.channel, 8);
  front.writeDoubleBE(unit.pts, 12);
  front.writeDoubleBE(unit.dts, 20);
  front.writeDoubleBE(unit.wallClockMs, 28);
  front.writeUInt16BE(data.length, 36);
  let offset = PREFIX_BYTES + UNIT_HEADER_BYTES;
  for (const part of data) offset = front.writeUInt32BE(part.byteLength, offset);
  return front;
}

function frameLength(length: number): number {
  if (length > FRAME_LIMITS.frameBytes) throw tooLong('frame', length, FRAME_LIMITS.frameBytes);
  return length;
}

/**
 * Parses one frame without its length prefix; the result holds views of `bytes`.
 *
 * @throws {ProtocolError} it is not a frame.
 */
export function parseFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = bytes[0];
  if (type === TYPE_CONTROL && bytes.byteLength >= CONTROL_HEADER_BYTES) return parseControl(bytes, view);
  if (type === TYPE_UNIT && bytes.byteLength >= UNIT_HEADER_BYTES) return parseUnit(bytes, view);
  throw new ProtocolError('ERR_LINK_FRAME', `no frame of type ${type ?? 'nothing'} in ${bytes.length} bytes`);
}

function parseControl(bytes: Uint8Array, view: DataView): ControlFrame {
  const jsonBytes = view.getUint32(1);
  if (jsonBytes > FRAME_LIMITS.jsonBytes) throw tooLong('control message', jsonBytes, FRAME_LIMITS.jsonBytes);
  const end = CONTROL_HEADER_BYTES + jsonBytes;
  if (end > bytes.byteLength) {
    throw new ProtocolError('ERR_LINK_FRAME', `control message of ${jsonBytes} bytes ends outside its frame`);
  }
  const json = Buffer.from(bytes.buffer, bytes.byteOffset + CONTROL_HEADER_BYTES, jsonBytes).toString('utf8');
  return { type: 'control', json, attachment: bytes.subarray(end) };
}

function parseUnit(bytes: Uint8Array, view: DataView): UnitFrame {
  const pts = view.getFloat64(8);
  const dts = view.getFloat64(16);
  if (!Number.isSafeInteger(pts) || !Number.isSafeInteger(dts)) {
    throw new ProtocolError('ERR_LINK_FRAME', 'a unit without a whole PTS and DTS');
  }
  const count = view.getUint16(32);
  if (count > FRAME_LIMITS.parts) throw tooLong('parts of a unit', count, FRAME_LIMITS.parts);
  let start = UNIT_HEADER_BYTES + 4 * count;
  if (start > bytes.byteLength) {
    throw new ProtocolError('ERR_LINK_FRAME', `lengths of ${count} parts end outside their frame`);
  }
  const byteLength = bytes.byteLength - start;
  const data: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const end = start + view.getUint32(UNIT_HEADER_BYTES + 4 * index);
    data.push(bytes.subarray(start, end));
    start = end;
  }
  if (start !== bytes.byteLength) {
    throw new ProtocolError('ERR_LINK_FRAME', `parts end at byte ${start} of a frame of ${bytes.byteLength}`);
  }
  return {
    type: 'unit',
    isRandomAccess: ((bytes[1] ?? 0) & FLAG_RANDOM_ACCESS) !== 0,
    trackId: view.getUint16(2),
    channel: view.getUint32(4),
    pts,
    dts,
    wallClockMs: view.getFloat64(24),
    data,
    byteLength,
  };
}

/**
 * Finds frames in the chunks of a socket. A frame that lies within one chunk is handed on as views
 * of it; one that spans chunks is copied once.
 */
export class FrameReader {
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  /** The frame that began in an earlier chunk. */
  #frame: Buffer | undefined;
  #frameBytes = 0;

  /**
   * @param onFrame called for each frame that is complete, in order; returns whether to go on.
   * @throws {ProtocolError} these bytes are not frames; the reader is of no use after that.
   */
  push(chunk: Uint8Array, onFrame: (frame: Frame) => boolean): void {
    let rest = chunk;
    let goesOn = true;
    while (goesOn && rest.byteLength > 0) {
      if (this.#frame === undefined) rest = this.#takePrefix(rest);
      const length = this.#frame?.byteLength ?? this.#declared();
      if (length === undefined) return;
      const wanted = length - this.#frameBytes;
      if (this.#frame === undefined && rest.byteLength < wanted) this.#frame = Buffer.allocUnsafeSlow(length);
      const part = rest.subarray(0, wanted);
      rest = rest.subarray(part.byteLength);
      const frame = this.#append(part, length);
      if (frame !== undefined) goesOn = onFrame(parseFrame(frame));
    }
  }

  #takePrefix(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, PREFIX_BYTES - this.#prefixBytes);
    this.#prefix.set(part, this.#prefixBytes);
    this.#prefixBytes += part.byteLength;
    return bytes.subarray(part.byteLength);
  }

  /** Length of the frame whose prefix is complete. */
  #declared(): number | undefined {
    if (this.#prefixBytes < PREFIX_BYTES) return undefined;
    const length = this.#prefix.readUInt32BE(0);
    if (length === 0) throw new ProtocolError('ERR_LINK_FRAME', 'a frame of no bytes');
    return frameLength(length);
  }

  /** Adds to the frame; gives it whole once it is. */
  #append(part: Uint8Array, length: number): Uint8Array | undefined {
    if (this.#frame === undefined) {
      this.#prefixBytes = 0;
      return part;
    }
    this.#frame.set(part, this.#frameBytes);
    this.#frameBytes += part.byteLength;
    if (this.#frameBytes < length) return undefined;
    const frame = this.#frame;
    this.#frame = undefined;
    this.#frameBytes = this.#prefixBytes = 0;
    return frame;
  }
}

function tooLong(what: string, length: number, limit: number): ProtocolError {
  return new ProtocolError('ERR_LINK_TOO_LONG', `${what}: ${length} is over the limit of ${limit}`);
}
