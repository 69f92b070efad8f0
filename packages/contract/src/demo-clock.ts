/**
 * The demo camera writes the capture time of each picture into the picture, as digits for people and
 * as a row of black and white cells for programs, so that latency can be read from pixels.
 *
 * The row stands in the bottom left corner of a 1280×720 picture: 50 cells of 16×16 pixels, aligned
 * to the encoder's macroblocks. Cells 0 and 1 are white and black, to tell the two apart; cells 2…45
 * hold the time in milliseconds since the Unix epoch, 44 bits, highest first; cells 46…49 hold the
 * exclusive or of its eleven groups of four bits.
 */
export const DEMO_CLOCK = {
  pictureWidth: 1280,
  pictureHeight: 720,
  /** Left and upper edge of the row, in pixels. */
  left: 0,
  top: 704,
  /** Side of a cell, in pixels. */
  cell: 16,
  cells: 50,
} as const;

const DATA_BITS = 44;
const GROUP_BITS = 4;
const MARKS = 2;
/** White and black of a picture that is worth reading are further apart than this, of 255. */
const MIN_CONTRAST = 60;

/**
 * The cells of the row, `true` for white.
 *
 * @param epochMs whole milliseconds since the Unix epoch, below 2^44 (the year 2527).
 * @throws {RangeError} it is not.
 */
export function encodeDemoClock(epochMs: number): boolean[] {
  if (!Number.isInteger(epochMs) || epochMs < 0 || epochMs >= 2 ** DATA_BITS) {
    throw new RangeError(`not a time for the demo clock: ${String(epochMs)}`);
  }
  const cells = [true, false];
  for (let bit = DATA_BITS - 1; bit >= 0; bit--) cells.push(Math.floor(epochMs / 2 ** bit) % 2 === 1);
  const check = checkOf(epochMs);
  for (let bit = GROUP_BITS - 1; bit >= 0; bit--) cells.push(((check >> bit) & 1) === 1);
  return cells;
}

/**
 * Reads the row from a picture.
 *
 * @param lumaAt brightness (0…255) at a place of the picture, given in fractions of its width and
 * height, so that a picture of any size can be read.
 * @returns milliseconds since the Unix epoch; `undefined` where there is no clock to be read.
 */
export function decodeDemoClock(lumaAt: (x: number, y: number) => number): number | undefined {
  const white = cellLuma(0, lumaAt);
  const black = cellLuma(1, lumaAt);
  if (white - black < MIN_CONTRAST) return undefined;
  const threshold = (white + black) / 2;
  let value = 0;
  let check = 0;
  for (let cell = MARKS; cell < DEMO_CLOCK.cells; cell++) {
    const bit = cellLuma(cell, lumaAt) > threshold ? 1 : 0;
    if (cell < MARKS + DATA_BITS) value = value * 2 + bit;
    else check = check * 2 + bit;
  }
  return check === checkOf(value) ? value : undefined;
}

/** `lumaAt` for `decodeDemoClock` of pixels as a canvas gives them. */
export function lumaOfPixels(pixels: {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}): (x: number, y: number) => number {
  const { data, width, height } = pixels;
  return (x, y) => {
    const index = 4 * (Math.floor(y * height) * width + Math.floor(x * width));
    // The cells are grey: green alone is their brightness.
    return data[index + 1] ?? 0;
  };
}

/** Mean of nine places in the middle of a cell, away from its edges. */
function cellLuma(index: number, lumaAt: (x: number, y: number) => number): number {
  const { left, top, cell, pictureWidth, pictureHeight } = DEMO_CLOCK;
  let sum = 0;
  for (const dy of [0.35, 0.5, 0.65]) {
    for (const dx of [0.35, 0.5, 0.65]) {
      sum += lumaAt((left + (index + dx) * cell) / pictureWidth, (top + dy * cell) / pictureHeight);
    }
  }
  return sum / 9;
}

function checkOf(value: number): number {
  let check = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2 ** GROUP_BITS)) check ^= rest % 2 ** GROUP_BITS;
  return check;
}
