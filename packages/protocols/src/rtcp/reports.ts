import type { ReceiverReport, ReportBlock, SenderReport } from './packets.ts';
import { checkedCount, newBody, PACKET_TYPE, viewOf } from './wire.ts';
import type { RtcpBody } from './wire.ts';

const BLOCK_LENGTH = 24;
const SENDER_INFO_LENGTH = 24;
const RECEIVER_INFO_LENGTH = 4;

/** RFC 3550 §6.4.1. */
export function parseSenderReport({ body, count }: RtcpBody): SenderReport {
  const view = viewOf(body, SENDER_INFO_LENGTH, 'sender report');
  return {
    type: 'sr',
    ssrc: view.getUint32(0),
    ntp: { seconds: view.getUint32(4), fraction: view.getUint32(8) },
    rtpTimestamp: view.getUint32(12),
    packetCount: view.getUint32(16),
    octetCount: view.getUint32(20),
    reports: parseBlocks(view, SENDER_INFO_LENGTH, count),
  };
}

/** RFC 3550 §6.4.2. */
export function parseReceiverReport({ body, count }: RtcpBody): ReceiverReport {
  const view = viewOf(body, RECEIVER_INFO_LENGTH, 'receiver report');
  return { type: 'rr', ssrc: view.getUint32(0), reports: parseBlocks(view, RECEIVER_INFO_LENGTH, count) };
}

/** Some cameras count a block and leave it out: what is there is read, for the sake of the sender's clock. */
function parseBlocks(view: DataView, start: number, count: number): ReportBlock[] {
  const blocks: ReportBlock[] = [];
  for (let at = start; blocks.length < count && at + BLOCK_LENGTH <= view.byteLength; at += BLOCK_LENGTH) {
    blocks.push({
      ssrc: view.getUint32(at),
      fractionLost: view.getUint8(at + 4),
      packetsLost: (view.getInt32(at + 4) << 8) >> 8, // signed, 24 bits
      highestSequenceNumber: view.getUint32(at + 8),
      jitter: view.getUint32(at + 12),
      lastSenderReport: view.getUint32(at + 16),
      delaySinceLastSenderReport: view.getUint32(at + 20),
    });
  }
  return blocks;
}

export function serializeSenderReport(report: SenderReport): RtcpBody {
  const count = checkedCount(report.reports.length, 'sender report');
  const { body, view } = newBody(SENDER_INFO_LENGTH + count * BLOCK_LENGTH);
  view.setUint32(0, report.ssrc);
  view.setUint32(4, report.ntp.seconds);
  view.setUint32(8, report.ntp.fraction);
  view.setUint32(12, report.rtpTimestamp);
  view.setUint32(16, report.packetCount);
  view.setUint32(20, report.octetCount);
  writeBlocks(view, SENDER_INFO_LENGTH, report.reports);
  return { packetType: PACKET_TYPE.senderReport, count, body };
}

export function serializeReceiverReport(report: ReceiverReport): RtcpBody {
  const count = checkedCount(report.reports.length, 'receiver report');
  const { body, view } = newBody(RECEIVER_INFO_LENGTH + count * BLOCK_LENGTH);
  view.setUint32(0, report.ssrc);
  writeBlocks(view, RECEIVER_INFO_LENGTH, report.reports);
  return { packetType: PACKET_TYPE.receiverReport, count, body };
}

function writeBlocks(view: DataView, start: number, blocks: readonly ReportBlock[]): void {
  let at = start;
  for (const block of blocks) {
    view.setUint32(at, block.ssrc);
    view.setUint32(at + 4, (block.fractionLost << 24) | (block.packetsLost & 0xff_ffff));
    view.setUint32(at + 8, block.highestSequenceNumber);
    view.setUint32(at + 12, block.jitter);
    view.setUint32(at + 16, block.lastSenderReport);
    view.setUint32(at + 20, block.delaySinceLastSenderReport);
    at += BLOCK_LENGTH;
  }
}
