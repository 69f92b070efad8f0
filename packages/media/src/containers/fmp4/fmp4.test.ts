import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createAacTrack } from '../../codecs/aac.ts';
import { createG711Track } from '../../codecs/g711.ts';
import { createH264Track } from '../../codecs/h264/h264-track.ts';
import { createH265Track } from '../../codecs/h265/h265-track.ts';
import { joinLengthPrefixed } from '../../codecs/nal-units.ts';
import { createOpusTrack } from '../../codecs/opus.ts';
import { attempt, fuzz } from '../../testing/fuzz.ts';
import { goFuzzInputs } from '../../testing/go-fuzz.ts';
import { HIGH_720P, writePps, writeSps } from '../../testing/h264-writer.ts';
import { sharedPath } from '../../testing/shared.ts';
import type { Track } from '../../track.ts';
import { BOX_LIMITS, findBox, parseBoxes, type Box } from './box-reader.ts';
import { box } from './box.ts';
import { initSegment } from './init-segment.ts';
import { parseMediaSegment } from './media-segment-reader.ts';
import { mediaSegment, type MediaSegment } from './media-segment.ts';

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const H264 = createH264Track(0, 90_000, { sps: [writeSps(HIGH_720P)], pps: [writePps(0, 0)] });
const H265 = createH265Track(0, 90_000, {
  vps: [fromHex('40010c01ffff016000000300900000030000030078999809')],
  sps: [fromHex('420101016000000300900000030000030078a003c08010e596666924cae010000003001000000301e080')],
  pps: [fromHex('4401c172b46240')],
});
const AAC = createAacTrack(1, fromHex('1190'));
const OPUS = createOpusTrack(1, 2);
const PCMU = createG711Track(1, 'pcmu', 8000, 1);
const PCMA = createG711Track(1, 'pcma', 8000, 1);

/** The tree as text: what holds what. */
function outline(boxes: readonly Box[]): string {
  return boxes
    .map(({ type, children }) => (children.length === 0 ? type : `${type}(${outline(children)})`))
    .join(' ');
}

test('an init segment of video and audio', () => {
  const bytes = initSegment([H264, AAC]);
  const trak = (header: string, entry: string): string =>
    `trak(tkhd mdia(mdhd hdlr minf(${header} dinf(dref(url )) stbl(stsd(${entry}) stts stsc stsz stco))))`;
  const want = `ftyp moov(mvhd ${trak('vmhd', 'avc1(avcC)')} ${trak('smhd', 'mp4a(esds)')} mvex(trex trex))`;
  assert.equal(outline(parseBoxes(bytes)), want);
});

for (const { track, entry, payload } of [
  { track: H264, entry: 'avc1', payload: undefined },
  { track: H265, entry: 'hvc1', payload: undefined },
  {
    track: AAC,
    entry: 'mp4a',
    payload: `${'00'.repeat(6)} 0001 ${'00'.repeat(8)} 0002 0010 00000000 bb80 0000
      00000033 65736473 00000000 0380808022 0002 00 0480808014 4015 ${'00'.repeat(11)} 0580808002 1190 0680808001 02`,
  },
  {
    track: OPUS,
    entry: 'Opus',
    payload: `${'00'.repeat(6)} 0001 ${'00'.repeat(8)} 0002 0010 00000000 bb80 0000
      00000013 644f7073 00 02 0138 0000bb80 0000 00`,
  },
  {
    track: PCMU,
    entry: 'ulaw',
    payload: `${'00'.repeat(6)} 0001 ${'00'.repeat(8)} 0001 0010 00000000 1f40 0000`,
  },
  {
    track: PCMA,
    entry: 'alaw',
    payload: `${'00'.repeat(6)} 0001 ${'00'.repeat(8)} 0001 0010 00000000 1f40 0000`,
  },
] satisfies readonly { track: Track; entry: string; payload: string | undefined }[]) {
  test(`the sample entry of ${entry}, and the timescale of its track`, () => {
    const boxes = parseBoxes(initSegment([track]));
    const stsd = findBox(boxes, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', entry]);
    assert.ok(stsd);
    if (payload !== undefined) assert.deepEqual(stsd.payload, fromHex(payload.replaceAll(/\s/g, '')));
    const mdhd = findBox(boxes, ['moov', 'trak', 'mdia', 'mdhd'])?.payload ?? new Uint8Array();
    assert.equal(Buffer.from(mdhd).readUInt32BE(12), track.clockRate);
  });
}

describe('mediaSegment', () => {
  const sample = fc.record({
    duration: fc.nat(2 ** 32 - 1),
    ptsOffset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    isSync: fc.boolean(),
    data: fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 }),
  });
  const trackOf = (track: Track) =>
    fc.record({
      track: fc.constant(track),
      baseDts: fc.maxSafeInteger().map(Math.abs),
      samples: fc.array(sample),
    });

  test('reads back: video behind lengths, audio as it is', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 32 - 1),
        trackOf(H264),
        trackOf(AAC),
        fc.boolean(),
        (sequenceNumber, video, audio, isFirst) => {
          const segment: MediaSegment = { sequenceNumber, tracks: [video, audio], hasSegmentType: isFirst };
          const bytes = mediaSegment(segment);
          const got = parseMediaSegment(bytes);
          const want = [video, audio].map(({ track, baseDts, samples }) => ({
            trackId: track.id + 1,
            baseDts,
            samples: samples.map(({ data, ...times }) => ({
              ...times,
              data: track.kind === 'video' ? joinLengthPrefixed(data) : new Uint8Array(Buffer.concat(data)),
            })),
          }));
          assert.deepEqual(got, want);
          assert.equal(
            outline(parseBoxes(bytes)),
            `${isFirst ? 'styp ' : ''}moof(mfhd traf(tfhd tfdt trun) traf(tfhd tfdt trun)) mdat`,
          );
        },
      ),
    );
  });

  test('is one allocation of the size it needs', () => {
    const bytes = mediaSegment({ sequenceNumber: 1, tracks: [{ track: H264, baseDts: 0, samples: [] }] });
    assert.equal(bytes.buffer.byteLength, bytes.length);
  });

  test('prft tells when a picture was captured', () => {
    const producerTime = { track: H264, pts: 2 ** 33 + 5, wallClockMs: Date.UTC(2024, 0, 1) + 500 };
    const bytes = mediaSegment({ sequenceNumber: 1, tracks: [], producerTime });
    const [prft] = parseBoxes(bytes);
    assert.equal(prft?.type, 'prft');
    assert.deepEqual(prft.payload, fromHex('01000018 00000001 e93c7f00 80000000 00000002 00000005'));
  });

  for (const baseDts of [-1, 0.5, 2 ** 53, Number.NaN]) {
    test(`refuses a base DTS of ${baseDts}`, () => {
      assert.throws(
        () => mediaSegment({ sequenceNumber: 1, tracks: [{ track: H264, baseDts, samples: [] }] }),
        RangeError,
      );
    });
  }
});

describe('parseBoxes', () => {
  test('reads 64-bit sizes, and a size of 0 up to the end', () => {
    const bytes = fromHex('00000001 66726565 0000000000000012 aabb 00000000 6d646174 cc');
    assert.deepEqual(
      parseBoxes(bytes).map(({ type, offset, payload }) => ({ type, offset, payload })),
      [
        { type: 'free', offset: 0, payload: Uint8Array.of(0xaa, 0xbb) },
        { type: 'mdat', offset: 18, payload: Uint8Array.of(0xcc) },
      ],
    );
  });

  const nested = (depth: number): Uint8Array => (depth === 0 ? box('free') : box('moov', nested(depth - 1)));
  for (const { name, bytes } of [
    { name: 'a header that ends early', bytes: fromHex('00000010 6d') },
    { name: 'a size that reaches beyond', bytes: fromHex('00000010 6d646174') },
    { name: 'a size below that of the header', bytes: fromHex('00000007 6d646174') },
    { name: 'a 64-bit size that ends early', bytes: fromHex('00000001 6d646174 00000000') },
    { name: 'a 64-bit size beyond all bounds', bytes: fromHex('00000001 6d646174 ffffffffffffffff') },
    { name: 'a sample entry that is too short', bytes: box('avc1', new Uint8Array(77)) },
    { name: 'boxes in boxes without end', bytes: nested(BOX_LIMITS.depth + 2) },
    {
      name: 'boxes without number',
      bytes: new Uint8Array(Buffer.concat(new Array<Uint8Array>(BOX_LIMITS.count + 1).fill(box('free')))),
    },
  ]) {
    test(`refuses ${name}`, () => {
      assert.throws(() => parseBoxes(bytes), { name: 'ProtocolError', code: 'ERR_MP4_BOX' });
    });
  }
});

const corpora = sharedPath('vectors', 'mediacommon-fuzz', 'pkg', 'formats');
const inputs = ['fmp4', 'pmp4'].flatMap((format) =>
  corpora === undefined
    ? []
    : [...goFuzzInputs(`${corpora}/${format}/testdata/fuzz`)].flatMap(({ args }) => [...args]),
);
test('the shared MP4 corpora parse or throw ProtocolError', (t) => {
  if (corpora === undefined) t.diagnostic('shared/vectors/mediacommon-fuzz is missing: it is not tested');
  for (const input of inputs) {
    attempt('parseBoxes', input, parseBoxes);
    attempt('parseMediaSegment', input, parseMediaSegment);
  }
});

const samples = [{ duration: 3600, ptsOffset: 0, isSync: true, data: [Uint8Array.of(0x65, 1)] }];
const seeds = [
  mediaSegment({ sequenceNumber: 1, tracks: [{ track: H264, baseDts: 7, samples }] }),
  ...inputs,
];
fuzz('parseBoxes', [initSegment([H265, OPUS]), ...seeds], parseBoxes);
fuzz('parseMediaSegment', seeds, parseMediaSegment);
