import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clampPage,
  LAYOUTS,
  neighbour,
  pageCount,
  pageOf,
  planGrid,
  tilePlaces,
  tilesPerPage,
  type Layout,
} from './grid-layout.ts';

const WIDE = { width: 1384, height: 852 };
const TABLET = { width: 968, height: 720 };
const PHONE = { width: 390, height: 744 };

for (const { name, layout, tiles, area, columns, tileWidth, isScrolling } of [
  {
    name: 'one fills the height',
    layout: 'auto',
    tiles: 1,
    area: WIDE,
    columns: 1,
    tileWidth: 1384,
    isScrolling: false,
  },
  {
    name: 'two where they are largest',
    layout: 'auto',
    tiles: 2,
    area: WIDE,
    columns: 1,
    tileWidth: 755,
    isScrolling: false,
  },
  {
    name: 'three in two columns',
    layout: 'auto',
    tiles: 3,
    area: WIDE,
    columns: 2,
    tileWidth: 691,
    isScrolling: false,
  },
  { name: 'sixteen', layout: 'auto', tiles: 16, area: WIDE, columns: 4, tileWidth: 344, isScrolling: false },
  {
    name: 'sixteen on a tablet',
    layout: 'auto',
    tiles: 16,
    area: TABLET,
    columns: 4,
    tileWidth: 240,
    isScrolling: false,
  },
  {
    name: 'two on a phone, one above the other',
    layout: 'auto',
    tiles: 2,
    area: PHONE,
    columns: 1,
    tileWidth: 390,
    isScrolling: false,
  },
  {
    name: 'many on a phone scroll',
    layout: 'auto',
    tiles: 16,
    area: PHONE,
    columns: 1,
    tileWidth: 390,
    isScrolling: true,
  },
  { name: 'four as chosen', layout: 4, tiles: 1, area: WIDE, columns: 2, tileWidth: 691, isScrolling: false },
  {
    name: 'four on a phone',
    layout: 4,
    tiles: 4,
    area: PHONE,
    columns: 1,
    tileWidth: 328,
    isScrolling: false,
  },
  {
    name: 'sixteen as chosen on a phone',
    layout: 16,
    tiles: 16,
    area: PHONE,
    columns: 2,
    tileWidth: 162,
    isScrolling: false,
  },
] satisfies {
  name: string;
  layout: Layout;
  tiles: number;
  area: typeof WIDE;
  columns: number;
  tileWidth: number;
  isScrolling: boolean;
}[]) {
  test(`planGrid: ${name}`, () => {
    const plan = planGrid(layout, tiles, area);
    assert.deepEqual(
      { columns: plan.columns, tileWidth: plan.tileWidth, isScrolling: plan.isScrolling },
      { columns, tileWidth, isScrolling },
    );
  });
}

const layouts = fc.constantFrom(...LAYOUTS);

test('planGrid: what does not scroll fits', () => {
  fc.assert(
    fc.property(
      layouts,
      fc.integer({ min: 0, max: 16 }),
      fc.record({ width: fc.integer({ min: 200, max: 4000 }), height: fc.integer({ min: 100, max: 3000 }) }),
      (layout, tiles, area) => {
        const { columns, rows, tileWidth, tileHeight, isScrolling } = planGrid(layout, tiles, area);
        assert.ok(columns * rows >= Math.max(1, layout === 'auto' ? tiles : layout), 'room for all');
        assert.ok(columns * tileWidth + (columns - 1) * 2 <= area.width, 'width');
        assert.ok(isScrolling || rows * tileHeight + (rows - 1) * 2 <= area.height + rows, 'height');
      },
    ),
  );
});

test('pages: every camera is on exactly one', () => {
  fc.assert(
    fc.property(layouts, fc.nat(100), (layout, count) => {
      const ids = Array.from({ length: count }, (_, index) => index);
      const pages = Array.from({ length: pageCount(layout, count) }, (_, index) =>
        pageOf(ids, layout, index + 1),
      );
      assert.deepEqual(pages.flat(), ids);
      assert.ok(pages.every((page) => page.length <= tilesPerPage(layout)));
    }),
  );
});

for (const { page, layout, count, want } of [
  { page: 0, layout: 4, count: 40, want: 1 },
  { page: 10, layout: 4, count: 40, want: 10 },
  { page: 11, layout: 4, count: 40, want: 10 },
  { page: 3, layout: 'auto', count: 0, want: 1 },
] satisfies { page: number; layout: Layout; count: number; want: number }[]) {
  test(`clampPage: page ${page} of ${count} in ${layout}`, () =>
    assert.equal(clampPage(page, layout, count), want));
}

test('tilePlaces: in the middle, row by row', () => {
  const plan = { columns: 2, rows: 2, tileWidth: 320, tileHeight: 180, isScrolling: false };
  assert.deepEqual(tilePlaces(plan, 3, { width: 742, height: 462 }), [
    { left: 50, top: 50, width: 320, height: 180 },
    { left: 372, top: 50, width: 320, height: 180 },
    { left: 50, top: 232, width: 320, height: 180 },
  ]);
  const [first] = tilePlaces({ ...plan, isScrolling: true }, 1, { width: 642, height: 90 });
  assert.deepEqual(first, { left: 0, top: 0, width: 320, height: 180 });
});

// 0 1 2
// 3 4
for (const { from, direction, want } of [
  { from: 0, direction: 'right', want: 1 },
  { from: 2, direction: 'right', want: 3 },
  { from: 4, direction: 'right', want: 4 },
  { from: 0, direction: 'left', want: 0 },
  { from: 3, direction: 'up', want: 0 },
  { from: 1, direction: 'up', want: 1 },
  { from: 1, direction: 'down', want: 4 },
  { from: 2, direction: 'down', want: 4 },
  { from: 4, direction: 'down', want: 4 },
] as const) {
  test(`neighbour: ${direction} of ${from}`, () => assert.equal(neighbour(from, direction, 3, 5), want));
}
