import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameRateLimit } from './frame-rate-limit.ts';

function kept(times: readonly number[], framesPerSecond: number): number[] {
  const limit = new FrameRateLimit(framesPerSecond);
  return times.filter((time) => limit.keeps(time));
}

function even(rate: number, seconds: number): number[] {
  return Array.from({ length: rate * seconds }, (_, index) => index / rate);
}

/** Half a second is what a network may hold pictures back by and deliver them in one go. */
const jitter = fc.array(fc.double({ min: 0, max: 0.5, noNaN: true }), { minLength: 500, maxLength: 500 });

for (const { rate, limit } of [
  { rate: 25, limit: 25 },
  { rate: 25, limit: 30 },
  { rate: 10, limit: 15 },
]) {
  test(`FrameRateLimit: of ${rate} pictures a second none is lost at ${limit}, whatever their jitter`, () => {
    fc.assert(
      fc.property(jitter, (delays) => {
        let last = 0;
        const times = delays.map((delay, index) => (last = Math.max(last, index / rate + delay)));
        assert.equal(kept(times, limit).length, times.length);
      }),
      { numRuns: 50 },
    );
  });
}

test('FrameRateLimit: a burst after a pause is kept whole', () => {
  const times = [...even(25, 4), ...even(25, 4).map((time) => time + 4)];
  const late = times.map((time) => (time > 3 && time < 3.8 ? 3.8 : time));
  assert.equal(kept(late, 25).length, late.length);
});

test('FrameRateLimit: what is above the rate is left out, evenly', () => {
  for (const { rate, limit } of [
    { rate: 30, limit: 15 },
    { rate: 25, limit: 10 },
    { rate: 60, limit: 25 },
  ]) {
    const steady = kept(even(rate, 30), limit).filter((time) => time > 5);
    const perSecond = steady.length / 25;
    assert.ok(Math.abs(perSecond - limit) <= 0.02 * limit, `${rate} at ${limit}: ${perSecond}`);
    const gaps = steady.slice(1).map((time, index) => time - (steady[index] ?? 0));
    assert.ok(Math.max(...gaps) <= 1 / limit + 1 / rate + 1e-9, String(Math.max(...gaps)));
  }
});

test('FrameRateLimit: without a head start it is even from the first picture on; lateness still costs nothing', () => {
  const limit = new FrameRateLimit(5, 0);
  const steady = even(25, 2).filter((time) => limit.keeps(time));
  assert.deepEqual(steady, [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8]);
  const full = new FrameRateLimit(25, 0);
  const late = even(25, 8).map((time) => (time % 1 > 0.2 ? Math.max(time, Math.floor(time) + 0.8) : time));
  assert.ok(late.every((time) => full.keeps(time)));
});

test('FrameRateLimit: in any time, no more than the rate and a second of it', () => {
  const steps = fc.array(fc.double({ min: 0, max: 0.2, noNaN: true }), { maxLength: 300 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 60 }), (gaps, limit) => {
      let now = 0;
      const times = kept(
        gaps.map((gap) => (now += gap)),
        limit,
      );
      const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
      assert.ok(times.length <= (span + 1) * limit * 1.01 + 1 + 1e-6);
    }),
  );
});

test('FrameRateLimit: a time that begins anew is no reason to stop', () => {
  const limit = new FrameRateLimit(10);
  assert.ok(limit.keeps(100));
  assert.ok(limit.keeps(0));
});

test('FrameRateLimit: what is needed is kept, and counts', () => {
  const limit = new FrameRateLimit(1);
  const wanted = even(10, 4).filter((time, index) => limit.keeps(time, index % 5 === 0));
  assert.ok(wanted.length <= 10, String(wanted.length));
});
