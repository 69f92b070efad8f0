import { ProtocolError } from '../../errors.ts';
import { leb128Length, readLeb128, writeLeb128 } from './leb128.ts';

/** `obu_type` (AV1 §6.2.2). */
export const ObuType = {
  sequenceHeader: 1,
  temporalDelimiter: 2,
  frameHeader: 3,
  tileGroup: 4,
  metadata: 5,
  frame: 6,
  redundantFrameHeader: 7,
  tileList: 8,
  padding: 15,
} as const;

/** Limits on one temporal unit, whatever way it arrives. */
export const AV1_LIMITS = {
  /** OBUs in one temporal unit. */
  obus: 4096,
  /** Bytes in one temporal unit. */
  temporalUnitBytes: 8 * 1024 * 1024,
  /** Bytes in one sequence header. */
  sequenceHeaderBytes: 4 * 1024,
} as const;

/** One open bitstream unit (AV1 §5.3), as it lies in `bytes`. */
export interface Obu {
  readonly type: number;
  /** 0 where it belongs to all layers. */
  readonly spatialId: number;
  readonly hasSize: boolean;
  /** Header, size field where there is one, payload. A view. */
  readonly bytes: Uint8Array;
  /** Bytes of the header: 1, or 2 with an extension. */
  readonly headerLength: number;
  /** A view. */
  readonly payload: Uint8Array;
}

/**
 * Parses the OBU at the start of `bytes`; one without a size field reaches to the end.
 *
 * @throws {ProtocolError} `ERR_AV1_OBU`, `ERR_AV1_LEB128`.
 */
export function parseObu(bytes: Uint8Array): Obu {
  const header = bytes[0];
  if (header === undefined || (header & 0x80) !== 0) {
    throw new ProtocolError('ERR_AV1_OBU', 'An AV1 OBU without a header, or with its forbidden bit set');
  }
  const hasExtension = (header & 0x04) !== 0;
  const hasSize = (header & 0x02) !== 0;
  const headerLength = hasExtension ? 2 : 1;
  const size = hasSize ? readLeb128(bytes, headerLength) : undefined;
  const start = headerLength + (size?.length ?? 0);
  const end = size === undefined ? bytes.length : start + size.value;
  if (start > bytes.length || end > bytes.length) {
    throw new ProtocolError('ERR_AV1_OBU', `An AV1 OBU of ${end} bytes in the last ${bytes.length}`);
  }
  return {
    type: (header >> 3) & 0x0f,
    spatialId: hasExtension ? ((bytes[1] ?? 0) >> 3) & 0x03 : 0,
    hasSize,
    bytes: bytes.subarray(0, end),
    headerLength,
    payload: bytes.subarray(start, end),
  };
}

/**
 * Splits a run of OBUs (low-overhead format, AV1 §5.2); the last may be without its size field.
 *
 * @throws {ProtocolError} `ERR_AV1_OBU`, `ERR_AV1_LEB128`, `ERR_AV1_OBU_COUNT`.
 */
export function splitObus(bytes: Uint8Array): Obu[] {
  const obus: Obu[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    if (obus.length === AV1_LIMITS.obus) throw tooManyObus();
    const obu = parseObu(rest);
    obus.push(obu);
    rest = rest.subarray(obu.bytes.length);
  }
  return obus;
}

/** The OBU with its size field: itself where it has one, else a copy. */
export function withSizeField({ hasSize, bytes, headerLength, payload }: Obu): Uint8Array {
  if (hasSize) return bytes;
  const sized = new Uint8Array(headerLength + leb128Length(payload.length) + payload.length);
  sized.set(bytes.subarray(0, headerLength));
  sized[0] = (sized[0] ?? 0) | 0x02;
  sized.set(payload, writeLeb128(sized, headerLength, payload.length));
  return sized;
}

export function tooManyObus(): ProtocolError {
  return new ProtocolError('ERR_AV1_OBU_COUNT', `More than ${AV1_LIMITS.obus} OBUs in one temporal unit`);
}
