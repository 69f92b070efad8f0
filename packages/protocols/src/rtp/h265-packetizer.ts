import type { BurstWriter } from './burst.ts';
import { aggregateEnd, appendAggregated } from './nal-aggregation.ts';

const AGGREGATION_PACKET = 48;
const FRAGMENTATION_UNIT = 49;
const NAL_HEADER_LENGTH = 2;

/**
 * H.265 (RFC 7798 §4.4), without decoding order numbers: runs of small NAL units as aggregation
 * packets, large ones as fragmentation units, the others alone.
 */
export function writeH265(nalUnits: readonly Uint8Array[], writer: BurstWriter): void {
  const { maxPayloadLength } = writer;
  let index = 0;
  while (index < nalUnits.length) {
    const nalUnit = nalUnits[index];
    const end = aggregateEnd(nalUnits, index, NAL_HEADER_LENGTH, maxPayloadLength);
    if (end > index + 1) {
      writeAggregate(nalUnits.slice(index, end), writer);
    } else if (nalUnit !== undefined && nalUnit.length > maxPayloadLength) {
      writeFragments(nalUnit, writer);
    } else if (nalUnit !== undefined && nalUnit.length >= NAL_HEADER_LENGTH) {
      writer.startPacket();
      writer.append(nalUnit);
    }
    index = end;
  }
}

/** RFC 7798 §4.4.2: layer and temporal id of the aggregate are the lowest of its members. */
function writeAggregate(nalUnits: readonly Uint8Array[], writer: BurstWriter): void {
  let forbidden = 0;
  let layerId = 0x3f;
  let temporalId = 0x07;
  for (const [first = 0, second = 0] of nalUnits) {
    forbidden |= first & 0x80;
    layerId = Math.min(layerId, ((first & 0x01) << 5) | (second >> 3));
    temporalId = Math.min(temporalId, second & 0x07);
  }
  writer.startPacket();
  writer.appendByte(forbidden | (AGGREGATION_PACKET << 1) | (layerId >> 5));
  writer.appendByte(((layerId & 0x1f) << 3) | temporalId);
  appendAggregated(nalUnits, writer);
}

/** RFC 7798 §4.4.3: the NAL header's type moves to the FU header, the rest stays in front. */
function writeFragments(nalUnit: Uint8Array, writer: BurstWriter): void {
  const first = nalUnit[0] ?? 0;
  const second = nalUnit[1] ?? 0;
  const type = (first >> 1) & 0x3f;
  const share = writer.maxPayloadLength - NAL_HEADER_LENGTH - 1;
  for (let at = NAL_HEADER_LENGTH; at < nalUnit.length; at += share) {
    const isStart = at === NAL_HEADER_LENGTH;
    const isEnd = at + share >= nalUnit.length;
    writer.startPacket();
    writer.appendByte((first & 0x81) | (FRAGMENTATION_UNIT << 1));
    writer.appendByte(second);
    writer.appendByte((isStart ? 0x80 : 0) | (isEnd ? 0x40 : 0) | type);
    writer.append(nalUnit.subarray(at, at + share));
  }
}
