import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attempt, FailureDelays } from './failure-delays.ts';

const COUNT = { key: 'mai', free: 3, maxWaitMs: 10_000 };

function begun(attempt: Attempt | number): Attempt {
  assert.ok(typeof attempt !== 'number', 'let through now');
  return attempt;
}

test('the first failures are free; then the wait doubles up to its limit', () => {
  let nowMs = 0;
  const delays = new FailureDelays(() => nowMs);
  const waits = Array.from({ length: 8 }, () => {
    const waitMs = begun(delays.begin([COUNT])).failed();
    const next = delays.begin([COUNT]);
    if (waitMs > 0) assert.equal(next, waitMs);
    else begun(next).abandoned();
    nowMs += waitMs;
    return waitMs;
  });
  assert.deepEqual(waits.slice(0, 2), [0, 0]);
  assert.deepEqual(waits.slice(2), [1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test('attempts under way count: a thousand at once get no further than one after the other', () => {
  const delays = new FailureDelays(() => 0);
  const attempts = Array.from({ length: 1000 }, () => delays.begin([COUNT]));
  assert.equal(attempts.filter((attempt) => typeof attempt !== 'number').length, 3);
});

test('success forgives, of what is named', () => {
  const delays = new FailureDelays(() => 0);
  const other = { ...COUNT, key: 'address' };
  for (let failures = 0; failures < 2; failures += 1) begun(delays.begin([COUNT, other])).failed();
  begun(delays.begin([COUNT, other])).succeeded(['mai']);
  begun(delays.begin([COUNT])).failed();
  begun(delays.begin([COUNT])).failed();
  assert.equal(typeof delays.begin([COUNT]), 'object');
  begun(delays.begin([other])).failed();
  assert.equal(delays.begin([other]), 1000);
});

test('the end of an attempt is told once', () => {
  const delays = new FailureDelays(() => 0);
  const attempt = begun(delays.begin([COUNT]));
  attempt.abandoned();
  assert.equal(attempt.failed(), 0);
  for (let failures = 0; failures < 2; failures += 1) begun(delays.begin([COUNT])).failed();
  assert.equal(typeof delays.begin([COUNT]), 'object');
});

test('failures are forgotten after an hour', () => {
  let nowMs = 0;
  const delays = new FailureDelays(() => nowMs);
  for (let failures = 0; failures < 3; failures += 1) begun(delays.begin([COUNT])).failed();
  nowMs += 3_600_001;
  assert.equal(begun(delays.begin([COUNT])).failed(), 0);
});

test('memory is bounded, however many come', () => {
  const delays = new FailureDelays(() => 0);
  for (let index = 0; index < 50_000; index += 1)
    begun(delays.begin([{ ...COUNT, key: `${index}` }])).failed();
  assert.equal(delays.size, 20_000);
});
