import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { byCreation, page, pageQuery } from './page.ts';

test('page: whoever follows the cursors sees every item once, in order, however the list was ordered', () => {
  const word = fc.stringMatching(/^[a-z]{1,3}$/);
  fc.assert(
    fc.property(fc.uniqueArray(word), fc.integer({ min: 1, max: 5 }), (items, limit) => {
      const given = [...items];
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const { items: shown, nextCursor } = page(items, (item) => item, pageQuery.parse({ limit, cursor }));
        assert.ok(shown.length <= limit && (shown.length > 0 || items.length === 0));
        seen.push(...shown);
        cursor = nextCursor ?? undefined;
      } while (cursor !== undefined);
      assert.deepEqual(seen, items.toSorted());
      assert.deepEqual(items, given, 'the list itself is left as it was');
    }),
  );
});

test('byCreation: what was made in the same millisecond is ordered by id', () => {
  const [first, second] = ['2030-01-01T00:00:00.000Z', '2030-01-01T00:00:00.001Z'] as const;
  const made = [
    { createdAt: second, id: 'a' },
    { createdAt: first, id: 'c' },
    { createdAt: first, id: 'b' },
  ];
  const { items } = page(made, byCreation, pageQuery.parse({}));
  assert.deepEqual(
    items.map(({ id }) => id),
    ['b', 'c', 'a'],
  );
});
