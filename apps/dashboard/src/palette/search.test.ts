import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, score } from './search.ts';

const ITEMS = [
  { label: 'Car park', keywords: 'car-park' },
  { label: 'Front gate', keywords: 'gate' },
  { label: 'Park entrance' },
  { label: 'Cổng Đông' },
  { label: 'Theme: Light' },
];

for (const { query, want } of [
  { query: '', want: ITEMS.map(({ label }) => label) },
  { query: 'park', want: ['Park entrance', 'Car park'] },
  { query: 'GATE', want: ['Front gate'] },
  { query: 'cong dong', want: ['Cổng Đông'] },
  { query: 'thli', want: ['Theme: Light'] },
  { query: 'gate park', want: [] },
  { query: 'zzz', want: [] },
]) {
  test(`find: “${query}”`, () => {
    assert.deepEqual(
      find(query, ITEMS).map(({ label }) => label),
      want,
    );
  });
}

test('score: a sign that looks like an accent is a sign', () => {
  assert.ok(score('^', { label: 'roof ^' }) > 0);
  assert.ok(score('`', { label: '`' }) > 0);
});

test('score: a name finds itself', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (label) => {
      if (label.trim() !== '') assert.ok(score(label, { label }) > 0);
    }),
  );
});
