import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unixMsToNtp } from '@vedette/media';
import type { ReportBlock } from '@vedette/protocols';
import { Reception } from './reception.ts';

const NOW_MS = 1_900_000_000_000;

function report(changes: Partial<ReportBlock>): ReportBlock {
  return {
    ssrc: 1,
    fractionLost: 0,
    packetsLost: 0,
    highestSequenceNumber: 0,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
    ...changes,
  };
}

test('round trip: the time since the report it refers to, less what the viewer kept it', () => {
  const reception = new Reception(90_000);
  const ntp = unixMsToNtp(NOW_MS);
  reception.sent(ntp, 0);
  const lastSenderReport = (((ntp.seconds & 0xffff) << 16) | (ntp.fraction >>> 16)) >>> 0;
  reception.received(report({ lastSenderReport, delaySinceLastSenderReport: 65_536 / 2, jitter: 900 }), 540);
  assert.deepEqual(reception.figures, { lossPercent: 0, jitterMs: 10, roundTripMs: 40 });
});

test('round trip: a report that refers to none of ours tells nothing', () => {
  const reception = new Reception(90_000);
  reception.received(report({ lastSenderReport: 12_345 }), 0);
  assert.equal(reception.figures.roundTripMs, null);
});

test('loss is that of whole seconds, not of the few packets between two reports', () => {
  const reception = new Reception(90_000);
  reception.received(report({ highestSequenceNumber: 1000 }), 0);
  // Lost at this moment, and sent again the next.
  const lossy = { fractionLost: 128, packetsLost: 2 };
  reception.received(report({ highestSequenceNumber: 1004, ...lossy }), 100);
  assert.equal(reception.figures.lossPercent, 0);
  reception.received(report({ highestSequenceNumber: 1200, packetsLost: 20 }), 1000);
  assert.equal(reception.figures.lossPercent, 10);
});

test('only heavy loss that lasts says that less should be sent', () => {
  const reception = new Reception(90_000);
  let lost = 0;
  const verdicts = [0, 30, 10, 30, 30, 30, 30].map((percent, second) => {
    lost += percent;
    return reception.received(
      report({ highestSequenceNumber: second * 100, packetsLost: lost }),
      second * 1000,
    );
  });
  assert.deepEqual(verdicts, [false, false, false, false, true, false, true]);
});
