import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goFuzzInputs } from '../../../media/src/testing/go-fuzz.ts';
import { sharedPath } from '../../../media/src/testing/shared.ts';
import { HLS_LIMITS } from './limits.ts';
import { serializeMediaPlaylist } from './media-playlist.ts';
import { serializeMultivariantPlaylist } from './multivariant-playlist.ts';
import { parsePlaylist } from './parse-playlist.ts';

const encoder = new TextEncoder();
const HEAD = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n';

for (const { name, text, code } of [
  { name: 'nothing', text: '', code: 'ERR_HLS_NOT_A_PLAYLIST' },
  { name: 'a web page', text: '<!doctype html>\n', code: 'ERR_HLS_NOT_A_PLAYLIST' },
  { name: 'a byte order mark', text: `\uFEFF${HEAD}`, code: 'ERR_HLS_NOT_A_PLAYLIST' },
  { name: 'no target duration', text: '#EXTM3U\n#EXTINF:2,\na.ts\n', code: 'ERR_HLS_PLAYLIST' },
  { name: 'a segment without EXTINF', text: `${HEAD}a.ts\n`, code: 'ERR_HLS_PLAYLIST' },
  {
    name: 'EXT-X-SKIP after a segment',
    text: `${HEAD}#EXTINF:2,\na.ts\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1`,
    code: 'ERR_HLS_PLAYLIST',
  },
  {
    name: 'both kinds at once',
    text: `${HEAD}#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8`,
    code: 'ERR_HLS_PLAYLIST',
  },
  {
    name: 'a variant without its tag',
    text: '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="b"\na.m3u8',
    code: 'ERR_HLS_PLAYLIST',
  },
  { name: 'a negative duration', text: `${HEAD}#EXTINF:-1,\na.ts`, code: 'ERR_HLS_NUMBER' },
  { name: 'an exponent', text: `${HEAD}#EXTINF:1e9,\na.ts`, code: 'ERR_HLS_NUMBER' },
  {
    name: 'a sequence number beyond 2^53',
    text: `${HEAD}#EXT-X-MEDIA-SEQUENCE:9007199254740992`,
    code: 'ERR_HLS_NUMBER',
  },
  { name: 'a byte range of three', text: `${HEAD}#EXT-X-BYTERANGE:1@2@3`, code: 'ERR_HLS_NUMBER' },
  { name: 'a date that is none', text: `${HEAD}#EXT-X-PROGRAM-DATE-TIME:yesterday`, code: 'ERR_HLS_DATE' },
  {
    name: 'a 13th month',
    text: `${HEAD}#EXT-X-PROGRAM-DATE-TIME:2030-13-01T00:00:00Z`,
    code: 'ERR_HLS_DATE',
  },
  {
    name: 'attributes that are none',
    text: `${HEAD}#EXT-X-PART-INF:PART-TARGET`,
    code: 'ERR_HLS_ATTRIBUTES',
  },
  { name: 'an open quote', text: `${HEAD}#EXT-X-MAP:URI="a`, code: 'ERR_HLS_ATTRIBUTES' },
  { name: 'a map without an address', text: `${HEAD}#EXT-X-MAP:BYTERANGE="1@0"`, code: 'ERR_HLS_ATTRIBUTES' },
  {
    name: 'too many attributes',
    text: `${HEAD}#EXT-X-MAP:${Array.from({ length: 65 }, (_, i) => `A${i}=1`).join(',')}`,
    code: 'ERR_HLS_ATTRIBUTES',
  },
  {
    name: 'a long line',
    text: `${HEAD}#${'x'.repeat(HLS_LIMITS.lineLength)}`,
    code: 'ERR_HLS_LINE_TOO_LONG',
  },
  {
    name: 'too many segments',
    text: `${HEAD}${'#EXTINF:2,\na\n'.repeat(HLS_LIMITS.segments + 1)}`,
    code: 'ERR_HLS_PLAYLIST',
  },
]) {
  test(`parsePlaylist: ${name} is ${code}`, () => {
    assert.throws(() => parsePlaylist(encoder.encode(text)), { name: 'ProtocolError', code });
  });
}

test('parsePlaylist: bytes that are not UTF-8 or too many are refused', () => {
  assert.throws(() => parsePlaylist(Uint8Array.of(0x23, 0xff)), { code: 'ERR_HLS_NOT_UTF8' });
  assert.throws(() => parsePlaylist(new Uint8Array(HLS_LIMITS.playlistBytes + 1)), {
    code: 'ERR_HLS_PLAYLIST_TOO_LARGE',
  });
});

/** Parses or refuses; what parses can be written, and reads back as the same. */
function exercise(bytes: Uint8Array): 'parsed' | 'refused' {
  let playlist;
  try {
    playlist = parsePlaylist(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return 'refused';
    throw error;
  }
  const text =
    playlist.kind === 'media' ? serializeMediaPlaylist(playlist) : serializeMultivariantPlaylist(playlist);
  assert.equal(parsePlaylist(encoder.encode(text)).kind, playlist.kind);
  return 'parsed';
}

test('parsePlaylist: 100,000 random playlists parse or throw ProtocolError, nothing else', () => {
  const value = fc.oneof(
    fc.constantFrom('', '2', '0.2', 'YES', '"', 'URI="a.mp4"', 'TYPE=PART,URI="p"', '2030-01-31T08:15:00Z'),
    fc.constantFrom('DURATION=0.2,URI="p"', 'PART-TARGET=0.2', 'SKIPPED-SEGMENTS=3', 'METHOD=NONE', '5@9'),
    fc.string({ maxLength: 12 }),
  );
  const tag = fc.constantFrom(
    ...[
      'EXTINF',
      'EXT-X-VERSION',
      'EXT-X-TARGETDURATION',
      'EXT-X-MEDIA-SEQUENCE',
      'EXT-X-SKIP',
      'EXT-X-PART',
    ],
    ...[
      'EXT-X-MAP',
      'EXT-X-KEY',
      'EXT-X-PART-INF',
      'EXT-X-PROGRAM-DATE-TIME',
      'EXT-X-PRELOAD-HINT',
      'EXT-X-GAP',
    ],
    ...[
      'EXT-X-BYTERANGE',
      'EXT-X-SERVER-CONTROL',
      'EXT-X-RENDITION-REPORT',
      'EXT-X-STREAM-INF',
      'EXT-X-MEDIA',
    ],
  );
  const line = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(tag, value).map(([name, text]) => `#${name}:${text}`) },
    { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
  );
  const playlist = fc
    .array(line, { maxLength: 12 })
    .map((lines) => encoder.encode(['#EXTM3U', '#EXT-X-TARGETDURATION:2', ...lines].join('\n')));
  fc.assert(
    fc.property(playlist, (bytes) => void exercise(bytes)),
    { numRuns: 90_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void exercise(bytes)),
    { numRuns: 10_000 },
  );
});

test('parsePlaylist: the corpus of another implementation parses or is refused', (t) => {
  const corpus = sharedPath('vectors', 'gohlslib-fuzz');
  if (corpus === undefined) {
    t.diagnostic('the shared vectors are not here: corpus not read');
    return;
  }
  const counts = { parsed: 0, refused: 0 };
  for (const { args } of goFuzzInputs(corpus)) for (const bytes of args) counts[exercise(bytes)] += 1;
  t.diagnostic(`${counts.parsed} parsed, ${counts.refused} refused`);
  assert.ok(counts.parsed > 0 && counts.refused > 0);
});
