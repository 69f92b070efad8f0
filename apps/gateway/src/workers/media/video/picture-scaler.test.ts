import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG } from 'node-av/constants';
import { Frame, Rational } from 'node-av/lib';
import { check } from '../av.ts';
import { PicturePool } from './picture-pool.ts';
import { fittingSize, PictureScaler } from './picture-scaler.ts';

const SIZE = { width: 640, height: 360 } as const;

/** A picture of soft waves, brighter by `light`. */
function waves(context: TestContext, light = 0): Frame {
  const { width, height } = SIZE;
  const bytes = Buffer.alloc((width * height * 3) / 2, 128);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      bytes[y * width + x] = 100 + light + 50 * Math.sin(x / 9) * Math.cos(y / 7) + ((x * 7 + y * 13) % 11);
  const frame = new Frame();
  context.after(() => frame.free());
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = AV_PIX_FMT_YUV420P;
  check(frame.allocBuffer(), 'allocate');
  check(frame.fromBuffer(bytes), 'paint');
  return frame;
}

function scaler(context: TestContext, width: number, height: number): PictureScaler {
  const made = new PictureScaler({ width, height });
  context.after(() => made.close());
  return made;
}

/** Decibels; the more the likelier. */
function psnr(one: Buffer, other: Buffer): number {
  assert.equal(one.length, other.length);
  const squares = one.reduce((sum, byte, index) => sum + (byte - (other[index] ?? 0)) ** 2, 0);
  return 10 * Math.log10((255 * 255 * one.length) / Math.max(1, squares));
}

test('a picture scaled by steps is as good as one scaled at once', async (context) => {
  const from = waves(context);
  const direct = (await scaler(context, 212, 120).scale(from)).toBuffer();
  const first = await scaler(context, 426, 240).scale(from);
  const second = await scaler(context, 284, 160).scale(first);
  const third = await scaler(context, 212, 120).scale(second);
  assert.ok(psnr(third.toBuffer(), direct) >= 38);
});

test('what is kept stays as it is; what is freed is used again', async (context) => {
  const small = scaler(context, 320, 180);
  const allocated = context.mock.method(Frame.prototype, 'allocBuffer');
  const kept = (await small.scale(waves(context))).clone();
  assert.ok(kept !== null);
  const before = kept.toBuffer();
  const next = await small.scale(waves(context, 40));
  assert.ok(!next.toBuffer().equals(before));
  assert.ok(kept.toBuffer().equals(before));
  kept.free();
  const ofScaler = (): number =>
    allocated.mock.calls.filter(({ this: frame }) => (frame as Frame).width === 320).length;
  assert.equal(ofScaler(), 2);
  for (let index = 0; index < 5; index++) await small.scale(waves(context, index));
  assert.equal(ofScaler(), 2);
});

test('pictures of any size in, in turns', async (context) => {
  const tiny = scaler(context, 64, 36);
  const want = (await tiny.scale(waves(context))).toBuffer();
  for (const width of [320, 480, 160, 240, 96, 128]) {
    const step = await scaler(context, width, (width * 9) / 16).scale(waves(context));
    const { width: made } = await tiny.scale(step);
    assert.equal(made, 64);
    assert.ok((await tiny.scale(waves(context))).toBuffer().equals(want));
  }
});

test('a pool has no more memory than its limit, however much is kept', (context) => {
  const pool = new PicturePool({ ...SIZE, format: AV_PIX_FMT_YUV420P, colorRange: AVCOL_RANGE_MPEG });
  context.after(() => pool.close());
  const kept = Array.from({ length: 40 }, (_, index) => {
    const frame = pool.take();
    check(frame.fromBuffer(Buffer.alloc((SIZE.width * SIZE.height * 3) / 2, index)), 'paint');
    const clone = frame.clone();
    assert.ok(clone !== null);
    context.after(() => clone.free());
    return clone;
  });
  assert.equal(pool.size, 16);
  kept.forEach((frame, index) => assert.equal(frame.toBuffer()[0], index));
});

for (const { name, sides, aspect, most, want } of [
  { name: 'smaller', sides: [1920, 1080], aspect: [1, 1], most: [480], want: [854, 480] },
  { name: 'never larger', sides: [640, 360], aspect: [0, 1], most: [720], want: [640, 360] },
  { name: 'narrow pixels', sides: [720, 576], aspect: [16, 11], most: [288], want: [524, 288] },
  { name: 'a width', sides: [1920, 1080], aspect: [1, 1], most: [1080, 320], want: [320, 180] },
  { name: 'odd sides', sides: [641, 361], aspect: [1, 1], most: [720], want: [642, 362] },
] as const) {
  test(`the size that fits: ${name}`, (context) => {
    const [width, height] = sides;
    const [num, den] = aspect;
    const frame = new Frame();
    context.after(() => frame.free());
    frame.alloc();
    frame.width = width;
    frame.height = height;
    frame.sampleAspectRatio = new Rational(num, den);
    const [maxHeight, maxWidth] = most as readonly [number, number?];
    assert.deepEqual(Object.values(fittingSize(frame, maxHeight, maxWidth)), want);
  });
}
