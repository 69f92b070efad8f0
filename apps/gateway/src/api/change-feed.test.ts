import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeFeed } from './change-feed.ts';

interface Item {
  readonly id: string;
  readonly state: string;
  readonly bytes: number;
}

const feed = (): ChangeFeed<Item> =>
  new ChangeFeed({ key: ({ id }) => id, plain: ({ id, state }) => ({ id, state }) });

test('what is new, changed or gone is told, and nothing else', () => {
  const a = { id: 'a', state: 'idle', bytes: 0 };
  const b = { id: 'b', state: 'idle', bytes: 0 };
  const changes = feed();
  assert.deepEqual(changes.look([a, b]), { changed: [a, b], removed: [] });
  assert.deepEqual(changes.look([a, b]), { changed: [], removed: [] });
  const live = { ...a, state: 'live' };
  assert.deepEqual(changes.look([live]), { changed: [live], removed: [b] });
  assert.deepEqual(changes.look([live]), { changed: [], removed: [] });
  changes.clear();
  assert.deepEqual(changes.look([live]), { changed: [live], removed: [] });
});

test('figures alone are told every fifth time', () => {
  const changes = feed();
  const told = Array.from({ length: 11 }, (_, bytes) => {
    const { changed } = changes.look([{ id: 'a', state: 'live', bytes }]);
    return changed.map((item) => item.bytes);
  });
  assert.deepEqual(told.flat(), [0, 4, 9]);
});
