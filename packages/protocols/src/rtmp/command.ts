import {
  isAmf0Object,
  parseAmf0,
  ProtocolError,
  serializeAmf0,
  type Amf0Object,
  type Amf0Value,
} from '@vedette/media';

/** A command message (RTMP 1.0 §7.2). */
export interface RtmpCommand {
  readonly name: string;
  /** What the answer refers to; 0 where none is wanted. */
  readonly transaction: number;
  /** The command object: an empty one where there is none. */
  readonly object: Amf0Object;
  readonly args: readonly Amf0Value[];
}

const EMPTY: Amf0Object = {};

/**
 * Parses the payload of a command message. With AMF3 (type 17) a byte stands in front and the rest is AMF0, in
 * everything that was ever seen.
 *
 * @throws {ProtocolError} `ERR_RTMP_COMMAND`, `ERR_AMF0…`.
 */
export function parseRtmpCommand(payload: Uint8Array, isAmf3 = false): RtmpCommand {
  const values = parseAmf0(isAmf3 ? payload.subarray(1) : payload);
  const [name, transaction = 0, object, ...args] = values;
  if (typeof name !== 'string' || typeof transaction !== 'number' || name.length > 64) {
    throw new ProtocolError('ERR_RTMP_COMMAND', 'A command begins with its name and its number');
  }
  return { name, transaction, object: isAmf0Object(object) ? object : EMPTY, args };
}

/** Serializes the payload of a command, AMF0. */
export function serializeRtmpCommand(
  name: string,
  transaction: number,
  ...values: readonly Amf0Value[]
): Uint8Array {
  return serializeAmf0([name, transaction, ...values]);
}

/** `onStatus`' information object (RTMP 1.0 §7.2.2). */
export function statusInfo(level: 'status' | 'error', code: string, description: string): Amf0Object {
  return { level, code, description };
}

/** A string argument, or the empty string. */
export function textOf(value: Amf0Value): string {
  return typeof value === 'string' ? value : '';
}
