import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SampleFramer } from './sample-framer.ts';

const FRAME = 10;
const TOLERANCE = 3;

interface Framed {
  readonly pts: number;
  readonly samples: readonly number[];
}

/** Frames of runs of 16-bit samples, each a run's first time and its values. */
function frame(runs: readonly { readonly pts: number; readonly values: readonly number[] }[]): Framed[] {
  const framer = new SampleFramer({ sampleBytes: 2, frameSamples: FRAME, toleranceTicks: TOLERANCE });
  const framed: Framed[] = [];
  for (const { pts, values } of runs) {
    framer.push(Buffer.from(Int16Array.from(values).buffer), pts, (found) => {
      const { buffer, byteOffset } = found.samples;
      framed.push({
        pts: found.pts,
        samples: [...new Int16Array(buffer.slice(byteOffset, byteOffset + 2 * FRAME))],
      });
    });
  }
  return framed;
}

const count = (from: number, length: number): number[] => Array.from({ length }, (_, index) => from + index);

for (const { name, runs, want } of [
  {
    name: 'runs of another length are cut anew',
    runs: [
      { pts: 100, values: count(0, 7) },
      { pts: 107, values: count(7, 16) },
    ],
    want: [
      { pts: 100, samples: count(0, 10) },
      { pts: 110, samples: count(10, 10) },
    ],
  },
  {
    name: 'times that are off by a little do not count',
    runs: [
      { pts: 100, values: count(0, 10) },
      { pts: 113, values: count(10, 10) },
      { pts: 118, values: count(20, 10) },
    ],
    want: [
      { pts: 100, samples: count(0, 10) },
      { pts: 110, samples: count(10, 10) },
      { pts: 120, samples: count(20, 10) },
    ],
  },
  {
    name: 'a gap begins a new frame',
    runs: [
      { pts: 100, values: count(0, 15) },
      { pts: 200, values: count(50, 10) },
    ],
    want: [
      { pts: 100, samples: count(0, 10) },
      { pts: 200, samples: count(50, 10) },
    ],
  },
  {
    name: 'what was said already is left out',
    runs: [
      { pts: 100, values: count(0, 20) },
      { pts: 105, values: count(5, 30) },
    ],
    want: [
      { pts: 100, samples: count(0, 10) },
      { pts: 110, samples: count(10, 10) },
      { pts: 125, samples: count(25, 10) },
    ],
  },
]) {
  test(`SampleFramer: ${name}`, () => {
    assert.deepEqual(frame(runs), want);
  });
}

test('SampleFramer: whatever arrives, frames follow each other and never overlap', () => {
  const run = fc.record({
    pts: fc.integer({ min: 0, max: 300 }),
    values: fc.array(fc.constant(1), { maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 20 }), (runs) => {
      let end = Number.NEGATIVE_INFINITY;
      for (const { pts, samples } of frame(runs)) {
        assert.equal(samples.length, FRAME);
        assert.ok(pts >= end);
        end = pts + FRAME;
      }
    }),
  );
});

test('SampleFramer: sound without gaps comes out whole', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 20 }), (lengths) => {
      let pts = 0;
      const runs = lengths.map((length) => {
        const values = count(pts, length);
        pts += length;
        return { pts: pts - length, values };
      });
      const framed = frame(runs);
      assert.deepEqual(
        framed.flatMap(({ samples }) => samples),
        count(0, Math.floor(pts / FRAME) * FRAME),
      );
    }),
  );
});
