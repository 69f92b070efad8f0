import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hlsLevel, hlsQuality } from './hls-quality.ts';

const LEVELS = [
  { height: 360, bitrate: 5e5 },
  { height: 1080, bitrate: 4e6 },
  { height: 720, bitrate: 2e6 },
];

test('hlsLevel: the best is the source, others go by their lines, anything else is automatic', () => {
  assert.deepEqual(
    ['source', '720p', '360p', 'auto', '4k'].map((name) => hlsLevel(LEVELS, name)),
    [1, 2, 0, -1, -1],
  );
});

test('hlsQuality: what plays and what could', () => {
  assert.deepEqual(hlsQuality(LEVELS, 0, 'auto'), {
    quality: '360p',
    isAutomatic: true,
    available: [
      { name: 'source', height: 1080 },
      { name: '720p', height: 720 },
      { name: '360p', height: 360 },
    ],
  });
  assert.equal(hlsQuality(LEVELS, -1, '720p').quality, 'source');
});
