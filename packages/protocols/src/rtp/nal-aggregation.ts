import type { BurstWriter } from './burst.ts';

/** Bytes in front of each NAL unit of an aggregate: its length. */
const LENGTH_FIELD_LENGTH = 2;

/**
 * The end of the run of NAL units from `start` on that fits one aggregate; `start + 1` where nothing
 * can join. Anything shorter than a NAL header joins nothing.
 *
 * @param headerLength bytes of a NAL header, which an aggregate has too: 1 in H.264, 2 in H.265.
 */
export function aggregateEnd(
  nalUnits: readonly Uint8Array[],
  start: number,
  headerLength: number,
  maxPayloadLength: number,
): number {
  let length = headerLength;
  let end = start;
  for (; end < nalUnits.length; end += 1) {
    const size = nalUnits[end]?.length ?? 0;
    length += LENGTH_FIELD_LENGTH + size;
    if (size < headerLength || length > maxPayloadLength) break;
  }
  return Math.max(end, start + 1);
}

/** Appends the members of an aggregate behind its header. */
export function appendAggregated(nalUnits: readonly Uint8Array[], writer: BurstWriter): void {
  for (const nalUnit of nalUnits) {
    writer.appendUint16(nalUnit.length);
    writer.append(nalUnit);
  }
}
