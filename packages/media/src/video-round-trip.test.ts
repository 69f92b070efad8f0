import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { AccessUnit } from './access-unit.ts';
import { avcDecoderConfiguration } from './codecs/h264/avc-configuration.ts';
import { h264NalType, isH264Vcl } from './codecs/h264/nal-unit-type.ts';
import { hevcDecoderConfiguration } from './codecs/h265/hevc-configuration.ts';
import { h265NalType, isH265Vcl } from './codecs/h265/nal-unit-type.ts';
import { findBox, parseBoxes } from './containers/fmp4/box-reader.ts';
import { ffmpeg } from './testing/ffmpeg.ts';
import { decodeFrames, frameHashes } from './testing/frame-hashes.ts';
import { fragmentedMp4 } from './testing/fragmented-mp4.ts';
import { sharedPath } from './testing/shared.ts';
import {
  assembleUnits,
  mp4VideoStream,
  sharedH264Streams,
  type VideoStream,
} from './testing/video-stream.ts';

function slices(codec: VideoStream['codec'], nals: Iterable<Uint8Array>): Uint8Array[] {
  const isSlice = (nal: Uint8Array) =>
    codec === 'h264' ? isH264Vcl(h264NalType(nal)) : isH265Vcl(h265NalType(nal));
  return [...nals].filter(isSlice);
}

/** The rules of access-unit.ts that can be seen from outside. */
function assertRules(units: readonly AccessUnit[]): void {
  let previous = Number.NEGATIVE_INFINITY;
  for (const unit of units) {
    assert.ok(unit.dts <= unit.pts, `dts ${unit.dts} after pts ${unit.pts}`);
    assert.ok(unit.dts >= previous, `dts ${unit.dts} before ${previous}`);
    previous = unit.dts;
    assert.equal(
      unit.byteLength,
      unit.data.reduce((sum, nal) => sum + nal.length, 0),
    );
    if (unit.track.kind === 'video' && unit.track.video.reorderDepth === 0) assert.equal(unit.dts, unit.pts);
  }
  assert.equal(units[0]?.isRandomAccess, true);
}

function assertSameSlices(stream: VideoStream, units: readonly AccessUnit[]): void {
  const want = slices(
    stream.codec,
    stream.pictures.flatMap(({ nals }) => nals),
  );
  const got = slices(
    stream.codec,
    units.flatMap(({ data }) => data),
  );
  assert.equal(got.length, want.length);
  got.forEach((nal, i) => assert.deepEqual(nal, want[i]));
}

function assertSamePictures(stream: VideoStream, units: readonly AccessUnit[]): void {
  const frames = decodeFrames(fragmentedMp4(units, 3600), 'mp4');
  const want = frameHashes(stream.annexB, stream.codec === 'h264' ? 'h264' : 'hevc');
  assert.deepEqual(
    frames.map(({ hash }) => hash),
    want,
  );
  for (let i = 1; i < frames.length; i++) {
    assert.ok((frames[i]?.pts ?? 0) > (frames[i - 1]?.pts ?? 0), `frame ${i} is shown after the one before`);
  }
}

function assertRoundTrip(stream: VideoStream): void {
  const units = assembleUnits(stream);
  assertRules(units);
  assertSameSlices(stream, units);
  assertSamePictures(stream, units);
}

describe('the shared H.264 streams to fMP4 and back', () => {
  const streams = sharedH264Streams();
  test('they are there', (t) => {
    if (streams.length === 0) t.diagnostic('shared/vectors/h264 is missing: its streams are not tested');
  });
  for (const stream of streams) {
    test(stream.name, () => {
      assertRoundTrip(stream);
    });
  }
});

describe('camera footage to fMP4 and back', () => {
  for (const name of ['vtest-campus.mp4', 'intel-car-detection.mp4']) {
    test(name, (t) => {
      const file = sharedPath('footage', name);
      if (file === undefined) {
        t.diagnostic(`shared/footage/${name} is missing: it is not tested`);
        return;
      }
      assertRoundTrip(mp4VideoStream(file, 'h264'));
    });
  }
});

/** Encoders' settings that reorder, refer across random access points or start without an IDR picture. */
const ENCODED: readonly {
  readonly name: string;
  readonly codec: VideoStream['codec'];
  readonly args: readonly string[];
  readonly reorderDepth: number;
}[] = [
  { name: 'H.264 low latency', codec: 'h264', args: ['-tune', 'zerolatency'], reorderDepth: 0 },
  {
    name: 'H.264 without B-frames, several slices',
    codec: 'h264',
    args: ['-bf', '0', '-x264-params', 'slices=4:aud=1'],
    reorderDepth: 0,
  },
  {
    name: 'H.264 with one B-frame',
    codec: 'h264',
    args: ['-x264-params', 'bframes=1:b-adapt=0'],
    reorderDepth: 1,
  },
  {
    name: 'H.264 B-pyramid, open GOP',
    codec: 'h264',
    args: ['-x264-params', 'bframes=4:b-adapt=0:b-pyramid=normal:open-gop=1'],
    reorderDepth: 2,
  },
  {
    name: 'H.264 intra refresh',
    codec: 'h264',
    args: ['-bf', '0', '-x264-params', 'intra-refresh=1'],
    reorderDepth: 0,
  },
  {
    name: 'H.264 interlaced',
    codec: 'h264',
    args: ['-flags', '+ilme+ildct', '-x264-params', 'bframes=2:b-adapt=0'],
    reorderDepth: 2,
  },
  { name: 'H.265 low latency', codec: 'h265', args: ['-tune', 'zerolatency'], reorderDepth: 0 },
  {
    name: 'H.265 B-pyramid, closed GOP',
    codec: 'h265',
    args: ['-x265-params', 'bframes=4:b-adapt=0:open-gop=0'],
    reorderDepth: 2,
  },
  {
    name: 'H.265 B-pyramid, open GOP (CRA)',
    codec: 'h265',
    args: ['-x265-params', 'bframes=4:b-adapt=0:open-gop=1'],
    reorderDepth: 2,
  },
];

const STSD = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd'];

describe('encoded streams to fMP4 and back', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'vedette-media-'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function encode(codec: VideoStream['codec'], args: readonly string[]): VideoStream {
    const file = path.join(folder, `${codec}.mp4`);
    const encoder = codec === 'h264' ? 'libx264' : 'libx265';
    const scene = ['-f', 'lavfi', '-i', 'testsrc2=size=192x128:rate=25:duration=3'];
    const quiet = codec === 'h265' ? ['-loglevel', 'error'] : [];
    ffmpeg([
      ...quiet,
      ...scene,
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      encoder,
      '-preset',
      'fast',
      '-g',
      '25',
      ...args,
      '-y',
      file,
    ]);
    return mp4VideoStream(file, codec);
  }

  for (const { name, codec, args, reorderDepth } of ENCODED) {
    test(name, () => {
      const stream = encode(codec, args);
      assertRoundTrip(stream);
      const units = assembleUnits(stream);
      assert.equal(units.length, 75);
      assert.ok(
        units.filter(({ isRandomAccess }) => isRandomAccess).length >= 3,
        'random access about every second',
      );
      const [first] = units;
      assert.ok(first?.track.kind === 'video');
      const { video } = first.track;
      assert.deepEqual(
        {
          width: video.width,
          height: video.height,
          frameRate: video.frameRate,
          reorderDepth: video.reorderDepth,
        },
        { width: 192, height: 128, frameRate: 25, reorderDepth },
      );
    });
  }

  test('avcC and hvcC are those that ffmpeg writes', () => {
    const [h264, h265] = (['h264', 'h265'] as const).map((codec) => {
      const stream = encode(codec, codec === 'h265' ? ['-tag:v', 'hvc1'] : []);
      const track = assembleUnits(stream)[0]?.track;
      const written = parseBoxes(new Uint8Array(readFileSync(path.join(folder, `${codec}.mp4`))));
      const entry = codec === 'h264' ? ['avc1', 'avcC'] : ['hvc1', 'hvcC'];
      return { track, configuration: findBox(written, [...STSD, ...entry])?.payload };
    });
    assert.ok(h264?.track?.codec === 'h264' && h265?.track?.codec === 'h265');
    assert.deepEqual(avcDecoderConfiguration(h264.track), h264.configuration);
    // Behind its fields ffmpeg also has the encoder's SEI.
    const fields = (bytes: Uint8Array | undefined): Uint8Array | undefined => bytes?.subarray(0, 22);
    assert.deepEqual(fields(hevcDecoderConfiguration(h265.track)), fields(h265.configuration));
  });

  for (const { name, codec, args } of ENCODED.filter(({ name: each }) => each.includes('open GOP'))) {
    test(`${name}: joined at the second random access point, every picture is whole`, () => {
      const stream = encode(codec, args);
      const all = assembleUnits(stream);
      const start = all.findIndex(({ isRandomAccess }, i) => i > 0 && isRandomAccess);
      const joined = { ...stream, pictures: stream.pictures.slice(start) };
      // The encoder does not repeat its parameter sets at every random access point: SDP would have them.
      const units = assembleUnits(joined, all[0]?.data);
      assertRules(units);
      assert.ok(units.length < joined.pictures.length, 'leading pictures are left out');
      const whole = frameHashes(stream.annexB, codec === 'h264' ? 'h264' : 'hevc');
      const got = decodeFrames(fragmentedMp4(units, 3600), 'mp4').map(({ hash }) => hash);
      assert.deepEqual(got, whole.slice(-got.length));
      assert.equal(got.length, units.length);
    });
  }
});
