import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ContainerTime } from './container-time.ts';

const TS = { clockRate: 90_000, bits: 33 };

for (const { name, options, timestamps, want } of [
  { name: 'begins at zero', options: TS, timestamps: [900_000, 903_600], want: [0, 3600] },
  {
    name: 'goes on over the wrap of 33 bits',
    options: TS,
    timestamps: [2 ** 33 - 3600, 0, 3600],
    want: [0, 3600, 7200],
  },
  {
    name: 'an interleaved track is a little behind, over the wrap too',
    options: TS,
    timestamps: [2 ** 33 - 1800, 1800, 2 ** 33 - 900],
    want: [0, 3600, 900],
  },
  {
    name: 'a restart of the encoder is joined by the last distance',
    options: TS,
    timestamps: [9_000_000, 9_003_600, 0, 3600],
    want: [0, 3600, 7200, 10_800],
  },
  {
    name: 'a leap ahead too',
    options: { clockRate: 1000, bits: 32 },
    timestamps: [0, 40, 3_600_000, 3_600_040],
    want: [0, 40, 80, 120],
  },
  {
    name: 'a pause is kept',
    options: { clockRate: 1000, bits: 32 },
    timestamps: [0, 40, 9000],
    want: [0, 40, 9000],
  },
]) {
  test(`ContainerTime: ${name}`, () => {
    const time = new ContainerTime(options);
    assert.deepEqual(
      timestamps.map((timestamp) => time.at(timestamp)),
      want,
    );
  });
}

test('ContainerTime: whatever the timestamps, no step is larger than the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 2 }), (timestamps) => {
      const time = new ContainerTime({ clockRate: 1000, bits: 32 });
      let before = 0;
      for (const timestamp of timestamps) {
        const at = time.at(timestamp);
        assert.ok(Math.abs(at - before) <= 20_000, `${before} → ${at}`);
        before = at;
      }
    }),
  );
});
