import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audioCodecString } from './audio-codec-string.ts';
import { createAacTrack } from './codecs/aac.ts';
import { createG711Track } from './codecs/g711.ts';
import { createH264Track } from './codecs/h264/h264-track.ts';
import { createOpusTrack } from './codecs/opus.ts';
import { sameTrack } from './same-track.ts';
import { HIGH_720P, writePps, writeSps } from './testing/h264-writer.ts';
import type { Track } from './track.ts';

const sets = { sps: [writeSps(HIGH_720P)], pps: [writePps(0, 0)] };
const h264 = createH264Track(0, 90_000, sets);
const aac = createAacTrack(0, Uint8Array.of(0x11, 0x90));

for (const { name, a, b, want } of [
  { name: 'the same object', a: h264, b: h264, want: true },
  { name: 'equal parameter sets', a: h264, b: createH264Track(0, 90_000, sets), want: true },
  { name: 'another place', a: h264, b: createH264Track(1, 90_000, sets), want: false },
  { name: 'another clock', a: h264, b: createH264Track(0, 1000, sets), want: false },
  {
    name: 'another PPS',
    a: h264,
    b: createH264Track(0, 90_000, { ...sets, pps: [writePps(1, 0)] }),
    want: false,
  },
  {
    name: 'one PPS more',
    a: h264,
    b: createH264Track(0, 90_000, { ...sets, pps: [...sets.pps, writePps(1, 0)] }),
    want: false,
  },
  {
    name: 'another reordering',
    a: h264,
    b: { ...h264, video: { ...h264.video, reorderDepth: 0 } },
    want: false,
  },
  { name: 'another kind', a: h264, b: { ...aac, clockRate: 90_000 }, want: false },
  { name: 'equal configs', a: aac, b: createAacTrack(0, Uint8Array.of(0x11, 0x90)), want: true },
  { name: 'another config', a: aac, b: createAacTrack(0, Uint8Array.of(0x11, 0x88)), want: false },
  { name: 'other channels', a: createOpusTrack(0, 2), b: createOpusTrack(0, 1), want: false },
  {
    name: 'another law',
    a: createG711Track(0, 'pcmu', 8000, 1),
    b: createG711Track(0, 'pcma', 8000, 1),
    want: false,
  },
] satisfies readonly { name: string; a: Track; b: Track; want: boolean }[]) {
  test(`sameTrack: ${name}`, () => {
    assert.equal(sameTrack(a, b), want);
    assert.equal(sameTrack(b, a), want);
  });
}

test('audioCodecString', () => {
  const tracks = [
    aac,
    createOpusTrack(0, 2),
    createG711Track(0, 'pcmu', 8000, 1),
    createG711Track(0, 'pcma', 8000, 1),
  ];
  assert.deepEqual(tracks.map(audioCodecString), ['mp4a.40.2', 'opus', 'ulaw', 'alaw']);
});
