import type { PacketArrival } from '@vedette/protocols';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineEstimate, type LineFigures } from './line-estimate.ts';

const PACKET_BYTES = 1200;
/** Viewers have another clock. */
const CLOCK_OFFSET_MS = 123_456;

interface Line {
  /** Bits a second. */
  readonly width: number;
  readonly ownDelayMs: number;
  /** Share of packets that are lost. */
  readonly loss?: number;
}

/** 25 pictures a second of so many packets through a line; the viewer tells every 100 ms. */
function play(
  estimate: LineEstimate,
  lines: readonly (Line & { seconds: number; packets: number })[],
): LineFigures {
  let freeMs = 0;
  let nowMs = 0;
  let count = 0;
  let waiting: { sequenceNumber: number; atMs: number | undefined }[] = [];
  for (const { width, ownDelayMs, loss = 0, seconds, packets } of lines) {
    for (const endMs = nowMs + seconds * 1000; nowMs < endMs; nowMs += 40) {
      for (let index = 0; index < packets; index += 1) {
        const sequenceNumber = estimate.sent(PACKET_BYTES, nowMs);
        freeMs = Math.max(freeMs, nowMs) + (PACKET_BYTES * 8000) / width;
        count += 1;
        const isLost = (count * loss) % 1 > 1 - loss;
        waiting.push({ sequenceNumber, atMs: isLost ? undefined : freeMs + ownDelayMs });
      }
      if (nowMs % 120 !== 0) continue;
      const told = waiting.filter(({ atMs = 0 }) => atMs <= nowMs);
      waiting = waiting.filter(({ atMs = 0 }) => atMs > nowMs);
      tell(estimate, told, nowMs);
    }
  }
  const figures = estimate.figures(nowMs);
  assert.ok(figures !== undefined);
  return figures;
}

function tell(
  estimate: LineEstimate,
  told: readonly { sequenceNumber: number; atMs: number | undefined }[],
  nowMs: number,
): void {
  const first = told.find(({ atMs }) => atMs !== undefined)?.atMs ?? 0;
  let before = first + CLOCK_OFFSET_MS;
  const packets = told.map(({ sequenceNumber, atMs }): PacketArrival => {
    if (atMs === undefined) return { sequenceNumber, deltaUs: undefined };
    const deltaUs = Math.round((atMs + CLOCK_OFFSET_MS - before) * 4) * 250;
    before += deltaUs / 1000;
    return { sequenceNumber, deltaUs };
  });
  estimate.heard({ referenceTimeMs: first + CLOCK_OFFSET_MS, packets }, nowMs);
}

function assertNear(value: number | null, wanted: number, share: number): void {
  assert.ok(Math.abs((value ?? 0) - wanted) < wanted * share, `${value} is not near ${wanted}`);
}

test('a wide line: no delay, no loss, bursts tell that there is room', () => {
  const figures = play(new LineEstimate(), [{ width: 20e6, ownDelayMs: 40, seconds: 5, packets: 8 }]);
  assert.ok(figures.delayMs < 20, String(figures.delayMs));
  assert.equal(figures.loss, 0);
  assertNear(figures.throughput, 8 * PACKET_BYTES * 8 * 25, 0.4);
  assertNear(figures.capacity, 20e6, 0.2);
});

test('a line that becomes narrow: the delay grows within a third of a second, its width is what arrives', () => {
  const figures = play(new LineEstimate(), [
    { width: 20e6, ownDelayMs: 40, seconds: 5, packets: 8 },
    { width: 700_000, ownDelayMs: 40, seconds: 1, packets: 8 },
  ]);
  assert.ok(figures.delayMs > 250, String(figures.delayMs));
  assertNear(figures.capacity, 700_000, 0.2);
  assertNear(figures.throughput, 700_000, 0.4);
});

test('a line that loses', () => {
  const figures = play(new LineEstimate(), [
    { width: 20e6, ownDelayMs: 5, loss: 0.2, seconds: 5, packets: 8 },
  ]);
  assertNear(figures.loss, 0.2, 0.3);
});

test('a viewer that falls silent: what was sent waits', () => {
  const estimate = new LineEstimate();
  play(estimate, [{ width: 20e6, ownDelayMs: 5, seconds: 5, packets: 8 }]);
  estimate.sent(PACKET_BYTES, 6000);
  assert.ok((estimate.figures(6500)?.delayMs ?? 0) > 1000);
});

test('no feedback, no figures', () => {
  const estimate = new LineEstimate();
  estimate.sent(PACKET_BYTES, 0);
  assert.equal(estimate.figures(1000), undefined);
});

test('whatever a viewer tells: figures are numbers', () => {
  const arrival = fc.record({
    sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
    deltaUs: fc.option(fc.integer({ min: -8_000_000, max: 8_000_000 }), { nil: undefined }),
  });
  const feedback = fc.record({
    referenceTimeMs: fc.integer(),
    packets: fc.array(arrival, { maxLength: 50 }),
  });
  fc.assert(
    fc.property(fc.array(feedback, { maxLength: 20 }), (all) => {
      const estimate = new LineEstimate();
      let nowMs = 0;
      for (const one of all) {
        nowMs += 50;
        for (let index = 0; index < 10; index += 1) estimate.sent(PACKET_BYTES, nowMs);
        estimate.heard(one, nowMs);
        const { delayMs = 0, loss = 0, throughput = 0, capacity = 0 } = estimate.figures(nowMs) ?? {};
        for (const value of [delayMs, loss, throughput ?? 0, capacity ?? 0]) {
          assert.ok(value >= 0 && Number.isFinite(value), String(value));
        }
        assert.ok(loss <= 1);
      }
    }),
  );
});
