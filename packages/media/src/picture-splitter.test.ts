import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { joinAnnexB, NAL_LIMITS } from './codecs/nal-units.ts';
import { AnnexBPictureSplitter } from './picture-splitter.ts';
import { fuzz } from './testing/fuzz.ts';
import { HIGH_720P, IDR_SLICE, writePps, writeSlice, writeSps } from './testing/h264-writer.ts';
import { sharedH264Streams, splitPictures } from './testing/video-stream.ts';

const SPS = writeSps(HIGH_720P);
const PPS = writePps(0, 0);
const AUD = Uint8Array.of(9, 0xf0);
const SEI = Uint8Array.of(6, 5, 1, 0xaa, 0x80);
const FILLER = Uint8Array.of(12, 0xff, 0x80);
const slice = (frameNum: number, firstMb: number): Uint8Array =>
  writeSlice(HIGH_720P, { ...IDR_SLICE, isIdr: frameNum === 0, frameNum, firstMb });

describe('H.264 pictures', () => {
  for (const { name, pictures } of [
    { name: 'one after the other', pictures: [[SPS, PPS, slice(0, 0)], [slice(1, 0)], [slice(2, 0)]] },
    {
      name: 'of several slices',
      pictures: [
        [SPS, PPS, slice(0, 0), slice(0, 40)],
        [slice(1, 0), slice(1, 40)],
      ],
    },
    {
      name: 'whose slices come in any order',
      pictures: [
        [SPS, PPS, slice(0, 40), slice(0, 0)],
        [slice(1, 80), slice(1, 0)],
      ],
    },
    {
      name: 'with delimiters',
      pictures: [
        [AUD, SPS, PPS, slice(0, 0)],
        [AUD, slice(1, 0)],
      ],
    },
    {
      name: 'with SEI in front and filler behind',
      pictures: [
        [SPS, PPS, SEI, slice(0, 0), FILLER],
        [SEI, slice(1, 0)],
      ],
    },
    {
      name: 'with parameter sets in between',
      pictures: [
        [SPS, PPS, slice(0, 0)],
        [SPS, PPS, slice(0, 0)],
      ],
    },
    {
      name: 'without parameter sets, by their first macroblock',
      pictures: [[slice(0, 0), slice(0, 40)], [slice(0, 0)]],
    },
  ]) {
    test(name, () => {
      assert.deepEqual(splitPictures('h264', joinAnnexB(pictures.flat())), pictures);
    });
  }
});

describe('H.265 pictures', () => {
  const nal = (type: number, ...payload: number[]): Uint8Array => Uint8Array.of(type << 1, 1, ...payload);
  const [vps, sps, pps, aud, prefixSei, suffixSei] = [
    nal(32, 1),
    nal(33, 1),
    nal(34, 1),
    nal(35, 0x50),
    nal(39, 1),
    nal(40, 1),
  ];
  const [first, other] = [nal(1, 0x80, 1), nal(1, 0x40, 1)];
  const enhancement = Uint8Array.of(1 << 1, (1 << 3) | 1, 0x80);
  for (const { name, pictures } of [
    {
      name: 'by the flag of their first slice segment',
      pictures: [[vps, sps, pps, first, other], [first, other, other], [first]],
    },
    {
      name: 'with delimiters and SEI',
      pictures: [
        [aud, prefixSei, first, suffixSei],
        [aud, first],
        [prefixSei, first],
      ],
    },
    {
      name: 'with parameter sets in between',
      pictures: [
        [sps, pps, first],
        [sps, pps, first],
      ],
    },
    {
      name: 'with a layer on top',
      pictures: [
        [first, enhancement],
        [first, enhancement],
      ],
    },
  ]) {
    test(name, () => {
      assert.deepEqual(splitPictures('h265', joinAnnexB(pictures.flat())), pictures);
    });
  }
});

describe('bytes in pieces', () => {
  const stream = joinAnnexB([AUD, SPS, PPS, slice(0, 0), slice(0, 40), AUD, slice(1, 0), AUD, slice(2, 0)]);
  const whole = splitPictures('h264', stream);

  test('come out the same, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sizes) => {
        const splitter = new AnnexBPictureSplitter('h264');
        const pictures: Uint8Array[][] = [];
        for (let offset = 0, i = 0; offset < stream.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          pictures.push(...splitter.push(stream.subarray(offset, offset + size)));
          offset += size;
        }
        pictures.push(...splitter.flush());
        assert.deepEqual(pictures, whole);
      }),
    );
  });

  test('of a long stream come out the same, block after block', () => {
    const nals = Array.from({ length: 40 }, (_, i) => new Uint8Array(50_000).fill(0x80 + i));
    const pictures = nals.map((payload, i) => [new Uint8Array(Buffer.concat([slice(i % 16, 0), payload]))]);
    const splitter = new AnnexBPictureSplitter('h264');
    const bytes = joinAnnexB([SPS, PPS, ...pictures.flat()]);
    const got: Uint8Array[][] = [];
    for (let offset = 0; offset < bytes.length; offset += 7000)
      got.push(...splitter.push(bytes.slice(offset, offset + 7000)));
    got.push(...splitter.flush());
    assert.deepEqual(got, [[SPS, PPS, ...(pictures[0] ?? [])], ...pictures.slice(1)]);
  });

  test('a picture comes out with the first bytes of the next, the last one with flush', () => {
    const splitter = new AnnexBPictureSplitter('h264');
    assert.deepEqual(splitter.push(joinAnnexB([AUD, SPS, PPS, slice(0, 0)])), []);
    assert.deepEqual(splitter.push(joinAnnexB([AUD])), []);
    assert.deepEqual(splitter.push(joinAnnexB([slice(1, 0)])), [[AUD, SPS, PPS, slice(0, 0)]]);
    assert.deepEqual(splitter.flush(), [[AUD, slice(1, 0)]]);
    assert.deepEqual(splitter.flush(), []);
    assert.deepEqual(splitter.push(joinAnnexB([AUD, slice(2, 0)])), []);
    assert.deepEqual(splitter.flush(), [[AUD, slice(2, 0)]]);
  });

  test('in front of the first start code are skipped', () => {
    const splitter = new AnnexBPictureSplitter('h264');
    splitter.push(Uint8Array.of(1, 2, 3, 0));
    splitter.push(joinAnnexB([slice(0, 0)]));
    assert.deepEqual(splitter.flush(), [[slice(0, 0)]]);
  });

  test('without an end exceed the limit', () => {
    const splitter = new AnnexBPictureSplitter('h264');
    const megabyte = new Uint8Array(1024 * 1024).fill(0xaa);
    splitter.push(joinAnnexB([AUD]));
    assert.throws(
      () => {
        for (let sent = 0; sent <= NAL_LIMITS.pictureBytes; sent += megabyte.length) splitter.push(megabyte);
      },
      { name: 'ProtocolError', code: 'ERR_PICTURE_SIZE' },
    );
  });

  test('of more NAL units than a picture may have exceed the limit', () => {
    const splitter = new AnnexBPictureSplitter('h264');
    const many = joinAnnexB(new Array<Uint8Array>(NAL_LIMITS.count + 2).fill(FILLER));
    assert.throws(() => splitter.push(many), { name: 'ProtocolError', code: 'ERR_NAL_COUNT' });
  });
});

const corpusSeeds = sharedH264Streams().map(({ annexB }) => annexB.subarray(0, 2000));
const seeds = [joinAnnexB([AUD, SPS, PPS, slice(0, 0), AUD, slice(1, 0)]), ...corpusSeeds];
for (const codec of ['h264', 'h265'] as const) {
  fuzz(`AnnexBPictureSplitter, ${codec}`, seeds, (input) => {
    const splitter = new AnnexBPictureSplitter(codec);
    splitter.push(input.subarray(0, input.length / 2));
    splitter.push(input.subarray(input.length / 2));
    splitter.flush();
  });
}
