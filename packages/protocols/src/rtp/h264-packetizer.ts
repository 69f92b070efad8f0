import type { BurstWriter } from './burst.ts';
import { aggregateEnd, appendAggregated } from './nal-aggregation.ts';

const STAP_A = 24;
const FU_A = 28;

/**
 * H.264 in packetization mode 1 (RFC 6184 §6.3): runs of small NAL units (parameter sets, SEI,
 * small slices) as STAP-A, large ones as FU-A, the others alone.
 */
export function writeH264(nalUnits: readonly Uint8Array[], writer: BurstWriter): void {
  const { maxPayloadLength } = writer;
  let index = 0;
  while (index < nalUnits.length) {
    const nalUnit = nalUnits[index];
    const end = aggregateEnd(nalUnits, index, 1, maxPayloadLength);
    if (end > index + 1) {
      writeStapA(nalUnits.slice(index, end), writer);
    } else if (nalUnit !== undefined && nalUnit.length > maxPayloadLength) {
      writeFuA(nalUnit, writer);
    } else if (nalUnit !== undefined && nalUnit.length > 0) {
      writer.startPacket();
      writer.append(nalUnit);
    }
    index = end;
  }
}

/** RFC 6184 §5.7.1: F and NRI of the aggregate are the highest of its members. */
function writeStapA(nalUnits: readonly Uint8Array[], writer: BurstWriter): void {
  let forbidden = 0;
  let refIdc = 0;
  for (const [header = 0] of nalUnits) {
    forbidden |= header & 0x80;
    refIdc = Math.max(refIdc, header & 0x60);
  }
  writer.startPacket();
  writer.appendByte(forbidden | refIdc | STAP_A);
  appendAggregated(nalUnits, writer);
}

/** RFC 6184 §5.8: the NAL header is not sent, its parts are in indicator and FU header. */
function writeFuA(nalUnit: Uint8Array, writer: BurstWriter): void {
  const header = nalUnit[0] ?? 0;
  const indicator = (header & 0xe0) | FU_A;
  const share = writer.maxPayloadLength - 2;
  for (let at = 1; at < nalUnit.length; at += share) {
    const isStart = at === 1;
    const isEnd = at + share >= nalUnit.length;
    writer.startPacket();
    writer.appendByte(indicator);
    writer.appendByte((isStart ? 0x80 : 0) | (isEnd ? 0x40 : 0) | (header & 0x1f));
    writer.append(nalUnit.subarray(at, at + share));
  }
}
