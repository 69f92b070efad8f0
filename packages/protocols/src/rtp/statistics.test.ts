import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unixMsToNtp } from '@vedette/media';
import { createPacketizer } from './packetizer.ts';
import { ReceiverStatistics, SenderStatistics } from './statistics.ts';
import { testPacket, testTrack, testUnit } from './testing/fixtures.ts';

const SENDER_REPORT = {
  type: 'sr',
  ssrc: 1,
  ntp: { seconds: 0xabcd_1234, fraction: 0x5678_9abc },
  rtpTimestamp: 0,
  packetCount: 0,
  octetCount: 0,
  reports: [],
} as const;

/** 8 kHz packets of 20 ms, numbered; each arrives on time plus its delay. */
function receive(
  statistics: ReceiverStatistics,
  arrivals: readonly (readonly [number, delayMs?: number])[],
): void {
  for (const [number, delayMs = 0] of arrivals) {
    statistics.onPacket(
      testPacket({ sequenceNumber: number & 0xffff, timestamp: (number * 160) >>> 0 }),
      number * 20 + delayMs,
    );
  }
}

describe('ReceiverStatistics', () => {
  test('there is nothing to report before the first packet', () => {
    const statistics = new ReceiverStatistics(8000);
    assert.equal(statistics.report(0), undefined);
    assert.deepEqual([statistics.ssrc, statistics.packetsLost, statistics.jitterMs], [undefined, 0, 0]);
  });

  test('counts loss since the start and by interval, over a wrap', () => {
    const statistics = new ReceiverStatistics(8000);
    receive(statistics, [[65_533], [65_534], [65_536], [65_537]]);
    assert.deepEqual(statistics.report(0), {
      ssrc: 1,
      fractionLost: Math.floor(256 / 5),
      packetsLost: 1,
      highestSequenceNumber: 0x1_0001,
      jitter: 0,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    });
    receive(statistics, [[65_538], [65_539]]);
    const second = statistics.report(0);
    assert.deepEqual([second?.fractionLost, second?.packetsLost], [0, 1]);
    assert.equal(statistics.packetsReceived, 6);
  });

  test('late packets mend the count, duplicates make it negative', () => {
    const statistics = new ReceiverStatistics(8000);
    receive(statistics, [[1], [3], [2], [2]]);
    const report = statistics.report(0);
    assert.deepEqual([report?.packetsLost, report?.fractionLost], [-1, 0]);
  });

  test('jitter follows RFC 3550 A.8: a sixteenth of each difference', () => {
    const statistics = new ReceiverStatistics(8000);
    receive(statistics, [[0], [1, 10]]);
    assert.equal(statistics.jitterMs, 10 / 16);
    receive(statistics, [[2, 10]]);
    assert.equal(statistics.jitterMs, (10 / 16) * (15 / 16));
    assert.equal(statistics.report(0)?.jitter, Math.floor(80 * (1 / 16) * (15 / 16)));
  });

  test('packets of one picture, sent one after the other, are no jitter', () => {
    const statistics = new ReceiverStatistics(90_000);
    for (const [index, atMs] of [0, 3, 6, 9].entries()) {
      statistics.onPacket(testPacket({ sequenceNumber: index, timestamp: 500 }), atMs);
    }
    assert.equal(statistics.jitterMs, 0);
  });

  test('timestamps that wrap are no jitter', () => {
    const statistics = new ReceiverStatistics(8000);
    statistics.onPacket(testPacket({ sequenceNumber: 0, timestamp: 2 ** 32 - 160 }), 0);
    statistics.onPacket(testPacket({ sequenceNumber: 1, timestamp: 0 }), 20);
    assert.equal(statistics.jitterMs, 0);
  });

  test('refers to the last sender report', () => {
    const statistics = new ReceiverStatistics(8000);
    receive(statistics, [[1]]);
    statistics.onSenderReport(SENDER_REPORT, 1000);
    const report = statistics.report(1500);
    assert.equal(report?.lastSenderReport, 0x1234_5678);
    assert.equal(report.delaySinceLastSenderReport, 0x8000);
  });

  test('another SSRC, or a jump, begins anew', () => {
    for (const next of [testPacket({ ssrc: 2, sequenceNumber: 4 }), testPacket({ sequenceNumber: 9000 })]) {
      const statistics = new ReceiverStatistics(8000);
      receive(statistics, [[1], [3]]);
      statistics.onPacket(next, 100);
      const report = statistics.report(100);
      assert.deepEqual(
        [report?.ssrc, report?.packetsLost, report?.highestSequenceNumber],
        [next.ssrc, 0, next.sequenceNumber],
      );
    }
  });
});

test('SenderStatistics counts packets and payload, and maps RTP time to the wall clock', () => {
  const track = testTrack('h264');
  const packetizer = createPacketizer(track, {
    payloadType: 96,
    ssrc: 7,
    firstSequenceNumber: 0,
    firstTimestamp: 0,
    maxPacketLength: 112,
    interleavedChannel: 0,
  });
  const statistics = new SenderStatistics(7);
  for (let index = 0; index < 2; index += 1) {
    statistics.onBurst(packetizer.packetize(testUnit(track, 0, [new Uint8Array(150).fill(0x41)])));
  }
  const unixMs = Date.UTC(2030, 0, 1) + 0.25;
  assert.deepEqual(statistics.report(1234, unixMs), {
    type: 'sr',
    ssrc: 7,
    ntp: unixMsToNtp(unixMs),
    rtpTimestamp: 1234,
    packetCount: 4,
    octetCount: 2 * (149 + 4),
    reports: [],
  });
});
