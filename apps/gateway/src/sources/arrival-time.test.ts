import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ArrivalTime } from './arrival-time.ts';

function times(arrivals: readonly number[]): number[] {
  const time = new ArrivalTime();
  return arrivals.map((at) => time.at(at) / 90);
}

function steps(values: readonly number[]): number[] {
  return values.slice(1).map((value, index) => value - (values[index] ?? 0));
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

test('ArrivalTime: regular arrivals stay as they are', () => {
  assert.deepEqual(times([1000, 1040, 1080, 1120]), [0, 40, 80, 120]);
});

test('ArrivalTime: jitter becomes less', () => {
  const jittered = Array.from({ length: 200 }, (_, index) => 1000 + index * 40 + ((index * 7) % 5) * 6);
  const before = spread(steps(jittered));
  assert.ok(spread(steps(times(jittered)).slice(50)) < before / 2);
});

test('ArrivalTime: a pause is a pause', () => {
  const [, , , after = 0] = times([0, 40, 80, 5080]);
  assert.equal(after, 5080);
});

test('ArrivalTime: always grows, and stays near the clock, whatever comes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 2, max: 400 }), { minLength: 2, maxLength: 200 }), (gaps) => {
      let now = 0;
      const arrivals = [0, ...gaps.map((gap) => (now += gap))];
      const made = times(arrivals);
      assert.ok(steps(made).every((step) => step > 0));
      for (const [index, at] of arrivals.entries()) assert.ok(Math.abs((made[index] ?? 0) - at) <= 1000);
    }),
  );
});
