import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NackSchedule } from './nack-schedule.ts';

test('a missing packet is asked for at once, then after a round trip and some', () => {
  const schedule = new NackSchedule();
  assert.deepEqual(schedule.due([7, 8], 1000), [7, 8]);
  assert.deepEqual(schedule.due([7, 8], 1010), []);
  assert.deepEqual(schedule.due([7, 8, 9], 1100), [9]);
  assert.deepEqual(schedule.due([7, 8, 9], 1200), [7, 8]);
});

test('the round trip is that of packets asked for once, and shortens the wait', () => {
  const schedule = new NackSchedule();
  assert.equal(schedule.hasMeasured, false);
  schedule.due([1], 0);
  schedule.arrived(1, 30);
  assert.equal(schedule.roundTripMs, 30);
  assert.equal(schedule.hasMeasured, true);
  schedule.due([2], 100);
  assert.deepEqual(schedule.due([2], 150), []);
  assert.deepEqual(schedule.due([2], 160), [2]);
  schedule.arrived(2, 161);
  assert.equal(schedule.roundTripMs, 30, 'nobody knows which request it answers');
  schedule.arrived(99, 200);
  assert.equal(schedule.roundTripMs, 30);
});

test('a packet is asked for ten times at the most, and forgotten once nobody waits for it', () => {
  const schedule = new NackSchedule();
  let requests = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 20) requests += schedule.due([5], nowMs).length;
  assert.equal(requests, 10);
  assert.deepEqual(schedule.due([], 60_000), []);
  assert.deepEqual(schedule.due([5], 60_020), [5]);
});

test('however much is missing, requests are bounded', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2000), fc.nat(500)), { maxLength: 30 }), (rounds) => {
      const schedule = new NackSchedule();
      let nowMs = 0;
      for (const [count, stepMs] of rounds) {
        nowMs += stepMs;
        const missing = Array.from({ length: count }, (_, index) => index);
        const due = schedule.due(missing, nowMs);
        assert.ok(due.length <= NackSchedule.maxPackets);
        assert.ok(due.every((number) => number < count));
        assert.deepEqual(schedule.due(missing.slice(0, NackSchedule.maxPackets), nowMs), []);
      }
    }),
  );
});
