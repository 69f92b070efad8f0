import type { AccessUnit, Track } from '@vedette/media';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opusTrack, packet, picture, videoTrack } from '../../testing/units.ts';
import { Segmenter, type SegmenterOptions } from './segmenter.ts';

const OPTIONS: SegmenterOptions = {
  partSeconds: 0.2,
  segmentSeconds: 2,
  maxSegmentSeconds: 60,
  maxSegmentBytes: 1_000_000,
};

interface CutPart {
  readonly duration: number;
  readonly isIndependent: boolean;
  readonly bytes: Uint8Array;
}

interface CutSegment {
  readonly parts: CutPart[];
  isBroken: boolean | undefined;
}

/** Segments as they come out; the last one is open, unless it has just been ended. */
function cut(
  tracks: readonly [Track, ...Track[]],
  units: readonly AccessUnit[],
  { finish = false, options = OPTIONS }: { finish?: boolean; options?: SegmenterOptions } = {},
): CutSegment[] {
  const segments: CutSegment[] = [];
  const segmenter = new Segmenter(tracks, units.slice(0, 20), 1, options, {
    part: (part) => {
      if (segments.at(-1)?.isBroken !== undefined || segments.length === 0) {
        segments.push({ parts: [], isBroken: undefined });
      }
      segments.at(-1)?.parts.push(part);
    },
    endSegment: (isBroken) => {
      const last = segments.at(-1);
      if (last !== undefined) last.isBroken = isBroken;
    },
  });
  for (const unit of units) segmenter.push(unit);
  if (finish) segmenter.finish();
  return segments;
}

function durations({ parts }: CutSegment): number[] {
  return parts.map(({ duration }) => Number(duration.toFixed(4)));
}

const track = videoTrack();

function pictures(count: number, options?: { gop?: number; size?: number }): AccessUnit[] {
  return Array.from({ length: count }, (_, i) => picture(track, i, options));
}

/** Pictures with any distances, in seconds. */
function uneven(distances: readonly number[], isRandomAccess: (i: number) => boolean): AccessUnit[] {
  let seconds = 0;
  return [0, ...distances].map((distance, i) => {
    seconds += distance;
    const pts = Math.round(seconds * 90_000);
    return {
      ...picture(track, i, { gop: isRandomAccess(i) ? 1 : 1_000_000 }),
      pts,
      dts: pts,
      isRandomAccess: isRandomAccess(i),
    };
  });
}

test('segmenter: groups of 2 s make segments of ten parts, each from a key picture', () => {
  const segments = cut([track], pictures(151));
  assert.deepEqual(
    segments.map(({ parts }) => parts.length),
    [10, 10, 10],
  );
  assert.deepEqual(new Set(segments.flatMap(durations)), new Set([0.2]));
  for (const { parts, isBroken } of segments) {
    assert.deepEqual(
      parts.map(({ isIndependent }) => isIndependent),
      [true, ...Array<boolean>(9).fill(false)],
    );
    assert.equal(isBroken, false);
  }
});

test('segmenter: a part comes out with the picture after it, not later', () => {
  assert.equal(cut([track], pictures(5)).length, 0);
  assert.equal(cut([track], pictures(6))[0]?.parts.length, 1);
});

for (const { gop, seconds } of [
  { gop: 10, seconds: 2 },
  { gop: 24, seconds: 1.92 },
  { gop: 40, seconds: 3.2 },
  { gop: 250, seconds: 10 },
]) {
  test(`segmenter: groups of ${gop} pictures make segments of ${seconds} s`, () => {
    const [first] = cut([track], pictures(300, { gop }));
    assert.ok(first !== undefined);
    assert.equal(
      Number(
        durations(first)
          .reduce((sum, part) => sum + part, 0)
          .toFixed(4),
      ),
      seconds,
    );
    assert.equal(first.isBroken, false);
  });
}

test('segmenter: what comes before the first key picture is left out', () => {
  const [first] = cut([track], pictures(170).slice(20));
  assert.equal(first?.parts[0]?.isIndependent, true);
  assert.equal(cut([track, opusTrack()], [packet(opusTrack(), 0), ...pictures(5)]).length, 0);
});

test('segmenter: a lost picture neither breaks the stream nor makes a part too long', () => {
  const segments = cut(
    [track],
    pictures(151).filter((_, i) => i !== 13),
  );
  assert.equal(
    segments.every(({ isBroken }) => isBroken === false),
    true,
  );
  assert.ok(Math.max(...segments.flatMap(durations)) <= 0.2);
});

test('segmenter: a hole before a key picture breaks the stream, and nothing is made up to fill it', () => {
  const units = [...pictures(70), ...pictures(151).slice(100)];
  const [first, second] = cut([track], units);
  assert.equal(first?.isBroken, false);
  assert.deepEqual([second?.isBroken, second?.parts.length], [true, 4]);
  assert.equal(second && durations(second).reduce((sum, part) => sum + part, 0), 0.8);
});

test('segmenter: a hole within a group makes one long part', () => {
  const segments = cut(
    [track],
    pictures(151, { gop: 1000 }).filter((_, i) => i < 23 || i > 72),
  );
  assert.equal(segments.length, 1);
  assert.equal(Math.max(...segments.flatMap(durations)), 2.04);
});

test('segmenter: a stream without further key pictures is cut when it grows too long or too large', () => {
  const long = cut([track], pictures(151, { gop: 1000 }), { options: { ...OPTIONS, maxSegmentSeconds: 2 } });
  assert.deepEqual(
    long.map(({ parts }) => parts.length),
    [10, 10, 10],
  );
  assert.deepEqual(
    long.map(({ parts }) => parts[0]?.isIndependent),
    [true, false, false],
  );
  const large = cut([track], pictures(151, { gop: 1000, size: 1000 }), {
    options: { ...OPTIONS, maxSegmentBytes: 50_000 },
  });
  assert.deepEqual(
    large.map(({ parts }) => parts.length),
    [10, 10, 10],
  );
});

test('segmenter: finishing gives out what was held', () => {
  const [segment] = cut([track], pictures(8), { finish: true });
  assert.deepEqual(segment && durations(segment), [0.2, 0.12]);
  assert.equal(segment?.isBroken, true);
});

test('segmenter: sound alone is cut by its own frames', () => {
  const audio = opusTrack(0);
  const units = Array.from({ length: 301 }, (_, i) => packet(audio, i));
  const segments = cut([audio], units);
  assert.deepEqual(new Set(segments.slice(0, 2).flatMap(durations)), new Set([0.2]));
});

test('segmenter: after a change of the frame rate, parts fit the new one from the next segment on', () => {
  const slow = uneven(
    [...Array<number>(100).fill(0.04), ...Array<number>(100).fill(0.12)],
    (i) => i % 25 === 0,
  );
  const segments = cut([track], slow);
  assert.deepEqual(new Set(segments[0] && durations(segments[0])), new Set([0.2]));
  assert.deepEqual(
    new Set(segments.at(-2) && durations(segments.at(-2) as CutSegment)),
    new Set([0.24, 0.12]),
  );
});

test('segmenter: whatever the jitter, no picture is lost and time adds up', () => {
  const jitter = fc.array(fc.double({ min: 0.02, max: 0.06, noNaN: true }), {
    minLength: 30,
    maxLength: 200,
  });
  fc.assert(
    fc.property(jitter, fc.integer({ min: 5, max: 60 }), (distances, gop) => {
      const units = uneven(distances, (i) => i % gop === 0);
      const segments = cut([track], units, { finish: true });
      const total = segments.flatMap(({ parts }) => parts).reduce((sum, { duration }) => sum + duration, 0);
      const last = units.at(-1);
      assert.ok(last !== undefined);
      assert.ok(
        total >= last.dts / 90_000 && total < last.dts / 90_000 + 0.2,
        `${total} of ${last.dts / 90_000}`,
      );
      const bytes = segments
        .flatMap(({ parts }) => parts)
        .reduce((sum, part) => sum + mdatBytes(part.bytes), 0);
      assert.equal(bytes, units.length * 104); // a length in front of each NAL unit
    }),
    { numRuns: 50 },
  );
});

/** Payload of the `mdat` box, which is the last one. */
function mdatBytes(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes);
  let offset = 0;
  while (buffer.toString('latin1', offset + 4, offset + 8) !== 'mdat') offset += buffer.readUInt32BE(offset);
  return buffer.readUInt32BE(offset) - 8;
}
