import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlaylist, type MediaPlaylist } from '@vedette/protocols';
import { endOf, isLowLatency, itemsFrom, startPosition } from './playlist-items.ts';

function playlist(...lines: readonly string[]): MediaPlaylist {
  const parsed = parsePlaylist(Buffer.from(['#EXTM3U', '#EXT-X-TARGETDURATION:2', ...lines, ''].join('\n')));
  assert.equal(parsed.kind, 'media');
  return parsed;
}

const segments = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => ['#EXTINF:2,', `s${from + i}.ts`]).flat();
const LIVE = playlist('#EXT-X-MEDIA-SEQUENCE:10', ...segments(10, 6));
const PARTS = playlist(
  '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5',
  '#EXT-X-PART-INF:PART-TARGET=0.5',
  '#EXT-X-MEDIA-SEQUENCE:10',
  ...segments(10, 2),
  ...['a', 'b', 'c', 'd'].map(
    (name, i) => `#EXT-X-PART:DURATION=0.5,URI="12${name}.mp4"${i === 0 ? ',INDEPENDENT=YES' : ''}`,
  ),
  ...['#EXTINF:2,', 's12.mp4'],
  '#EXT-X-PART:DURATION=0.5,URI="13a.mp4",INDEPENDENT=YES',
);

test('a live stream begins three target durations from its end, a recording at its beginning', () => {
  assert.deepEqual(startPosition(LIVE, false), { msn: 13, part: 0 });
  const recording = playlist(...segments(0, 6), '#EXT-X-ENDLIST');
  assert.deepEqual(startPosition(recording, false), { msn: 0, part: 0 });
  assert.deepEqual(
    itemsFrom(LIVE, { msn: 14, part: 0 }, false).map(({ uri }) => uri),
    ['s14.ts', 's15.ts'],
  );
});

test('with parts it begins at an independent one, far enough from the end, and goes on part by part', () => {
  assert.equal(isLowLatency(PARTS), true);
  assert.equal(isLowLatency(LIVE), false);
  const start = startPosition(PARTS, true);
  assert.deepEqual(start, { msn: 12, part: 0 });
  const items = itemsFrom(PARTS, start, true);
  assert.deepEqual(
    items.map(({ uri }) => uri),
    ['12a.mp4', '12b.mp4', '12c.mp4', '12d.mp4', '13a.mp4'],
  );
  assert.deepEqual(
    items.map(({ next }) => `${next.msn}.${next.part}`),
    ['12.1', '12.2', '12.3', '13.0', '13.1'],
  );
  assert.deepEqual(
    itemsFrom(PARTS, { msn: 12, part: 3 }, true).map(({ uri }) => uri),
    ['12d.mp4', '13a.mp4'],
  );
  assert.deepEqual(endOf(PARTS, true), { msn: 13, part: 1 });
});

test('byte ranges without an offset follow the one before of the same resource', () => {
  const ranges = playlist(
    ...['#EXTINF:2,', '#EXT-X-BYTERANGE:100@50', 'a.ts', '#EXTINF:2,', '#EXT-X-BYTERANGE:200', 'a.ts'],
    ...['#EXTINF:2,', '#EXT-X-BYTERANGE:10', 'b.ts'],
  );
  assert.deepEqual(
    itemsFrom(ranges, { msn: 1, part: 0 }, false).map(({ range }) => range),
    [
      { offset: 150, length: 200 },
      { offset: 0, length: 10 },
    ],
  );
});
