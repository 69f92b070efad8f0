import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FragmentTimes } from './fragment-times.ts';

function timesOf(units: readonly (readonly [dts: number, isKey?: boolean])[]): number[][] {
  const times = new FragmentTimes(3600, 90_000);
  return units.map(([dts, isKey = false]) => {
    const { dts: at, duration } = times.next(dts, isKey);
    return [at, duration];
  });
}

for (const { name, units, want } of [
  {
    name: 'an even rhythm is kept',
    units: [[0, true], [3600], [7200]],
    want: [0, 3600, 7200],
  },
  {
    name: 'pictures left out are caught up',
    units: [[0, true], [3600], [18_000], [21_600], [25_200]],
    want: [0, 3600, 10_800, 20_700, 25_200],
  },
  {
    name: 'a pause is passed on by a key picture',
    units: [[0, true], [3600], [900_000, true]],
    want: [0, 3600, 900_000],
  },
  {
    name: 'equal times rise by a tick, times before zero are zero',
    units: [[-3600, true], [0], [0]],
    want: [0, 1, 2],
  },
] as const) {
  test(`FragmentTimes: ${name}`, () => {
    const got = timesOf(units as readonly (readonly [number, boolean?])[]).map(([dts]) => dts);
    assert.deepEqual(got, want);
  });
}

test('FragmentTimes: never a discontinuity but before a key picture', () => {
  const unit = fc.tuple(fc.integer({ min: 0, max: 400_000 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(unit, { minLength: 2, maxLength: 60 }), (steps) => {
      let now = 0;
      const units = steps.map(([step, isKey]) => [(now += step), isKey] as const);
      const times = timesOf(units);
      for (const [index, [dts = 0]] of times.entries()) {
        const [before, duration] = times[index - 1] ?? [];
        if (before === undefined || duration === undefined) continue;
        assert.ok(dts > before, 'decoding times rise');
        const isJump = dts - before > 2 * duration;
        assert.ok(!isJump || units[index]?.[1] === true, `${before} → ${dts}, ${duration} long`);
      }
    }),
  );
});
