import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serializeMediaPlaylist, type MediaPlaylist, type MediaSegment } from './media-playlist.ts';
import { parsePlaylist } from './parse-playlist.ts';

const encoder = new TextEncoder();

const PLAIN: MediaPlaylist = {
  kind: 'media',
  version: 3,
  targetDuration: 2,
  mediaSequence: 0,
  discontinuitySequence: 0,
  hasIndependentSegments: false,
  isIFramesOnly: false,
  isEnded: false,
  skippedSegments: 0,
  segments: [],
  preloadHints: [],
  renditionReports: [],
};

function segment(uri: string, more: Partial<MediaSegment> = {}): MediaSegment {
  return { uri, duration: 2, isDiscontinuity: false, isGap: false, parts: [], ...more };
}

const CASES: readonly { name: string; text: string; playlist: MediaPlaylist }[] = [
  {
    name: 'plain, live, no segment yet',
    text: '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n',
    playlist: PLAIN,
  },
  {
    name: 'ended, with titles and byte ranges',
    text: [
      '#EXTM3U',
      '#EXT-X-VERSION:4',
      '#EXT-X-TARGETDURATION:10',
      '#EXT-X-MEDIA-SEQUENCE:7',
      '#EXT-X-PLAYLIST-TYPE:VOD',
      '#EXTINF:9.009,first, of two',
      '#EXT-X-BYTERANGE:100@20',
      'a.ts',
      '#EXTINF:3,',
      '#EXT-X-BYTERANGE:50',
      'a.ts',
      '#EXT-X-ENDLIST',
      '',
    ].join('\n'),
    playlist: {
      ...PLAIN,
      version: 4,
      targetDuration: 10,
      mediaSequence: 7,
      playlistType: 'VOD',
      isEnded: true,
      segments: [
        segment('a.ts', { duration: 9.009, title: 'first, of two', byteRange: { length: 100, offset: 20 } }),
        segment('a.ts', { duration: 3, byteRange: { length: 50, offset: undefined } }),
      ],
    },
  },
  {
    name: 'low latency: gaps, parts, discontinuity, map, hint, report',
    text: [
      '#EXTM3U',
      '#EXT-X-VERSION:9',
      '#EXT-X-TARGETDURATION:2',
      '#EXT-X-MEDIA-SEQUENCE:100',
      '#EXT-X-DISCONTINUITY-SEQUENCE:3',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=0.6',
      '#EXT-X-PART-INF:PART-TARGET=0.2',
      '#EXT-X-GAP',
      '#EXTINF:2,',
      'gap.mp4',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-MAP:URI="init.mp4"',
      '#EXT-X-PROGRAM-DATE-TIME:2030-01-31T08:15:00.250Z',
      '#EXT-X-PART:DURATION=0.2,URI="p1.mp4",INDEPENDENT=YES',
      '#EXT-X-PART:DURATION=0.16,URI="p2.mp4",GAP=YES',
      '#EXTINF:0.36,',
      's1.mp4',
      '#EXT-X-PROGRAM-DATE-TIME:2030-01-31T08:15:00.610Z',
      '#EXT-X-PART:DURATION=0.2,URI="p3.mp4",BYTERANGE="10@0",INDEPENDENT=YES',
      '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p4.mp4"',
      '#EXT-X-RENDITION-REPORT:URI="../b.m3u8",LAST-MSN=101,LAST-PART=2',
      '',
    ].join('\n'),
    playlist: {
      ...PLAIN,
      version: 9,
      mediaSequence: 100,
      discontinuitySequence: 3,
      hasIndependentSegments: true,
      serverControl: { canBlockReload: true, canSkipUntil: 12, holdBack: 6, partHoldBack: 0.6 },
      partTarget: 0.2,
      segments: [
        segment('gap.mp4', { isGap: true }),
        segment('s1.mp4', {
          duration: 0.36,
          isDiscontinuity: true,
          map: { uri: 'init.mp4' },
          programDateTimeMs: Date.UTC(2030, 0, 31, 8, 15, 0, 250),
          parts: [
            { uri: 'p1.mp4', duration: 0.2, isIndependent: true, isGap: false },
            { uri: 'p2.mp4', duration: 0.16, isIndependent: false, isGap: true },
          ],
        }),
      ],
      openSegment: {
        isDiscontinuity: false,
        map: { uri: 'init.mp4' },
        programDateTimeMs: Date.UTC(2030, 0, 31, 8, 15, 0, 610),
        parts: [
          {
            uri: 'p3.mp4',
            duration: 0.2,
            isIndependent: true,
            isGap: false,
            byteRange: { length: 10, offset: 0 },
          },
        ],
      },
      preloadHints: [{ type: 'PART', uri: 'p4.mp4' }],
      renditionReports: [{ uri: '../b.m3u8', lastMsn: 101, lastPart: 2 }],
    },
  },
  {
    name: 'delta update of an encrypted stream',
    text: [
      '#EXTM3U',
      '#EXT-X-VERSION:9',
      '#EXT-X-TARGETDURATION:2',
      '#EXT-X-MEDIA-SEQUENCE:5',
      '#EXT-X-SKIP:SKIPPED-SEGMENTS=4',
      '#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x00ff',
      '#EXTINF:2,',
      'a.mp4',
      '',
    ].join('\n'),
    playlist: {
      ...PLAIN,
      version: 9,
      mediaSequence: 5,
      skippedSegments: 4,
      segments: [segment('a.mp4', { key: { method: 'AES-128', uri: 'key', iv: '0x00ff' } })],
    },
  },
];

for (const { name, text, playlist } of CASES) {
  test(`media playlist, ${name}: parses`, () => {
    assert.deepEqual(parsePlaylist(encoder.encode(text)), playlist);
  });
  test(`media playlist, ${name}: serializes`, () => {
    assert.equal(serializeMediaPlaylist(playlist), text);
  });
}

const TOLERATED: readonly { name: string; lines: readonly string[]; want: Partial<MediaPlaylist> }[] = [
  {
    name: 'CRLF',
    lines: ['#EXT-X-TARGETDURATION:4\r', '#EXTINF:4,\r', 'a.ts\r'],
    want: { targetDuration: 4 },
  },
  {
    name: 'target duration with a fraction',
    lines: ['#EXT-X-TARGETDURATION:3.2'],
    want: { targetDuration: 4 },
  },
  {
    name: 'unknown tags, comments and attributes',
    lines: [
      '#EXT-X-TARGETDURATION:2',
      '# hello',
      '#EXT-X-FUTURE:A=1',
      '#EXT-X-PART-INF:PART-TARGET=1,X-MORE="a,b"',
    ],
    want: { partTarget: 1 },
  },
  { name: 'EXTINF without a comma', lines: ['#EXT-X-TARGETDURATION:2', '#EXTINF:2', 'a.ts'], want: {} },
  {
    name: 'hint of an unknown type',
    lines: ['#EXT-X-TARGETDURATION:2', '#EXT-X-PRELOAD-HINT:TYPE=X,URI="a"'],
    want: { preloadHints: [] },
  },
];

for (const { name, lines, want } of TOLERATED) {
  test(`media playlist: ${name} is tolerated`, () => {
    const playlist = parsePlaylist(encoder.encode(['#EXTM3U', ...lines].join('\n')));
    assert.ok(playlist.kind === 'media');
    assert.deepEqual({ ...playlist, ...want }, playlist);
  });
}

for (const [text, wantMs] of [
  ['2010-02-19T14:54:23.031+08:00', Date.UTC(2010, 1, 19, 6, 54, 23, 31)],
  ['2010-02-19T14:54:23.031+0800', Date.UTC(2010, 1, 19, 6, 54, 23, 31)],
  ['2010-02-19T14:54:23-02', Date.UTC(2010, 1, 19, 16, 54, 23)],
  ['2010-02-19T14:54:23', Date.UTC(2010, 1, 19, 14, 54, 23)],
] as const) {
  test(`media playlist: ${text} is read as a moment`, () => {
    const playlist = parsePlaylist(
      encoder.encode(
        `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PROGRAM-DATE-TIME:${text}\n#EXTINF:2,\na.ts\n`,
      ),
    );
    assert.ok(playlist.kind === 'media');
    assert.equal(playlist.segments[0]?.programDateTimeMs, wantMs);
  });
}

const uri = fc.stringMatching(/^[a-z0-9./?=-]{1,20}$/);
/** Durations as they survive a playlist: whole multiples of 10 µs. */
const seconds = fc.integer({ min: 0, max: 10_000_000 }).map((ticks) => ticks / 100_000);
const counter = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 });
const byteRange = fc.record(
  { length: counter, offset: fc.option(counter, { nil: undefined }) },
  { noNullPrototype: true },
);
const part = fc.record(
  { uri, duration: seconds, isIndependent: fc.boolean(), isGap: fc.boolean(), byteRange },
  { requiredKeys: ['uri', 'duration', 'isIndependent', 'isGap'], noNullPrototype: true },
);
const segmentStart = {
  isDiscontinuity: fc.boolean(),
  programDateTimeMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  parts: fc.array(part, { maxLength: 4 }),
};
const segments = fc.array(
  fc.record(
    {
      ...segmentStart,
      uri,
      duration: seconds,
      title: fc.stringMatching(/^[A-Za-z0-9,"=][A-Za-z0-9 ,"=]{0,10}[a-z]$/),
      byteRange,
      isGap: fc.boolean(),
    },
    { requiredKeys: ['isDiscontinuity', 'parts', 'uri', 'duration', 'isGap'], noNullPrototype: true },
  ),
  { maxLength: 8 },
);

test('media playlist: what is written reads back the same', () => {
  const playlists = fc.record({
    version: fc.integer({ min: 1, max: 12 }),
    targetDuration: fc.integer({ min: 1, max: 100 }),
    mediaSequence: counter,
    discontinuitySequence: counter,
    hasIndependentSegments: fc.boolean(),
    isEnded: fc.boolean(),
    skippedSegments: fc.integer({ min: 0, max: 9 }),
    segments,
    partTarget: seconds,
    renditionReports: fc.array(fc.record({ uri, lastMsn: counter }, { noNullPrototype: true }), {
      maxLength: 2,
    }),
  });
  fc.assert(
    fc.property(playlists, uri, fc.integer({ min: 0, max: 8 }), (random, mapUri, mapFrom) => {
      // A map is in force from its first segment on.
      const playlist: MediaPlaylist = {
        ...PLAIN,
        ...random,
        segments: random.segments.map((one, i) => (i < mapFrom ? one : { ...one, map: { uri: mapUri } })),
      };
      assert.deepEqual(parsePlaylist(encoder.encode(serializeMediaPlaylist(playlist))), playlist);
    }),
    { numRuns: 500 },
  );
});
