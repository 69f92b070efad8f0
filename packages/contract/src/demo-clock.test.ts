import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeDemoClock, DEMO_CLOCK, encodeDemoClock, lumaOfPixels } from './demo-clock.ts';

const epochMs = fc.integer({ min: 0, max: 2 ** 44 - 1 });

/** A picture of `width` pixels that shows these cells in two greys. */
function paint(cells: readonly boolean[], width: number, white: number, black: number) {
  const scale = width / DEMO_CLOCK.pictureWidth;
  const height = Math.round(DEMO_CLOCK.pictureHeight * scale);
  const data = new Uint8Array(4 * width * height);
  for (let y = Math.ceil(DEMO_CLOCK.top * scale); y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = cells[Math.floor(x / scale / DEMO_CLOCK.cell)];
      data.fill(cell === true ? white : black, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  }
  return { data, width, height };
}

test('a time is read back from a picture of any size and contrast', () => {
  fc.assert(
    fc.property(
      epochMs,
      fc.constantFrom(1280, 640, 1920, 853),
      fc.constantFrom([235, 16], [255, 0], [170, 90]),
      (time, width, [white = 0, black = 0]) => {
        assert.equal(decodeDemoClock(lumaOfPixels(paint(encodeDemoClock(time), width, white, black))), time);
      },
    ),
    { numRuns: 20 },
  );
});

test('one wrong cell is noticed', () => {
  fc.assert(
    fc.property(epochMs, fc.nat({ max: DEMO_CLOCK.cells - 1 }), (time, wrong) => {
      const cells = encodeDemoClock(time).map((cell, index) => cell !== (index === wrong));
      const lumaAt = (x: number): number =>
        cells[Math.floor((x * DEMO_CLOCK.pictureWidth) / DEMO_CLOCK.cell)] === true ? 200 : 20;
      assert.equal(decodeDemoClock(lumaAt), undefined);
    }),
  );
});

test('a picture without the row has no time', () => {
  assert.equal(
    decodeDemoClock(() => 128),
    undefined,
  );
});

for (const time of [-1, 2 ** 44, 1.5, Number.NaN]) {
  test(`${time} is no time for the clock`, () => {
    assert.throws(() => encodeDemoClock(time), RangeError);
  });
}
