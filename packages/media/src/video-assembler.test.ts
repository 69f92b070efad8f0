import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { AccessUnit } from './access-unit.ts';
import { h264NalType } from './codecs/h264/nal-unit-type.ts';
import { NAL_LIMITS } from './codecs/nal-units.ts';
import { attempt, fuzz } from './testing/fuzz.ts';
import { goFuzzInputs } from './testing/go-fuzz.ts';
import {
  HIGH_720P,
  IDR_SLICE,
  writePps,
  writeRecoveryPoint,
  writeSlice,
  writeSps,
  type SpsFields,
} from './testing/h264-writer.ts';
import { sharedPath } from './testing/shared.ts';
import { createVideoAssembler, type VideoAssembler } from './video-assembler.ts';

const DECLARED: SpsFields = { ...HIGH_720P, maxReorderFrames: 0 };
const SPS = writeSps(DECLARED);
const PPS = writePps(0, 0);
const IDR = writeSlice(DECLARED, IDR_SLICE);
const P = writeSlice(DECLARED, { ...IDR_SLICE, isIdr: false, sliceType: 5, frameNum: 1, picOrderCntLsb: 2 });
const AUD = Uint8Array.of(9, 0xf0);
const SEI = Uint8Array.of(6, 5, 1, 0xaa, 0x80);
const FILLER = Uint8Array.of(12, 0xff, 0x80);
const END_OF_SEQUENCE = Uint8Array.of(10);

const types = (unit: AccessUnit | undefined): number[] | undefined => unit?.data.map(h264NalType);

describe('what goes into a unit', () => {
  for (const { name, known, pushed, want } of [
    { name: 'a whole unit stays as it is', known: [], pushed: [SPS, PPS, SEI, IDR], want: [7, 8, 6, 5] },
    {
      name: 'delimiter, filler and end of sequence go',
      known: [],
      pushed: [AUD, SPS, PPS, IDR, FILLER, END_OF_SEQUENCE],
      want: [7, 8, 5],
    },
    {
      name: 'missing parameter sets come in front',
      known: [SPS, PPS],
      pushed: [AUD, SEI, IDR],
      want: [7, 8, 6, 5],
    },
    { name: 'a missing PPS comes in front', known: [PPS], pushed: [SPS, IDR], want: [7, 8, 5] },
    {
      name: 'repeated parameter sets are there once',
      known: [SPS, PPS],
      pushed: [SPS, SPS, PPS, SPS, PPS, IDR],
      want: [7, 8, 5],
    },
    { name: 'several slices', known: [SPS, PPS], pushed: [IDR, IDR, IDR], want: [7, 8, 5, 5, 5] },
    {
      name: 'empty NAL units and damaged ones go',
      known: [SPS, PPS],
      pushed: [new Uint8Array(), Uint8Array.of(0x85, 1), IDR],
      want: [7, 8, 5],
    },
    { name: 'an unknown PPS: nothing', known: [SPS], pushed: [IDR], want: undefined },
    { name: 'no parameter sets: nothing', known: [], pushed: [IDR], want: undefined },
    { name: 'no picture: nothing', known: [SPS, PPS], pushed: [SPS, PPS, SEI], want: undefined },
    {
      name: 'a picture that needs others: nothing to start with',
      known: [SPS, PPS],
      pushed: [P],
      want: undefined,
    },
    {
      name: 'a recovery point is something to start with',
      known: [SPS, PPS],
      pushed: [writeRecoveryPoint(0), P],
      want: [7, 8, 6, 1],
    },
  ]) {
    test(name, () => {
      const unit = createVideoAssembler('h264', 0, 90_000, known).push(pushed, 0);
      assert.deepEqual(types(unit), want);
      if (unit === undefined) return;
      assert.equal(unit.isRandomAccess, true);
      assert.equal(
        unit.byteLength,
        unit.data.reduce((sum, nal) => sum + nal.length, 0),
      );
    });
  }

  test('slices are views of what came in', () => {
    const unit = createVideoAssembler('h264', 0, 90_000, [SPS, PPS]).push([IDR], 0);
    assert.equal(unit?.data[2], IDR);
  });

  test('parameter sets that came in a unit of their own are used', () => {
    const assembler = createVideoAssembler('h264', 0, 90_000);
    assert.equal(assembler.push([SPS, PPS], 0), undefined);
    assert.deepEqual(types(assembler.push([IDR], 0)), [7, 8, 5]);
  });

  test('a PPS in mid-stream stays in its unit and joins the others at the next random access point', () => {
    const assembler = createVideoAssembler('h264', 0, 90_000, [SPS, PPS]);
    assembler.push([IDR], 0);
    assert.deepEqual(types(assembler.push([writePps(1, 0), P], 3600)), [8, 1]);
    assert.deepEqual(types(assembler.push([IDR], 7200)), [7, 8, 8, 5]);
  });

  test('limits', () => {
    const assembler = createVideoAssembler('h264', 0, 90_000, [SPS, PPS]);
    const tooMany = new Array<Uint8Array>(NAL_LIMITS.count + 1).fill(IDR);
    assert.throws(() => assembler.push(tooMany, 0), { name: 'ProtocolError', code: 'ERR_NAL_COUNT' });
    const half = new Uint8Array(NAL_LIMITS.pictureBytes / 2 + 1).fill(0x65);
    assert.throws(() => assembler.push([half, half], 0), { name: 'ProtocolError', code: 'ERR_PICTURE_SIZE' });
  });
});

test('leading pictures are left out where the stream begins, not later', () => {
  const open: SpsFields = { ...HIGH_720P, maxReorderFrames: 1 };
  const assembler = createVideoAssembler('h264', 0, 90_000, [writeSps(open), PPS]);
  const recovery = [writeRecoveryPoint(0), writeSlice(open, { ...IDR_SLICE, isIdr: false })];
  const leading = [writeSlice(open, { ...IDR_SLICE, isIdr: false, isReference: false, sliceType: 6 })];
  const pushed = [
    { nals: recovery, pts: 7200 },
    { nals: leading, pts: 3600 },
    { nals: recovery, pts: 14_400 },
    { nals: leading, pts: 10_800 },
  ];
  assert.deepEqual(
    pushed.map(({ nals, pts }) => assembler.push(nals, pts)?.pts),
    [7200, undefined, 14_400, 10_800],
  );
});

describe('the track', () => {
  test('is there as soon as the parameter sets are', () => {
    assert.equal(createVideoAssembler('h264', 3, 90_000).track, undefined);
    const announced = createVideoAssembler('h264', 3, 90_000, [SPS, PPS]).track;
    assert.deepEqual([announced?.id, announced?.clockRate, announced?.video.width], [3, 90_000, 1280]);
  });

  test('stays the same object while nothing changes', () => {
    const assembler = createVideoAssembler('h264', 0, 90_000, [SPS, PPS]);
    const { track } = assembler;
    assert.equal(assembler.push([SPS, PPS, IDR], 0)?.track, track);
    assert.equal(assembler.push([P], 3600)?.track, track);
    assert.equal(assembler.push([IDR], 7200)?.track, track);
  });

  test('is another object from the random access unit on that brings other parameter sets', () => {
    const assembler = createVideoAssembler('h264', 0, 90_000, [SPS, PPS]);
    const before = assembler.push([IDR], 0)?.track;
    const smaller = writeSps({ ...DECLARED, widthMbs: 40 });
    const after = assembler.push([smaller, IDR], 3600)?.track;
    assert.notEqual(after, before);
    assert.equal(assembler.track, after);
    const widths = [before, after].map((track) => (track?.kind === 'video' ? track.video.width : undefined));
    assert.deepEqual(widths, [1280, 640]);
  });

  test('does not keep alive the chunk that its parameter sets came in', () => {
    const chunk = new Uint8Array(65_536);
    chunk.set(SPS);
    chunk.set(PPS, SPS.length);
    const nals = [chunk.subarray(0, SPS.length), chunk.subarray(SPS.length, SPS.length + PPS.length)];
    const { track } = createVideoAssembler('h264', 0, 90_000, nals);
    for (const nal of [...(track?.sps ?? []), ...(track?.pps ?? [])])
      assert.notEqual(nal.buffer, chunk.buffer);
  });

  test('is lost with the pictures when a random access unit refers to unknown parameter sets', () => {
    const assembler = createVideoAssembler('h264', 0, 90_000, [SPS, PPS]);
    assembler.push([IDR], 0);
    assert.equal(assembler.push([writeSlice(DECLARED, { ...IDR_SLICE, ppsId: 9 })], 3600), undefined);
    assert.equal(assembler.push([P], 7200), undefined);
    assert.ok(assembler.push([IDR], 10_800));
  });
});

describe('decoding times where the SPS does not declare the reordering', () => {
  const undeclared = HIGH_720P;
  const MAX_DEPTH = 5;
  const DISTANCE = 3600;
  const GOP = [0, 4, 2, 1, 3, 8, 6, 5, 7, 9];

  /** One GOP of pictures that come in `order`, places in output order; those in `lost` do not come. */
  function pushGop(
    assembler: VideoAssembler,
    order: readonly number[],
    start: number,
    { step = 2, lost = [] }: { readonly step?: number; readonly lost?: readonly number[] } = {},
  ): AccessUnit[] {
    return order.flatMap((place) => {
      if (lost.includes(place)) return [];
      const isIdr = place === 0;
      const fields = { ...IDR_SLICE, isIdr, sliceType: isIdr ? 7 : 6, picOrderCntLsb: (place * step) % 64 };
      return assembler.push([writeSlice(undeclared, fields)], (start + place) * DISTANCE) ?? [];
    });
  }

  const dtsOf = (units: readonly AccessUnit[]): number[] => units.map(({ dts }) => dts);
  const inOrder = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => i + from);
  const create = (): VideoAssembler => createVideoAssembler('h264', 0, 90_000, [writeSps(undeclared), PPS]);

  for (const step of [1, 2]) {
    test(`pictures in order, counts ${step} apart: decoded when presented`, () => {
      const assembler = create();
      const units = [
        ...pushGop(assembler, inOrder(50), 0, { step }),
        ...pushGop(assembler, inOrder(50), 50, { step }),
      ];
      assert.deepEqual(
        dtsOf(units),
        inOrder(100).map((i) => i * DISTANCE),
      );
      assert.equal(assembler.track?.video.reorderDepth, 0);
    });

    test(`a B-pyramid, counts ${step} apart: the depth shows from the next random access unit on`, () => {
      const assembler = create();
      const first = pushGop(assembler, GOP, 0, { step });
      assert.equal(first.at(-1)?.track.kind === 'video' && assembler.track?.video.reorderDepth, 0);
      const second = pushGop(assembler, GOP, 10, { step });
      assert.equal(assembler.track?.video.reorderDepth, 2);
      assert.deepEqual(
        dtsOf(second),
        inOrder(10, 8).map((i) => i * DISTANCE),
      );
      assertOrder([...first, ...second]);
    });
  }

  test('a lost picture holds decoding times back by the depth of the level at most, for a moment', () => {
    const assembler = create();
    const units = pushGop(assembler, inOrder(30), 0, { lost: [10] });
    assertOrder(units);
    for (const { pts, dts } of units) assert.ok(pts - dts <= (MAX_DEPTH + 1) * DISTANCE);
    for (const { pts, dts } of units.slice(16)) assert.equal(dts, pts);
    assert.equal(assembler.track?.video.reorderDepth, 0);
  });

  test('order counts that start again without an IDR picture', () => {
    const assembler = create();
    const units = [
      ...pushGop(assembler, inOrder(10), 0),
      ...pushGop(assembler, inOrder(10, 1), 10),
      ...pushGop(assembler, inOrder(10, 1), 20),
    ];
    assertOrder(units);
    assert.equal(units.at(-1)?.dts, units.at(-1)?.pts);
  });

  test('order counts of type 1 are not followed: the depth is what the level allows', () => {
    const fields = { ...undeclared, picOrderCntType: 1 as const };
    assert.equal(
      createVideoAssembler('h264', 0, 90_000, [writeSps(fields), PPS]).track?.video.reorderDepth,
      MAX_DEPTH,
    );
  });
});

function assertOrder(units: readonly AccessUnit[]): void {
  let previous = Number.NEGATIVE_INFINITY;
  for (const { pts, dts } of units) {
    assert.ok(dts <= pts && dts >= previous, `pts ${pts}, dts ${dts} after ${previous}`);
    previous = dts;
  }
}

test('whatever the times and the order, decoding times never decrease and never pass presentation', () => {
  for (const spsFields of [HIGH_720P, DECLARED, { ...HIGH_720P, maxReorderFrames: 3 }]) {
    const picture = fc.record({
      lsb: fc.nat(63),
      isIdr: fc.boolean(),
      pts: fc.integer({ min: -100_000, max: 100_000 }),
    });
    fc.assert(
      fc.property(fc.array(picture), (pictures) => {
        const assembler = createVideoAssembler('h264', 0, 90_000, [writeSps(spsFields), PPS]);
        const units = pictures.flatMap(({ lsb, isIdr, pts }) => {
          const nal = writeSlice(spsFields, { ...IDR_SLICE, isIdr, picOrderCntLsb: lsb });
          return assembler.push([nal], pts) ?? [];
        });
        assertOrder(units);
      }),
    );
  }
});

/** Runs NAL units, told apart by a byte that says how long the next is, through one assembler. */
function assemble(codec: 'h264' | 'h265', input: Uint8Array): void {
  const assembler = createVideoAssembler(codec, 0, 90_000);
  let picture: Uint8Array[] = [];
  for (let offset = 0, pts = 0; offset < input.length; pts += 3600) {
    const head = input[offset] ?? 0;
    const nal = input.subarray(offset + 1, offset + 1 + (head & 0x7f));
    picture.push(nal);
    offset += 1 + nal.length;
    if (head < 0x80) continue;
    assembler.push(picture, pts);
    picture = [];
  }
}

/** NAL units as {@link assemble} reads them, each picture ending with the last. */
function chain(...nals: readonly Uint8Array[]): Uint8Array {
  const parts = nals.map((nal, i) => Buffer.from([(i === nals.length - 1 ? 0x80 : 0) | nal.length, ...nal]));
  return new Uint8Array(Buffer.concat(parts));
}

const undeclaredSps = writeSps(HIGH_720P);
fuzz(
  'VideoAssembler, H.264',
  [
    chain(SPS, PPS, SEI, IDR),
    chain(undeclaredSps, PPS, writeRecoveryPoint(0), P),
    chain(AUD, undeclaredSps, PPS, IDR, FILLER),
  ],
  (input) => assemble('h264', input),
);

const H265_IDR = [
  '40010c01ffff016000000300900000030000030078999809',
  '420101016000000300900000030000030078a003c08010e5966669 24cae010000003001000000301e080',
  '4401c172b46240',
  '2601af80',
].map((hex) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex')));
fuzz('VideoAssembler, H.265', [chain(...H265_IDR)], (input) => assemble('h265', input));

for (const codec of ['h264', 'h265'] as const) {
  const corpora = sharedPath(
    'vectors',
    'mediacommon-fuzz',
    'pkg',
    'codecs',
    codec,
    'testdata',
    'fuzz',
    'FuzzDTSExtractor',
  );
  test(`the shared ${codec} corpora of pictures assemble or throw ProtocolError`, (t) => {
    if (corpora === undefined) {
      t.diagnostic('shared/vectors/mediacommon-fuzz is missing: it is not tested');
      return;
    }
    for (const { args } of goFuzzInputs(corpora)) {
      for (const input of args) {
        attempt('VideoAssembler', input, (bytes) => assemble(codec, bytes));
        attempt('VideoAssembler', input, (bytes) => createVideoAssembler(codec, 0, 90_000).push([bytes], 0));
      }
    }
  });
}

test('an H.265 random access unit has VPS, SPS and PPS in front', () => {
  const [vps, sps, pps, idr] = H265_IDR;
  assert.ok(vps && sps && pps && idr);
  const assembler = createVideoAssembler('h265', 0, 90_000, [vps, sps, pps]);
  assert.deepEqual(assembler.push([Uint8Array.of(0x46, 0x01, 0x50), idr], 0)?.data, [vps, sps, pps, idr]);
});
