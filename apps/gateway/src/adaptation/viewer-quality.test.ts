import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ViewerQuality } from './viewer-quality.ts';

const RUNGS = [
  { name: 'source', height: 1080, bitrate: 4_000_000 },
  { name: '720p', height: 720, bitrate: 2_500_000 },
  { name: '360p', height: 360, bitrate: 600_000 },
];
const CLEAR = { delayMs: 0, loss: 0 };
const NARROW = { delayMs: 900, loss: 0, throughput: 800_000 };
const rungs = (): typeof RUNGS => RUNGS;

test('auto begins with what is there, and goes to what fills the window after a while', () => {
  const quality = new ViewerQuality({ rungs, choice: 'auto', maxHeight: 400, nowMs: 0 });
  quality.report(CLEAR, 100);
  assert.equal(quality.current, 'source');
  quality.report(CLEAR, 3100);
  assert.equal(quality.current, '720p');
});

test('a window that grows: up at once where nothing ever waited', () => {
  const quality = new ViewerQuality({ rungs, choice: 'auto', maxHeight: 300, nowMs: 0 });
  quality.report(CLEAR, 3100);
  assert.equal(quality.current, '360p');
  quality.choose('auto', 1080, 4000);
  assert.equal(quality.current, 'source');
});

test('a window that grows does not make a narrow line wide', () => {
  const quality = new ViewerQuality({ rungs, choice: 'auto', maxHeight: 300, nowMs: 0 });
  quality.report(CLEAR, 3100);
  quality.report(NARROW, 3200);
  quality.choose('auto', 1080, 4000);
  assert.equal(quality.current, '360p');
});

test('what was chosen stays, whatever the line does', () => {
  const quality = new ViewerQuality({ rungs, choice: '720p', nowMs: 0 });
  for (let atMs = 0; atMs < 10_000; atMs += 100) quality.report(NARROW, atMs);
  assert.equal(quality.current, '720p');
  quality.choose('auto', undefined, 10_000);
  for (let atMs = 10_000; atMs < 13_000; atMs += 100) quality.report(NARROW, atMs);
  assert.equal(quality.current, '360p');
});

test('a name that the camera does not have', () => {
  assert.throws(() => new ViewerQuality({ rungs, choice: '4k', nowMs: 0 }), { code: 'ERR_QUALITY_UNKNOWN' });
  const quality = new ViewerQuality({ rungs, choice: 'auto', nowMs: 0 });
  assert.throws(() => quality.choose('4k', undefined, 1), { code: 'ERR_QUALITY_UNKNOWN' });
  assert.equal(quality.choice, 'auto');
});

test('a camera without renditions is shown as it is', () => {
  const quality = new ViewerQuality({ rungs: () => [], choice: 'auto', maxHeight: 100, nowMs: 0 });
  for (let atMs = 0; atMs < 10_000; atMs += 100) quality.report(NARROW, atMs);
  assert.equal(quality.current, 'source');
});

test('a rendition that could not be made is left alone for a while', () => {
  const quality = new ViewerQuality({ rungs, choice: '360p', nowMs: 0 });
  quality.revert('source', 1000);
  assert.equal(quality.current, 'source');
  assert.equal(quality.choice, 'auto');
});
