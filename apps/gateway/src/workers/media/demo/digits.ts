import type { Canvas, Colour } from './canvas.ts';

const COLUMNS = 5;
const ROWS = 7;

/** Five columns by seven rows, a string a row; what a clock and a date need. */
const DRAWINGS = {
  '0': '.###.|#...#|#..##|#.#.#|##..#|#...#|.###.',
  '1': '..#..|.##..|..#..|..#..|..#..|..#..|.###.',
  '2': '.###.|#...#|....#|...#.|..#..|.#...|#####',
  '3': '#####|...#.|..#..|...#.|....#|#...#|.###.',
  '4': '...#.|..##.|.#.#.|#..#.|#####|...#.|...#.',
  '5': '#####|#....|####.|....#|....#|#...#|.###.',
  '6': '..##.|.#...|#....|####.|#...#|#...#|.###.',
  '7': '#####|....#|...#.|..#..|.#...|.#...|.#...',
  '8': '.###.|#...#|#...#|.###.|#...#|#...#|.###.',
  '9': '.###.|#...#|#...#|.####|....#|...#.|.##..',
  ':': '.....|..#..|..#..|.....|..#..|..#..|.....',
  '.': '.....|.....|.....|.....|.....|.##..|.##..',
  '-': '.....|.....|.....|#####|.....|.....|.....',
};

/** The dots of each character, as column and row. */
const GLYPHS = new Map(Object.entries(DRAWINGS).map(([character, drawing]) => [character, dotsOf(drawing)]));

function dotsOf(drawing: string): (readonly [column: number, row: number])[] {
  return drawing
    .split('|')
    .flatMap((row, rowIndex) => Array.from(row, (dot, column) => ({ dot, at: [column, rowIndex] as const })))
    .filter(({ dot }) => dot === '#')
    .map(({ at }) => at);
}

/** Width of a text in pixels, `scale` pixels to the dot. */
export function textWidth(text: string, scale: number): number {
  return text.length * (COLUMNS + 1) * scale - scale;
}

/** Height of a text in pixels. */
export function textHeight(scale: number): number {
  return ROWS * scale;
}

/** Writes digits, `:`, `.` and `-`; others are left blank. */
export function drawText(
  canvas: Canvas,
  text: string,
  left: number,
  top: number,
  scale: number,
  colour: Colour,
): void {
  for (let place = 0; place < text.length; place++) {
    const x = left + place * (COLUMNS + 1) * scale;
    for (const [column, row] of GLYPHS.get(text.charAt(place)) ?? []) {
      canvas.rect(x + column * scale, top + row * scale, scale, scale, colour);
    }
  }
}
