import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AckedLine } from './acked-line.ts';

/** 25 units a second of 10 kB; the viewer acknowledges five times a second what `width` has let through. */
function play(
  line: AckedLine,
  { from = 0, seconds, width }: { from?: number; seconds: number; width: number },
): void {
  for (let atMs = from; atMs < from + seconds * 1000; atMs += 40) {
    line.sent(10_000, atMs);
    if (atMs % 200 !== 0) continue;
    const through = Math.floor(((atMs - from) * width) / 8000 / 10_000) + from / 40;
    line.acked(Math.min(line.sentUnits, through), atMs);
  }
}

test('a wide line: nothing waits, and what arrives is what is sent', () => {
  const line = new AckedLine();
  play(line, { seconds: 10, width: 1e9 });
  const { delayMs, loss, throughput } = line.report(9960);
  assert.ok(delayMs <= 200, String(delayMs));
  assert.equal(loss, 0);
  assert.ok(Math.abs((throughput ?? 0) - 2_000_000) < 100_000, String(throughput));
});

test('a narrow line: the wait grows, throughput is the width', () => {
  const line = new AckedLine();
  play(line, { seconds: 4, width: 700_000 });
  const { delayMs, throughput } = line.report(4000);
  assert.ok(delayMs > 2000, String(delayMs));
  assert.ok(Math.abs((throughput ?? 0) - 700_000) < 100_000, String(throughput));
});

test('a viewer that falls silent: what waits grows older by itself', () => {
  const line = new AckedLine();
  play(line, { seconds: 2, width: 1e9 });
  assert.ok(line.report(1960).delayMs < 250);
  for (let atMs = 2000; atMs < 4000; atMs += 40) line.sent(10_000, atMs);
  assert.ok(line.report(4000).delayMs > 1500);
});

test('acknowledgements that cannot be are ignored', () => {
  const line = new AckedLine();
  line.sent(1, 0);
  line.acked(5, 10);
  assert.equal(line.isAcked, false);
  line.acked(1, 10);
  line.acked(0, 20);
  assert.equal(line.report(30).delayMs, 0);
});
