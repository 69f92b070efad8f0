import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WallClock } from './wall-clock.ts';

test('the least delayed arrival leads: jitter only ever delays', () => {
  const clock = new WallClock();
  const startMs = 1_000_000;
  for (let index = 0; index < 500; index += 1) {
    const delay = index % 7 === 0 ? 3 : 3 + ((index * 37) % 80);
    clock.observe(index * 40, startMs + index * 40 + delay);
  }
  assert.ok(Math.abs(clock.at(0) - (startMs + 3)) < 0.5, String(clock.at(0) - startMs));
});

test('once settled it is corrected by at most 500 ppm', () => {
  const clock = new WallClock();
  for (let index = 0; index < 100; index += 1) clock.observe(index * 40, 1_000_000 + index * 40);
  const before = clock.at(0);
  // The camera's clock runs 1 % slow: the mapping may follow by 0.5 ms a second, no faster.
  for (let index = 0; index < 250; index += 1) clock.observe(4000 + index * 39.6, 1_004_000 + index * 40);
  const after = clock.at(0);
  assert.ok(after >= before && after - before <= 5.1, String(after - before));
});

test('sender reports take over; small differences are slewed, a set clock is followed at once', () => {
  const clock = new WallClock();
  clock.observe(0, 1_000_000);
  clock.report(0, 999_950, 1_000_000);
  assert.equal(clock.at(0), 999_950);
  clock.report(5000, 1_004_990, 1_005_000);
  assert.equal(clock.at(0), 999_952.5, '40 ms off, 5 s later: 2.5 ms of it are taken');
  clock.report(10_000, 1_500_000, 1_010_000);
  assert.equal(clock.at(10_000), 1_500_000);
  clock.observe(10_040, 5);
  assert.equal(clock.at(10_000), 1_500_000, 'arrivals no longer count');
});

test('the estimate by arrival is settled only when a camera with a clock would have told it', () => {
  const clock = new WallClock();
  assert.equal(clock.isSettled(0), false);
  clock.observe(0, 1_000_000);
  assert.equal(clock.isSettled(1_007_500), false);
  assert.equal(clock.isSettled(1_008_000), true);
  clock.reset();
  assert.equal(clock.isSettled(1_008_000), false);
  clock.observe(0, 1_008_000);
  clock.report(0, 1_000_000, 1_008_040);
  assert.equal(clock.isSettled(1_008_040), true);
});
