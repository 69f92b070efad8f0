import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serializeMediaPlaylist, type MediaPlaylist, type MediaSegment } from './media-playlist.ts';
import { parsePlaylist } from './parse-playlist.ts';
import { applyDelta, deltaUpdate } from './playlist-delta.ts';

function live(
  durations: readonly number[],
  more: Partial<MediaPlaylist> = {},
  maps: readonly string[] = [],
): MediaPlaylist {
  return {
    kind: 'media',
    version: 9,
    targetDuration: 2,
    mediaSequence: 50,
    discontinuitySequence: 0,
    hasIndependentSegments: true,
    isIFramesOnly: false,
    isEnded: false,
    serverControl: { canBlockReload: true, canSkipUntil: 12 },
    partTarget: 0.2,
    skippedSegments: 0,
    segments: durations.map((duration, i): MediaSegment => ({
      uri: `${50 + i}.mp4`,
      duration,
      isDiscontinuity: false,
      isGap: false,
      map: { uri: maps[i] ?? 'init.mp4' },
      parts: [],
    })),
    preloadHints: [],
    renditionReports: [],
    ...more,
  };
}

const OPEN = { isDiscontinuity: false, map: { uri: 'init.mp4' } };
const part = { uri: 'p', duration: 0.2, isIndependent: false, isGap: false };

for (const { name, playlist, want } of [
  { name: 'all within the boundary', playlist: live([2, 2, 2, 2, 2, 2, 2]), want: 0 },
  {
    name: 'a part more, and the first is beyond',
    playlist: live([2, 2, 2, 2, 2, 2, 2], { openSegment: { ...OPEN, parts: [part] } }),
    want: 1,
  },
  { name: 'ten segments', playlist: live([2, 2, 2, 2, 2, 2, 2, 2, 2, 2]), want: 3 },
  { name: 'one long segment that ends within', playlist: live([60, 2]), want: 0 },
  {
    name: 'the server does not offer it',
    playlist: live([20, 20, 20], { serverControl: { canBlockReload: true } }),
    want: 0,
  },
  { name: 'after the end', playlist: live([20, 20, 20], { isEnded: true }), want: 0 },
]) {
  test(`deltaUpdate: ${name}: ${want} skipped`, () => {
    const delta = deltaUpdate(playlist);
    assert.equal(delta.skippedSegments, want);
    assert.equal(delta.segments.length, playlist.segments.length - want);
    assert.equal(delta.mediaSequence, playlist.mediaSequence);
    if (want === 0) assert.equal(delta, playlist);
  });
}

test('deltaUpdate: a map in force since a skipped segment is skipped, a later one is not', () => {
  const text = serializeMediaPlaylist(
    deltaUpdate(live([4, 4, 4, 4, 4, 4], {}, ['a', 'a', 'a', 'b', 'b', 'a'])),
  );
  assert.deepEqual(text.match(/EXT-X-(?:SKIP|MAP).*|\d+\.mp4/g), [
    'EXT-X-SKIP:SKIPPED-SEGMENTS=2',
    '52.mp4',
    'EXT-X-MAP:URI="b"',
    '53.mp4',
    '54.mp4',
    'EXT-X-MAP:URI="a"',
    '55.mp4',
  ]);
});

test('applyDelta: a client that lacks what is skipped is told to ask for all', () => {
  const delta = deltaUpdate(live([4, 4, 4, 4, 4, 4]));
  assert.throws(() => applyDelta(live([4], { mediaSequence: 40 }), delta), { code: 'ERR_HLS_DELTA_MISSES' });
  assert.throws(() => applyDelta(live([4], { mediaSequence: 51 }), delta), { code: 'ERR_HLS_DELTA_MISSES' });
});

test('applyDelta: an earlier version and the delta, over the wire, make the full playlist', () => {
  const durations = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 14 });
  const maps = fc.array(fc.constantFrom('a', 'b'), { minLength: 14, maxLength: 14 });
  fc.assert(
    fc.property(durations, maps, fc.boolean(), (random, uris, hasOpen) => {
      const lastMap = uris[random.length - 1] ?? 'a';
      const openSegment = { isDiscontinuity: false, map: { uri: lastMap }, parts: [part] };
      const now = live(random, hasOpen ? { openSegment } : {}, uris);
      const before = live(random.slice(0, -1), {}, uris);
      const delta = parsePlaylist(new TextEncoder().encode(serializeMediaPlaylist(deltaUpdate(now))));
      assert.ok(delta.kind === 'media');
      assert.deepEqual(applyDelta(before, delta), now);
    }),
    { numRuns: 500 },
  );
});
