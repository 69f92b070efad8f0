import { BitReader } from '../bit-reader.ts';
import { unescapeNal } from '../nal-units.ts';

/** Recovery point SEI message (H.264 §D.1.8): decoding may start here and is right after some frames. */
export interface RecoveryPoint {
  /** Frames, in output order, until the pictures are right; 0 for an open GOP, more for intra refresh. */
  readonly frameCount: number;
}

const RECOVERY_POINT = 6;
/** SEI NAL units are read this far: user data behind it may be long, and recovery points come first. */
const MAX_BYTES = 1024;

/**
 * The recovery point in an SEI NAL unit of H.264, if it holds one. Bad SEI is read as none: it is only
 * advice, and cameras put their own things there.
 */
export function findRecoveryPoint(nal: Uint8Array): RecoveryPoint | undefined {
  const bytes = unescapeNal(nal, MAX_BYTES);
  let offset = 1;
  // At least a type, a size and one byte of trailing bits.
  while (offset + 2 < bytes.length) {
    let type = 0;
    let size = 0;
    for (; bytes[offset] === 0xff; offset++) type += 255;
    type += bytes[offset++] ?? 0;
    for (; bytes[offset] === 0xff; offset++) size += 255;
    size += bytes[offset++] ?? 0;
    if (type === RECOVERY_POINT) return parseRecoveryPoint(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return undefined;
}

function parseRecoveryPoint(payload: Uint8Array): RecoveryPoint | undefined {
  try {
    return { frameCount: new BitReader(payload).ue() };
  } catch {
    return undefined;
  }
}
