import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseResourceName, resourceName } from './resource-names.ts';

test('resource names: every name reads back as what it names', () => {
  const number = fc.nat();
  fc.assert(
    fc.property(fc.constantFrom('init', 'segment', 'part', 'gap'), number, number, (type, run, index) => {
      assert.deepEqual(parseResourceName(resourceName({ type, run, index })), { type, run, index });
    }),
  );
});

for (const name of [
  '',
  'p1-2',
  'x1-2.mp4',
  'p1.mp4',
  'p-1-2.mp4',
  'p1-2.mp4/..',
  `p1-${'9'.repeat(16)}.mp4`,
]) {
  test(`resource names: "${name.slice(0, 20)}" is none`, () => {
    assert.equal(parseResourceName(name), undefined);
  });
}
