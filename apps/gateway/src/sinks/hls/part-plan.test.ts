import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedSegmentSeconds, fitsPlan, planParts } from './part-plan.ts';

function steady(seconds: number, count = 50): number[] {
  return Array.from({ length: count }, () => seconds);
}

for (const { name, distances, declared, want } of [
  { name: '25 pictures a second', distances: steady(0.04), want: 0.2 },
  { name: '30 pictures a second', distances: steady(1 / 30), want: 0.2 },
  { name: '29.97 pictures a second', distances: steady(1001 / 30_000), want: 0.201 },
  { name: '24 pictures a second: five, not four', distances: steady(1 / 24), want: 0.209 },
  { name: '12 pictures a second: two', distances: steady(1 / 12), want: 0.167 },
  { name: '10 pictures a second', distances: steady(0.1), want: 0.2 },
  { name: '4 pictures a second: one', distances: steady(0.25), want: 0.25 },
  { name: 'one picture every three seconds', distances: steady(3), want: 3 },
  { name: 'AAC at 48 kHz', distances: steady(1024 / 48_000), want: 0.192 },
  { name: 'jitter', distances: [0.036, 0.044, 0.044, 0.036, 0.041, 0.041, 0.041, 0.041, 0.036], want: 0.212 },
  { name: 'a lost picture', distances: [...steady(0.04), 0.08, ...steady(0.04)], want: 0.2 },
  { name: 'a hole', distances: [...steady(0.04), 2, ...steady(0.04)], want: 0.2 },
  { name: 'nothing but what is declared', distances: [], declared: 1 / 24, want: 0.209 },
  { name: 'nothing at all', distances: [], want: 0.2 },
]) {
  test(`planParts: ${name}: ${want} s`, () => {
    assert.equal(planParts(distances, 0.2, declared).partTarget, want);
  });
}

test('planParts: at any rate, a whole number of units is between 85 % and 100 % of the target', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1 / 120, max: 4, noNaN: true }),
      fc.double({ min: 0.1, max: 2, noNaN: true }),
      (unit, wanted) => {
        const { partTarget } = planParts(steady(unit), wanted, undefined);
        const units = Math.floor(partTarget / unit + 1e-6);
        assert.ok(
          units >= 1 && units * unit >= 0.85 * partTarget,
          `${units} units of ${unit} in ${partTarget}`,
        );
      },
    ),
  );
});

test('fitsPlan: a plan holds until the rate changes', () => {
  const plan = planParts(steady(0.04), 0.2, undefined);
  assert.equal(fitsPlan(plan, steady(0.0401)), true);
  assert.equal(fitsPlan(plan, [0.08]), true, 'too few to tell');
  assert.equal(fitsPlan(plan, steady(0.08)), false);
});

for (const { gop, want } of [
  { gop: 0, want: 2 },
  { gop: 0.5, want: 2 },
  { gop: 0.96, want: 1.92 },
  { gop: 1.5, want: 3 },
  { gop: 2, want: 2 },
  { gop: 10, want: 10 },
]) {
  test(`expectedSegmentSeconds: groups of ${gop} s make segments of ${want} s`, () => {
    assert.equal(expectedSegmentSeconds(gop, 2), want);
  });
}
