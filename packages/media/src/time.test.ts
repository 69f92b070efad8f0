import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ntpToUnixMs, rescale, TimestampUnwrapper, unixMsToNtp } from './time.ts';

for (const { name, timestamps, want } of [
  {
    name: 'starts at zero wherever the first timestamp is',
    timestamps: [3_000_000_000, 3_000_003_600],
    want: [0, 3600],
  },
  { name: 'goes on over the wrap', timestamps: [0xffff_fff0, 0x10], want: [0, 0x20] },
  {
    name: 'takes a reordered packet back',
    timestamps: [7200, 10_800, 9000, 14_400],
    want: [0, 3600, 1800, 7200],
  },
  {
    name: 'takes a reordered packet back over the wrap',
    timestamps: [0x10, 0xffff_fff0, 0x20],
    want: [0, -0x20, 0x10],
  },
  { name: 'reads a step of 2^31 as back', timestamps: [0, 0x8000_0000], want: [0, -0x8000_0000] },
  { name: 'reads a step of 2^31 - 1 as forth', timestamps: [0, 0x7fff_ffff], want: [0, 0x7fff_ffff] },
]) {
  test(`TimestampUnwrapper ${name}`, () => {
    const unwrapper = new TimestampUnwrapper(90_000);
    assert.deepEqual(
      timestamps.map((timestamp) => unwrapper.unwrap(timestamp)),
      want,
    );
  });
}

test('TimestampUnwrapper: any steps below 2^31 either way add up', () => {
  const step = fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), fc.array(step), (start, steps) => {
      const unwrapper = new TimestampUnwrapper(90_000);
      unwrapper.unwrap(start);
      let sum = 0;
      for (const each of steps) {
        sum += each;
        const timestamp = Number(BigInt.asUintN(32, BigInt(start + sum)));
        assert.equal(unwrapper.nearest(timestamp), sum);
        assert.equal(unwrapper.unwrap(timestamp), sum);
      }
    }),
  );
});

test('TimestampUnwrapper.nearest leaves no trace', () => {
  const unwrapper = new TimestampUnwrapper(8000);
  assert.equal(unwrapper.nearest(77), 0);
  assert.equal(unwrapper.unwrap(1000), 0);
  assert.equal(unwrapper.nearest(200), -800);
  assert.equal(unwrapper.unwrap(1160), 160);
});

for (const rate of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`TimestampUnwrapper refuses a clock rate of ${rate}`, () => {
    assert.throws(() => new TimestampUnwrapper(rate), RangeError);
  });
}

for (const { ticks, from, to, want } of [
  { ticks: 90_000, from: 90_000, to: 48_000, want: 48_000 },
  { ticks: 1, from: 90_000, to: 48_000, want: 1 },
  { ticks: 1, from: 2, to: 1, want: 1 },
  { ticks: -1, from: 2, to: 1, want: 0 },
  { ticks: -3, from: 90_000, to: 30_000, want: -1 },
  { ticks: Number.MAX_SAFE_INTEGER, from: 90_000, to: 1000, want: 100_079_991_719_344 },
]) {
  test(`rescale ${ticks} from ${from} to ${to} Hz`, () => {
    assert.equal(rescale(ticks, from, to), want);
  });
}

test('rescale is exact, halves going up', () => {
  const rate = fc.integer({ min: 1, max: 2 ** 26 });
  fc.assert(
    fc.property(fc.maxSafeInteger(), rate, rate, (ticks, from, to) => {
      // floor((2·ticks·to + from) / (2·from)), without any rounding on the way
      const numerator = 2n * BigInt(ticks) * BigInt(to) + BigInt(from);
      const denominator = 2n * BigInt(from);
      const down = numerator / denominator - (numerator % denominator < 0n ? 1n : 0n);
      fc.pre(down <= BigInt(Number.MAX_SAFE_INTEGER) && down >= BigInt(Number.MIN_SAFE_INTEGER));
      assert.equal(BigInt(rescale(ticks, from, to)), down);
    }),
  );
});

for (const { name, seconds, fraction, ms } of [
  { name: 'the Unix epoch', seconds: 2_208_988_800, fraction: 0, ms: 0 },
  { name: 'half a second after it', seconds: 2_208_988_800, fraction: 0x8000_0000, ms: 500 },
  { name: '2024-01-01', seconds: 3_913_056_000, fraction: 0, ms: Date.UTC(2024, 0, 1) },
  {
    name: 'the second era, 2036-02-07 06:28:16',
    seconds: 0,
    fraction: 0,
    ms: Date.UTC(2036, 1, 7, 6, 28, 16),
  },
]) {
  test(`NTP and Unix time: ${name}`, () => {
    assert.equal(ntpToUnixMs(seconds, fraction), ms);
    assert.deepEqual(unixMsToNtp(ms), { seconds, fraction });
  });
}

test('NTP and Unix time: there and back to the microsecond, 1970 to 2100', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: Date.UTC(2100, 0, 1), noNaN: true }), (ms) => {
      const { seconds, fraction } = unixMsToNtp(ms);
      assert.ok(seconds >= 0 && seconds < 2 ** 32 && fraction >= 0 && fraction < 2 ** 32);
      assert.ok(Math.abs(ntpToUnixMs(seconds, fraction) - ms) < 0.001);
    }),
  );
});
