import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rung } from '../../transcode/ladder.ts';
import { oneCodec } from './hls-renditions.ts';

function rung(name: string, codec: string): Rung {
  return { name, codec, width: 640, height: 360, frameRate: 25, bitrate: 500_000 };
}

for (const { name, rungs, want } of [
  {
    name: 'a camera of the codec that renditions have',
    rungs: [
      rung('source', 'avc1.64001f'),
      rung('480p', 'avc1.42c01e'),
      rung('360p', 'avc1.42c01e'),
      rung('sub', 'avc3.4d401e'),
    ],
    want: ['source', '480p', '360p', 'sub'],
  },
  {
    name: 'a camera of another one, and its own smaller stream',
    rungs: [
      rung('source', 'hvc1.1.6.L93.B0'),
      rung('h264', 'avc1.42c01f'),
      rung('360p', 'avc1.42c01e'),
      rung('sub', 'hvc1.1.6.L63.B0'),
    ],
    want: ['h264', '360p'],
  },
  {
    name: 'no renditions, a smaller stream of the same codec',
    rungs: [rung('source', 'hvc1.1.6.L93.B0'), rung('sub', 'hev1.1.6.L63.B0')],
    want: ['source', 'sub'],
  },
  {
    name: 'no renditions, a smaller stream of another codec',
    rungs: [rung('source', 'vp09.00.31.08'), rung('sub', 'avc1.42c01e')],
    want: ['source'],
  },
  { name: 'nothing known', rungs: [], want: [] },
]) {
  test(`what a player can change between: ${name}`, () => {
    assert.deepEqual(
      oneCodec(rungs).map((one) => one.name),
      want,
    );
  });
}
