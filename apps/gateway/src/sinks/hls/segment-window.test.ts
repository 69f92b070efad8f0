import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SegmentWindow } from './segment-window.ts';

const LIMITS = { segmentCount: 4, maxBytes: 1000 };

function windowOf(limits = LIMITS): SegmentWindow {
  const window = new SegmentWindow(100, 2, limits);
  window.setInit({ index: 0, bytes: Buffer.from('init') });
  return window;
}

function addSegment(window: SegmentWindow, { seconds = 2, parts = 2, partBytes = 10 } = {}): void {
  for (let i = 0; i < parts; i++) {
    window.addPart(
      { duration: seconds / parts, isIndependent: i === 0, bytes: Buffer.alloc(partBytes, i) },
      1_000_000,
    );
  }
  window.endSegment();
}

function numbers(window: SegmentWindow): number[] {
  return window.listed.map(({ msn }) => msn);
}

test('segment window: the time before the first segment is listed as gaps', () => {
  const window = windowOf();
  assert.deepEqual(window.listed, []);
  window.addPart({ duration: 0.2, isIndependent: true, bytes: Buffer.alloc(1) }, 1_000_000);
  assert.deepEqual(numbers(window), [96, 97, 98, 99]);
  assert.deepEqual(
    window.listed.map(({ isGap, duration, wallClockMs }) => [isGap, duration, wallClockMs]),
    [992_000, 994_000, 996_000, 998_000].map((ms) => [true, 2, ms]),
  );
  assert.equal(window.open?.msn, 100);
});

test('segment window: keeps the newest, and one more that has just left', () => {
  const window = windowOf();
  for (let i = 0; i < 6; i++) addSegment(window);
  assert.deepEqual(numbers(window), [102, 103, 104, 105]);
  assert.equal(window.findSegment(100), undefined);
  assert.equal(window.findSegment(101)?.msn, 101);
  assert.equal(window.findPart(1), undefined);
  assert.equal(window.findPart(2)?.index, 2);
  assert.equal(window.findPart(11)?.index, 11);
  assert.equal(window.findPart(12), undefined);
  assert.equal(window.byteLength, 5 * 20);
});

test('segment window: a complete segment is one buffer, and its parts are views of it', () => {
  const window = windowOf();
  addSegment(window);
  const { bytes, parts } = window.findSegment(100) ?? {};
  assert.deepEqual([bytes?.length, parts?.length], [20, 2]);
  for (const part of parts ?? []) assert.equal(part.bytes.buffer, bytes?.buffer);
  assert.deepEqual(Buffer.concat((parts ?? []).map((part) => part.bytes)), bytes);
});

test('segment window: when bytes run out the oldest go first, the newest complete one stays', () => {
  const window = windowOf();
  for (let i = 0; i < 4; i++) addSegment(window, { partBytes: 200 });
  assert.deepEqual(numbers(window), [102, 103]);
  assert.equal(window.byteLength, 800);
  addSegment(window, { partBytes: 900 });
  assert.deepEqual(numbers(window), [104]);
});

test('segment window: the target duration grows with a longer segment and keeps three of them listed', () => {
  const window = windowOf({ ...LIMITS, maxBytes: 100_000 });
  addSegment(window, { seconds: 2.49 });
  assert.equal(window.targetDuration, 2);
  addSegment(window, { seconds: 10 });
  assert.equal(window.targetDuration, 10);
  for (let i = 0; i < 30; i++) addSegment(window);
  assert.equal(window.targetDuration, 10);
  assert.equal(
    window.listed.reduce((sum, { duration }) => sum + duration, 0),
    30,
  );
});

test('segment window: discontinuities are counted as they leave; a stream does not begin with one', () => {
  const window = windowOf();
  window.markDiscontinuity();
  addSegment(window);
  window.markDiscontinuity();
  addSegment(window);
  assert.deepEqual(
    window.listed.slice(-2).map(({ isDiscontinuity }) => isDiscontinuity),
    [false, true],
  );
  for (let i = 0; i < 3; i++) addSegment(window);
  assert.equal(window.discontinuitySequence, 0);
  addSegment(window);
  assert.equal(window.discontinuitySequence, 1);
});

test('segment window: an init segment is found as long as a segment needs it', () => {
  const window = windowOf();
  addSegment(window);
  window.setInit({ index: 1, bytes: Buffer.from('other') });
  addSegment(window);
  assert.equal(window.findInit(0)?.bytes.toString(), 'init');
  for (let i = 0; i < 5; i++) addSegment(window);
  assert.equal(window.findInit(0), undefined);
  assert.equal(window.findInit(1)?.bytes.toString(), 'other');
});

test('segment window: ending nothing does nothing', () => {
  const window = windowOf();
  window.endSegment();
  assert.deepEqual(window.listed, []);
});
