import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodingTimes } from './decoding-times.ts';

for (const { name, depth, pts, want } of [
  { name: 'no reordering', depth: 0, pts: [0, 40, 80, 120], want: [0, 40, 80, 120] },
  { name: 'one B-frame between', depth: 1, pts: [0, 80, 40, 160, 120], want: [0, 1, 40, 80, 120] },
  {
    name: 'a B-pyramid',
    depth: 2,
    pts: [0, 160, 80, 40, 120, 320, 240, 200, 280],
    want: [0, 1, 2, 40, 80, 120, 160, 200, 240],
  },
  { name: 'more promised than done', depth: 2, pts: [0, 40, 80, 120], want: [0, 1, 2, 40] },
  { name: 'a picture lost', depth: 1, pts: [0, 80, 160, 120, 240, 200], want: [0, 1, 80, 120, 160, 200] },
  { name: 'a clock that jumps on', depth: 1, pts: [0, 80, 40, 9080, 9040], want: [0, 1, 40, 80, 9040] },
  {
    name: 'a clock that jumps back, which breaks the promise',
    depth: 0,
    pts: [100, 140, 0, 40],
    want: [100, 140, 140, 140],
  },
  { name: 'equal times', depth: 0, pts: [0, 0, 40], want: [0, 0, 40] },
]) {
  test(`DecodingTimes: ${name}`, () => {
    const times = new DecodingTimes();
    assert.deepEqual(
      pts.map((each) => times.next(each, depth)),
      want,
    );
  });
}

/** Presentation times of pictures in decoding order, none of which comes more than `depth` places late. */
const reordered = fc
  .nat(6)
  .chain((depth) =>
    fc
      .array(fc.tuple(fc.integer({ min: 8, max: 5000 }), fc.nat(depth)), { minLength: 1, maxLength: 60 })
      .map((pictures) => ({ depth, ...decodingOrder(pictures, depth) })),
  );

function decodingOrder(
  pictures: readonly (readonly [distance: number, choice: number])[],
  depth: number,
): { readonly shown: number[]; readonly decoded: number[] } {
  let time = 0;
  const shown = pictures.map(([distance]) => (time += distance));
  // A picture that may still wait is held back as long as fewer than `depth` later ones overtake it.
  const waiting: { pts: number; overtaken: number }[] = [];
  const decoded = shown.slice(0, 1);
  for (const pts of shown.slice(1)) waiting.push({ pts, overtaken: 0 });
  for (const [, choice] of pictures.slice(1)) {
    const blocked = waiting.findIndex(({ overtaken }) => overtaken >= depth);
    const at = Math.min(choice, waiting.length - 1, blocked === -1 ? Number.POSITIVE_INFINITY : blocked);
    for (const earlier of waiting.slice(0, at)) earlier.overtaken++;
    decoded.push(...waiting.splice(at, 1).map(({ pts }) => pts));
  }
  return { shown, decoded };
}

test('DecodingTimes: whatever the order, never decreasing, never after presentation, and the depth behind', () => {
  fc.assert(
    fc.property(reordered, ({ depth, shown, decoded }) => {
      const times = new DecodingTimes();
      let previous = Number.NEGATIVE_INFINITY;
      decoded.forEach((pts, n) => {
        const dts = times.next(pts, depth);
        assert.ok(dts <= pts && dts >= previous);
        if (n >= 2 * depth) assert.equal(dts, shown[n - depth]);
        previous = dts;
      });
    }),
  );
});

test('DecodingTimes: a limit holds, as long as time does not go back for it', () => {
  const times = new DecodingTimes();
  assert.equal(times.next(100, 0, 40), 40);
  assert.equal(times.next(140, 0, 20), 41);
});
