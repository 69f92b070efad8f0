import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLiveSearch, rememberLiveView, resolveLiveView } from './live-view.ts';

function store(initial: string | null = null): Pick<Storage, 'getItem' | 'setItem'> {
  let value = initial;
  return { getItem: () => value, setItem: (_key, next) => void (value = next) };
}

for (const { search, want } of [
  { search: {}, want: {} },
  { search: { layout: 4, page: 2 }, want: { layout: 4, page: 2 } },
  { search: { layout: '16', page: '3' }, want: { layout: 16, page: 3 } },
  { search: { layout: 'auto' }, want: { layout: 'auto' } },
  { search: { layout: 5, page: 0 }, want: {} },
  { search: { layout: [], page: 1.5 }, want: {} },
]) {
  test(`parseLiveSearch: ${JSON.stringify(search)}`, () => assert.deepEqual(parseLiveSearch(search), want));
}

for (const { name, search, stored, want } of [
  { name: 'nothing said', search: {}, stored: null, want: { layout: 'auto', page: 1 } },
  { name: 'as last time', search: {}, stored: '{"layout":4,"page":3}', want: { layout: 4, page: 3 } },
  {
    name: 'the address wins',
    search: { layout: 9 },
    stored: '{"layout":4,"page":3}',
    want: { layout: 9, page: 1 },
  },
  {
    name: 'a page alone',
    search: { page: 2 },
    stored: '{"layout":4,"page":3}',
    want: { layout: 4, page: 2 },
  },
  { name: 'rubbish in the store', search: {}, stored: '{', want: { layout: 'auto', page: 1 } },
] as const) {
  test(`resolveLiveView: ${name}`, () => assert.deepEqual(resolveLiveView(search, store(stored)), want));
}

test('rememberLiveView: what was shown last is shown next', () => {
  const memory = store();
  rememberLiveView({ layout: 9, page: 2 }, memory);
  assert.deepEqual(resolveLiveView({}, memory), { layout: 9, page: 2 });
});

test('rememberLiveView: a store that refuses is no error', () => {
  const refusing = {
    getItem: () => null,
    setItem: () => {
      throw new Error('full');
    },
  };
  rememberLiveView({ layout: 9, page: 2 }, refusing);
});
