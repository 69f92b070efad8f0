import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JpegSplitter } from '../../containers/mjpeg/jpeg-splitter.ts';
import { ProtocolError } from '../../errors.ts';
import { ffmpeg } from '../../testing/ffmpeg.ts';
import { fuzz } from '../../testing/fuzz.ts';
import { JpegAssembler } from './jpeg-assembler.ts';
import { parseJpegHeader } from './jpeg-header.ts';

function jpeg(size: string, ...args: readonly string[]): Uint8Array {
  const picture = ['-f', 'lavfi', '-i', `testsrc2=s=${size}`, '-frames:v', '1'];
  return ffmpeg([...picture, '-c:v', 'mjpeg', ...args, '-f', 'image2pipe', '-']).stdout;
}

const PLAIN = jpeg('64x48', '-pix_fmt', 'yuvj420p');
const GREY = ffmpeg([
  '-f',
  'lavfi',
  '-i',
  'testsrc2=s=32x32',
  '-frames:v',
  '1',
  '-vf',
  'format=gray',
  '-pix_fmt',
  'gray',
  '-c:v',
  'mjpeg',
  '-strict',
  '-1',
  '-f',
  'image2pipe',
  '-',
]).stdout;

/** A marker segment with a body. */
function segment(marker: number, body: Uint8Array): Uint8Array {
  const length = body.length + 2;
  return Uint8Array.of(0xff, marker, length >> 8, length & 0xff, ...body);
}

function insertBehindSoi(bytes: Uint8Array, inserted: Uint8Array): Uint8Array {
  return Uint8Array.of(...bytes.subarray(0, 2), ...inserted, ...bytes.subarray(2));
}

function withFrame(change: (frame: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(PLAIN);
  const at = copy.findIndex((byte, index) => byte === 0xff && copy[index + 1] === 0xc0);
  change(copy.subarray(at));
  return copy;
}

test('parseJpegHeader: size, colours and process', () => {
  const header = parseJpegHeader(PLAIN);
  assert.deepEqual(
    [header.width, header.height, header.components, header.process, header.hasHuffmanTables],
    [64, 48, 3, 'baseline', true],
  );
  assert.deepEqual([PLAIN[header.scanOffset], PLAIN[header.scanOffset + 1]], [0xff, 0xda]);
  assert.equal(parseJpegHeader(GREY).width, 32);
});

for (const { name, bytes, code } of [
  { name: 'no JPEG', bytes: Uint8Array.of(1, 2, 3), code: 'ERR_JPEG' },
  { name: 'nothing', bytes: new Uint8Array(0), code: 'ERR_JPEG' },
  { name: 'cut off in its header', bytes: PLAIN.subarray(0, 40), code: 'ERR_JPEG' },
  { name: 'a bomb of 65535×65535', bytes: withFrame((f) => f.fill(0xff, 5, 9)), code: 'ERR_JPEG_SIZE' },
  { name: 'a bomb of 8193 rows', bytes: withFrame((f) => f.set([0x20, 0x01], 5)), code: 'ERR_JPEG_SIZE' },
  { name: 'no size', bytes: withFrame((f) => f.fill(0, 5, 9)), code: 'ERR_JPEG_UNSUPPORTED' },
  { name: '12 bits', bytes: withFrame((f) => f.set([12], 4)), code: 'ERR_JPEG_UNSUPPORTED' },
  { name: 'lossless', bytes: withFrame((f) => f.set([0xc3], 1)), code: 'ERR_JPEG_UNSUPPORTED' },
  { name: 'too many bytes', bytes: new Uint8Array(16 * 1024 * 1024 + 1), code: 'ERR_JPEG_SIZE' },
] as const) {
  test(`parseJpegHeader: refuses ${name}`, () => {
    assert.throws(
      () => parseJpegHeader(bytes),
      (error) => error instanceof ProtocolError && error.code === code,
    );
  });
}

test('parseJpegHeader: a header of segments without end is refused', () => {
  const many = new Uint8Array(4 * 600).map((_, index) => [0xff, 0xfe, 0, 2][index % 4] ?? 0);
  assert.throws(() => parseJpegHeader(insertBehindSoi(PLAIN, many)), { code: 'ERR_JPEG' });
});

test('JpegAssembler: a whole JPEG is one unit, and its track is kept until the size changes', () => {
  const assembler = new JpegAssembler(0, 90_000);
  const first = assembler.push(PLAIN, 0);
  assert.deepEqual([first.isRandomAccess, first.dts, first.byteLength], [true, 0, PLAIN.length]);
  assert.equal(first.data[0], PLAIN);
  assert.equal(assembler.push(PLAIN, 3000).track, first.track);
  const other = assembler.push(GREY, 6000).track;
  assert.notEqual(other, first.track);
  assert.deepEqual([other.codec, other.kind === 'video' && other.video.width], ['mjpeg', 32]);
});

test('JpegAssembler: the usual Huffman tables are put in where a camera leaves them out', () => {
  const withTables = jpeg('64x48', '-pix_fmt', 'yuvj420p', '-huffman', 'default');
  const at = withTables.findIndex((byte, index) => byte === 0xff && withTables[index + 1] === 0xc4);
  const length = 2 + (((withTables[at + 2] ?? 0) << 8) | (withTables[at + 3] ?? 0));
  const without = Buffer.concat([withTables.subarray(0, at), withTables.subarray(at + length)]);
  assert.equal(parseJpegHeader(without).hasHuffmanTables, false);
  const whole = Buffer.concat(new JpegAssembler(0, 90_000).push(without, 0).data);
  const pixels = (bytes: Uint8Array): Buffer =>
    ffmpeg(['-f', 'mjpeg', '-i', '-', '-f', 'rawvideo', '-'], bytes).stdout;
  assert.equal(parseJpegHeader(whole).hasHuffmanTables, true);
  assert.equal(pixels(whole).compare(pixels(withTables)), 0);
});

const THUMBNAIL = insertBehindSoi(PLAIN, segment(0xe1, GREY));

test('JpegSplitter: JPEGs come out whole, whatever the pieces', () => {
  const stream = Buffer.concat([
    Buffer.from('junk\xff\xd8', 'latin1'),
    PLAIN,
    Buffer.from('\r\n--b\r\n'),
    GREY,
    THUMBNAIL,
  ]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }), (sizes) => {
      const splitter = new JpegSplitter();
      const found: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        found.push(...splitter.push(stream.subarray(at, at + size)));
        at += size;
      }
      assert.deepEqual(
        found.map((one) => Buffer.from(one)),
        [PLAIN, GREY, THUMBNAIL].map((one) => Buffer.from(one)),
      );
    }),
    { numRuns: 50 },
  );
});

test('JpegSplitter: one that breaks off is left out, the next one is not', () => {
  const splitter = new JpegSplitter();
  const cut = PLAIN.subarray(0, PLAIN.length - 200);
  assert.deepEqual(
    splitter.push(Buffer.concat([cut, GREY])).map((one) => one.length),
    [GREY.length],
  );
  assert.equal(splitter.broken, 1);
});

test('JpegSplitter: the views stay what they were', () => {
  const splitter = new JpegSplitter();
  const [first] = splitter.push(PLAIN);
  for (let turn = 0; turn < 1000; turn += 1) splitter.push(GREY);
  assert.ok(first !== undefined);
  assert.equal(Buffer.compare(first, PLAIN), 0);
});

test('JpegSplitter: no JPEG for long, or one without end, is refused', () => {
  const feed = (bytes: Uint8Array): void => {
    const splitter = new JpegSplitter();
    for (let turn = 0; turn < 40; turn += 1) splitter.push(bytes);
  };
  assert.throws(() => feed(new Uint8Array(64 * 1024)), { code: 'ERR_MJPEG_GARBAGE' });
  const endless = new Uint8Array(1024 * 1024);
  const splitter = new JpegSplitter();
  splitter.push(PLAIN.subarray(0, parseJpegHeader(PLAIN).scanOffset + 14));
  assert.throws(() => Array.from({ length: 20 }, () => splitter.push(endless)), { code: 'ERR_JPEG_SIZE' });
});

fuzz('parseJpegHeader', [PLAIN.subarray(0, 700), GREY, THUMBNAIL], parseJpegHeader, 20_000);
fuzz(
  'JpegSplitter',
  [PLAIN, Buffer.concat([GREY, THUMBNAIL])],
  (bytes) => {
    const splitter = new JpegSplitter();
    const assembler = new JpegAssembler(0, 90_000);
    for (const half of [bytes.subarray(0, 100), bytes.subarray(100)]) {
      for (const one of splitter.push(half)) assembler.push(one, 0);
    }
  },
  20_000,
);
