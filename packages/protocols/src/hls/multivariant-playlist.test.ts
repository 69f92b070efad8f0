import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serializeMultivariantPlaylist, type MultivariantPlaylist } from './multivariant-playlist.ts';
import { parsePlaylist } from './parse-playlist.ts';

const CASES: readonly { name: string; text: string; playlist: MultivariantPlaylist }[] = [
  {
    name: 'one variant with everything in it',
    text: [
      '#EXTM3U',
      '#EXT-X-VERSION:9',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-STREAM-INF:BANDWIDTH=2200000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.97',
      'video/media.m3u8',
      '',
    ].join('\n'),
    playlist: {
      kind: 'multivariant',
      version: 9,
      hasIndependentSegments: true,
      renditions: [],
      variants: [
        {
          uri: 'video/media.m3u8',
          bandwidth: 2_200_000,
          averageBandwidth: 2_000_000,
          codecs: ['avc1.64001f', 'mp4a.40.2'],
          resolution: { width: 1280, height: 720 },
          frameRate: 29.97,
        },
      ],
    },
  },
  {
    name: 'a ladder with audio beside it',
    text: [
      '#EXTM3U',
      '#EXT-X-VERSION:6',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="de.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=500000,AUDIO="a"',
      'low.m3u8',
      '#EXT-X-STREAM-INF:BANDWIDTH=900000,AUDIO="a"',
      'high.m3u8',
      '',
    ].join('\n'),
    playlist: {
      kind: 'multivariant',
      version: 6,
      hasIndependentSegments: false,
      renditions: [
        {
          type: 'AUDIO',
          groupId: 'a',
          name: 'Deutsch',
          uri: 'de.m3u8',
          language: 'de',
          channels: '2',
          isDefault: true,
          isAutoselect: true,
        },
      ],
      variants: [
        { uri: 'low.m3u8', bandwidth: 500_000, audio: 'a' },
        { uri: 'high.m3u8', bandwidth: 900_000, audio: 'a' },
      ],
    },
  },
];

for (const { name, text, playlist } of CASES) {
  test(`multivariant playlist, ${name}: parses`, () => {
    assert.deepEqual(parsePlaylist(new TextEncoder().encode(text)), playlist);
  });
  test(`multivariant playlist, ${name}: serializes`, () => {
    assert.equal(serializeMultivariantPlaylist(playlist), text);
  });
}
