import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveRange } from './byte-range.ts';

for (const { header, want } of [
  { header: undefined, want: undefined },
  { header: 'bytes=0-9', want: { first: 0, last: 9 } },
  { header: 'bytes=5-', want: { first: 5, last: 99 } },
  { header: 'bytes=90-1000', want: { first: 90, last: 99 } },
  { header: 'bytes=-10', want: { first: 90, last: 99 } },
  { header: 'bytes=-1000', want: { first: 0, last: 99 } },
  { header: 'bytes=100-', want: 'unsatisfiable' },
  { header: 'bytes=-0', want: 'unsatisfiable' },
  { header: 'bytes=9-5', want: undefined },
  { header: 'bytes=-', want: undefined },
  { header: 'bytes=0-1,5-6', want: undefined },
  { header: 'items=0-1', want: undefined },
] as const) {
  test(`resolveRange: ${header ?? 'no header'} of 100 bytes`, () => {
    assert.deepEqual(resolveRange(header, 100), want);
  });
}

test('resolveRange: any header gives a run within the resource, or none', () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
  );
  fc.assert(
    fc.property(header, fc.nat(), (text, length) => {
      const range = resolveRange(text, length);
      if (typeof range !== 'object') return;
      assert.ok(range.first >= 0 && range.first <= range.last && range.last < length);
    }),
  );
});
