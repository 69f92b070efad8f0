import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RtpTimeline } from './rtp-timeline.ts';

const STEP = 3600;
const STEP_MS = 40;

/** A 25 fps track anchored at PTS 0 and arrival time 0, `count` pictures in. */
function running(count: number, firstTimestamp = 0): RtpTimeline {
  const timeline = new RtpTimeline(90_000);
  timeline.anchor(firstTimestamp, 0, 0);
  for (let i = 1; i < count; i += 1) timeline.place((firstTimestamp + i * STEP) >>> 0, i * STEP_MS);
  return timeline;
}

test('RtpTimeline: follows timestamps over their wrap', () => {
  const timeline = running(10, 0xffff_ffff - 5 * STEP);
  assert.equal(timeline.place((0xffff_ffff + 5 * STEP) >>> 0, 400), 10 * STEP);
  assert.deepEqual(timeline.latest, { pts: 10 * STEP, arrivedMs: 400 });
});

for (const { name, timestamp, nowMs, want } of [
  { name: 'a picture before others in display order', timestamp: 7 * STEP, nowMs: 400, want: 7 * STEP },
  { name: 'a pause', timestamp: 9 * STEP + 90_000 * 60, nowMs: 60_360, want: 9 * STEP + 90_000 * 60 },
  {
    name: 'a stall of the network, time going on as before',
    timestamp: 10 * STEP,
    nowMs: 8000,
    want: 10 * STEP,
  },
  { name: 'a leap forward', timestamp: 9 * STEP + 90_000 * 3600, nowMs: 400, want: 10 * STEP },
  { name: 'a step far back', timestamp: (9 * STEP - 90_000 * 3600) >>> 0, nowMs: 400, want: 10 * STEP },
  { name: 'another clock altogether', timestamp: 0x8000_1234, nowMs: 400, want: 10 * STEP },
  { name: 'another clock in the same moment', timestamp: 0x8000_1234, nowMs: 360, want: 9 * STEP + 1 },
]) {
  test(`RtpTimeline: ${name}`, () => assert.equal(running(10).place(timestamp, nowMs), want));
}

test('RtpTimeline: goes on after a leap from where it leapt to', () => {
  const timeline = running(10);
  timeline.place(0x8000_0000, 400);
  assert.equal(timeline.place(0x8000_0000 + STEP, 440), 11 * STEP);
  assert.equal(timeline.at(0x8000_0000 + 2 * STEP), 12 * STEP);
});

test('RtpTimeline: a correction is worked off at half a percent, and never turns time back', () => {
  for (const ticks of [900, -900]) {
    const timeline = running(10);
    timeline.correct(ticks);
    let before = timeline.latest.pts;
    for (let i = 10; i < 200; i += 1) {
      const pts = timeline.place(i * STEP, i * STEP_MS);
      assert.ok(Math.abs(pts - before - STEP) <= STEP * 0.005 + 1);
      before = pts;
    }
    assert.equal(before, 199 * STEP + ticks);
  }
});

test('RtpTimeline: a shift counts at once', () => {
  const timeline = running(10);
  timeline.shift(1000.4);
  assert.equal(timeline.place(10 * STEP, 400), 10 * STEP + 1000);
});

test('RtpTimeline: whatever comes, time neither stands still in wall time nor runs far from it', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff_ffff), { maxLength: 50 }), (timestamps) => {
      const timeline = running(2);
      let nowMs = STEP_MS;
      for (const timestamp of timestamps) {
        nowMs += STEP_MS;
        const pts = timeline.place(timestamp, nowMs);
        assert.ok(Number.isInteger(pts));
        assert.ok(timeline.latest.pts <= (nowMs + 10_000 * timestamps.length) * 90);
        assert.ok(pts > timeline.latest.pts - 90_000 * 2.1);
      }
    }),
  );
});
