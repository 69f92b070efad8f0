import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ffmpeg } from '../../../media/src/testing/ffmpeg.ts';
import { fuzz } from '../../../media/src/testing/fuzz.ts';
import { parseMediaType } from './multipart-boundary.ts';
import { MULTIPART_LIMITS, MultipartParser, type MultipartPart } from './multipart-parser.ts';

/** Three JPEGs that differ. */
const PICTURES = [16, 32, 48].map(
  (size) =>
    ffmpeg([
      '-f',
      'lavfi',
      '-i',
      `testsrc2=s=${size}x${size}`,
      '-frames:v',
      '1',
      '-c:v',
      'mjpeg',
      '-f',
      'image2pipe',
      '-',
    ]).stdout,
);

interface Quirk {
  readonly name: string;
  readonly declared?: string | undefined;
  /** What stands in front of each picture and behind it. */
  readonly before: (length: number) => string;
  readonly after: string;
}

const QUIRKS: readonly Quirk[] = [
  {
    name: 'as it should be',
    before: (n) => `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${n}\r\n\r\n`,
    after: '\r\n',
  },
  { name: 'no length', before: () => '--frame\r\nContent-Type: image/jpeg\r\n\r\n', after: '\r\n' },
  { name: 'a length of 0', before: () => '--frame\r\nContent-Length: 0\r\n\r\n', after: '\r\n' },
  {
    name: 'a length that is too short',
    before: (n) => `--frame\r\nContent-Length: ${n - 7}\r\n\r\n`,
    after: '\r\n',
  },
  {
    name: 'a length that is too long',
    before: (n) => `--frame\r\nContent-Length: ${n + 100}\r\n\r\n`,
    after: '\r\n',
  },
  {
    name: 'LF alone',
    before: (n) => `--frame\nContent-Type: image/jpeg\nContent-length:${n}\n\n`,
    after: '\n',
  },
  {
    name: 'no line end behind the picture',
    before: (n) => `--frame\r\nContent-Length: ${n}\r\n\r\n`,
    after: '',
  },
  { name: 'no line end behind the picture, no length', before: () => '--frame\r\nX: y\r\n\r\n', after: '' },
  { name: 'no dashes in the stream', before: (n) => `frame\r\nContent-Length: ${n}\r\n\r\n`, after: '\r\n' },
  {
    name: 'dashes in the declaration',
    declared: '--frame',
    before: () => '--frame\r\nA: b\r\n\r\n',
    after: '\r\n',
  },
  { name: 'dashes in both', declared: '--frame', before: () => '----frame\r\nA: b\r\n\r\n', after: '\r\n' },
  {
    name: 'another boundary than declared',
    declared: 'other',
    before: () => '--frame\r\nA: b\r\n\r\n',
    after: '\r\n',
  },
  { name: 'none declared', declared: undefined, before: () => '--frame\r\nA: b\r\n\r\n', after: '\r\n' },
  { name: 'no headers', before: () => '--frame\r\n\r\n', after: '\r\n' },
  { name: 'no headers and no empty line', before: () => '--frame\r\n', after: '' },
  { name: 'no delimiter', before: (n) => `Content-Length: ${n}\r\n\r\n`, after: '' },
  {
    name: 'its end after each part',
    before: () => '\r\n--frame\r\nA: b\r\n\r\n',
    after: '\r\n--frame--\r\n',
  },
  {
    name: 'padding behind the picture',
    before: (n) => `--frame\r\nContent-Length: ${n + 3}\r\n\r\n`,
    after: '\0\0\0\r\n',
  },
  { name: 'words in front', before: () => 'hello\r\n--frame\r\nA: b\r\n\r\n', after: '\r\n' },
];

function written({ before, after }: Quirk): Buffer {
  return Buffer.concat(PICTURES.flatMap((one) => [Buffer.from(before(one.length)), one, Buffer.from(after)]));
}

function declaredBy(quirk: Quirk): string | undefined {
  return 'declared' in quirk ? quirk.declared : 'frame';
}

function parse(bytes: Uint8Array, boundary: string | undefined, sizes: readonly number[]): MultipartPart[] {
  const parts: MultipartPart[] = [];
  const parser = new MultipartParser(boundary, (part) => parts.push(part));
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    parser.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}

for (const quirk of QUIRKS) {
  test(`MultipartParser: ${quirk.name}`, () => {
    const bytes = written(quirk);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }), (sizes) => {
        const bodies = parse(bytes, declaredBy(quirk), sizes).map(({ body }) => Buffer.from(body));
        assert.deepEqual(bodies, PICTURES);
      }),
      { numRuns: 40 },
    );
  });

  test(`MultipartParser: ${quirk.name}: a picture comes out with its last byte, the second one at the latest`, () => {
    const { before, after } = quirk;
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = PICTURES;
    let count = 0;
    const parser = new MultipartParser(declaredBy(quirk), () => (count += 1));
    parser.push(Buffer.concat([Buffer.from(before(first.length)), first, Buffer.from(after)]));
    parser.push(Buffer.concat([Buffer.from(before(second.length)), second]));
    assert.equal(count, 2);
  });
}

test('MultipartParser: headers are by lower-case name', () => {
  const [part] = parse(
    Buffer.from('--a\r\nX-Time: 12:30\r\nContent-Length: 3\r\n\r\nabc\r\n--a\r\n'),
    'a',
    [4],
  );
  assert.equal(part?.headers.get('x-time'), '12:30');
  assert.equal(Buffer.from(part.body).toString(), 'abc');
});

test('MultipartParser: what is no JPEG and has no length ends at the delimiter', () => {
  const parts = parse(Buffer.from('--a\r\nA: b\r\n\r\nab\ncd\r\n--a\r\nA: b\r\n\r\nef\n--a--\r\n'), 'a', [1]);
  assert.deepEqual(
    parts.map(({ body }) => Buffer.from(body).toString()),
    ['ab\ncd', 'ef'],
  );
});

test('MultipartParser: a picture that breaks off is left out, and the next one is not', () => {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = PICTURES;
  const head = Buffer.from('--frame\r\nContent-Type: image/jpeg\r\n\r\n');
  let broken = 0;
  const bodies: Buffer[] = [];
  const parser = new MultipartParser('frame', ({ body }) => bodies.push(Buffer.from(body)));
  parser.push(Buffer.concat([head, first.subarray(0, 400), Buffer.from('\r\n'), head, second, head, second]));
  broken = parser.broken;
  assert.deepEqual([bodies.at(-1), broken], [second, 1]);
});

for (const { name, bytes, code } of [
  {
    name: 'a length of gigabytes',
    bytes: Buffer.from('--a\r\nContent-Length: 9999999999\r\n\r\n'),
    code: 'ERR_MULTIPART_PART_SIZE',
  },
  {
    name: 'a body without end',
    bytes: Buffer.concat([Buffer.from('--a\r\nA: b\r\n\r\n'), Buffer.alloc(MULTIPART_LIMITS.partBytes + 1)]),
    code: 'ERR_MULTIPART_PART_SIZE',
  },
  {
    name: 'no parts',
    bytes: Buffer.alloc(MULTIPART_LIMITS.garbageBytes + 8192),
    code: 'ERR_MULTIPART_GARBAGE',
  },
  {
    name: 'lines that are no headers',
    bytes: Buffer.alloc(MULTIPART_LIMITS.garbageBytes + 8192, 'nonsense\n'),
    code: 'ERR_MULTIPART_GARBAGE',
  },
]) {
  test(`MultipartParser: ${name} is refused`, () => {
    assert.throws(() => parse(bytes, 'a', [65_536]), { code });
  });
}

for (const { value, type, boundary } of [
  {
    value: 'multipart/x-mixed-replace; boundary=frame',
    type: 'multipart/x-mixed-replace',
    boundary: 'frame',
  },
  {
    value: 'Multipart/X-Mixed-Replace;boundary="--my boundary"',
    type: 'multipart/x-mixed-replace',
    boundary: 'my boundary',
  },
  {
    value: 'multipart/x-mixed-replace; charset=x; Boundary = --f; a=b',
    type: 'multipart/x-mixed-replace',
    boundary: 'f',
  },
  { value: 'multipart/x-mixed-replace, boundary=f', type: 'multipart/x-mixed-replace', boundary: 'f' },
  { value: 'image/jpeg', type: 'image/jpeg', boundary: undefined },
  { value: '', type: '', boundary: undefined },
]) {
  test(`parseMediaType: ${value}`, () => assert.deepEqual(parseMediaType(value), { type, boundary }));
}

fuzz(
  'MultipartParser',
  QUIRKS.map(written),
  (bytes) => {
    const parser = new MultipartParser('frame', () => undefined);
    parser.push(bytes.subarray(0, 300));
    parser.push(bytes.subarray(300));
  },
  20_000,
);
