import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Liveness } from './liveness.ts';

/** The silence, in ms, after which a peer counts as gone that reported at these times since it connected. */
function patience(reportsMs: readonly number[]): number {
  const liveness = new Liveness(0);
  for (const atMs of reportsMs) {
    assert.equal(liveness.tooSilentFor(atMs), undefined, `alive at ${atMs}`);
    liveness.heard(atMs);
  }
  const last = reportsMs.at(-1) ?? 0;
  for (let silentMs = 0; ; silentMs += 100) {
    if (liveness.tooSilentFor(last + silentMs) !== undefined) return silentMs - 100;
  }
}

for (const { name, reportsMs, want } of [
  { name: 'one that never reports', reportsMs: [], want: 8000 },
  { name: 'a browser, each second', reportsMs: [800, 1800, 2700, 3900, 5000, 6000], want: 5000 },
  { name: 'a browser whose compounds come twice', reportsMs: [900, 900, 1900, 1900, 2900, 2900], want: 5000 },
  {
    name: 'sound alone, each five seconds',
    reportsMs: [3000, 7000, 12_000, 16_500, 21_000, 24_000],
    want: 10_000,
  },
  {
    name: 'one that is slower than anyone',
    reportsMs: [7000, 14_000, 21_000, 28_000, 35_000, 42_000, 54_000],
    want: 20_000,
  },
]) {
  test(`patience with ${name}: ${want} ms`, () => assert.equal(patience(reportsMs), want));
}

test('a peer that is sent nothing is not missed', () => {
  const liveness = new Liveness(0);
  for (let atMs = 0; atMs < 100_000; atMs += 1000) liveness.excuse(atMs);
  assert.equal(liveness.tooSilentFor(100_000), undefined);
  assert.equal(liveness.tooSilentFor(115_000), 16_000);
});
