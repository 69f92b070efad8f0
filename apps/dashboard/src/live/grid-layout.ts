/** `auto` fits every camera; a number is so many tiles on a page. */
export type Layout = 'auto' | 1 | 4 | 9 | 16;

export const LAYOUTS: readonly Layout[] = [1, 4, 9, 16, 'auto'];

/** More tiles than this heat a laptop, and nobody can watch them. */
const MAX_TILES = 16;

const GAP_PX = 2;
const ASPECT = 16 / 9;
/** Below this a face is a smudge: scroll instead. A layout that was asked for may go lower. */
const MIN_TILE_PX = { auto: 220, chosen: 140 } as const;

export interface GridArea {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

export interface GridPlan {
  readonly columns: number;
  readonly rows: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** The tiles don't fit the height. */
  readonly isScrolling: boolean;
}

export function tilesPerPage(layout: Layout): number {
  return layout === 'auto' ? MAX_TILES : layout;
}

/** Pages that `count` cameras take; an empty grid is one page. */
export function pageCount(layout: Layout, count: number): number {
  return Math.max(1, Math.ceil(count / tilesPerPage(layout)));
}

/** `page` (from 1) brought into range. */
export function clampPage(page: number, layout: Layout, count: number): number {
  return Math.min(Math.max(1, Math.trunc(page)), pageCount(layout, count));
}

/** The items of `page` (from 1). */
export function pageOf<Item>(items: readonly Item[], layout: Layout, page: number): readonly Item[] {
  const size = tilesPerPage(layout);
  const start = (clampPage(page, layout, items.length) - 1) * size;
  return items.slice(start, start + size);
}

function tileWidthFor(columns: number, tiles: number, { width, height }: GridArea): number {
  const rows = Math.ceil(tiles / columns);
  const byWidth = (width - GAP_PX * (columns - 1)) / columns;
  const byHeight = ((height - GAP_PX * (rows - 1)) / rows) * ASPECT;
  return Math.floor(Math.min(byWidth, byHeight));
}

/** Column counts worth trying: a chosen layout fills its rows, `auto` may leave the last one short. */
function columnChoices(layout: Layout, tiles: number): number[] {
  const all = Array.from({ length: tiles }, (_, index) => index + 1);
  return layout === 'auto' ? all : all.filter((columns) => tiles % columns === 0);
}

/**
 * Columns and tile size that show `tiles` largest in `area`. Tiles are 16:9; a camera of another
 * shape keeps its own within.
 *
 * @param tiles on this page; a chosen layout is laid out in full even where cameras are missing, so that
 * turning the page moves nothing.
 */
export function planGrid(layout: Layout, tiles: number, area: GridArea): GridPlan {
  const count = Math.max(1, layout === 'auto' ? tiles : layout);
  const [first = 1, ...others] = columnChoices(layout, count);
  let columns = first;
  let tileWidth = tileWidthFor(first, count, area);
  for (const candidate of others) {
    const candidateWidth = tileWidthFor(candidate, count, area);
    if (candidateWidth > tileWidth) [columns, tileWidth] = [candidate, candidateWidth];
  }
  const minimum = Math.min(MIN_TILE_PX[layout === 'auto' ? 'auto' : 'chosen'], area.width);
  const isScrolling = tileWidth < minimum;
  if (isScrolling) {
    columns = Math.max(1, Math.floor((area.width + GAP_PX) / (minimum + GAP_PX)));
    tileWidth = Math.floor((area.width - GAP_PX * (columns - 1)) / columns);
  }
  const rows = Math.ceil(count / columns);
  return { columns, rows, tileWidth, tileHeight: Math.round(tileWidth / ASPECT), isScrolling };
}

/** Where a tile is within its area, CSS pixels. */
export interface TilePlace {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where the first `count` tiles of a plan are: in the middle of the area, from the top where they scroll. */
export function tilePlaces(plan: GridPlan, count: number, area: GridArea): TilePlace[] {
  const { columns, rows, tileWidth: width, tileHeight: height, isScrolling } = plan;
  const left = (area.width - columns * width - (columns - 1) * GAP_PX) / 2;
  const top = isScrolling ? 0 : (area.height - rows * height - (rows - 1) * GAP_PX) / 2;
  return Array.from({ length: count }, (_, index) => ({
    left: left + (index % columns) * (width + GAP_PX),
    top: top + Math.floor(index / columns) * (height + GAP_PX),
    width,
    height,
  }));
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** Index of the tile that an arrow key goes to; the same where there is none that way. */
export function neighbour(index: number, direction: Direction, columns: number, count: number): number {
  const steps: Readonly<Record<Direction, number>> = { left: -1, right: 1, up: -columns, down: columns };
  const target = index + steps[direction];
  if (target >= 0 && target < count) return target;
  // From a full row down to a short last one: its last tile.
  const isAboveLastRow = Math.floor(index / columns) < Math.floor((count - 1) / columns);
  return direction === 'down' && isAboveLastRow ? count - 1 : index;
}
