import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import {
  type Frame,
  FRAME_LIMITS,
  FrameReader,
  parseFrame,
  serializeControl,
  serializeUnit,
} from './frames.ts';

const part = fc.uint8Array({ maxLength: 300 });
const control = fc.record({
  type: fc.constant('control' as const),
  json: fc.string({ maxLength: 200, unit: 'binary' }),
  attachment: part,
});
const unit = fc
  .record({
    type: fc.constant('unit' as const),
    channel: fc.nat({ max: 0xffff_ffff }),
    trackId: fc.nat({ max: 0xffff }),
    pts: fc.maxSafeInteger(),
    dts: fc.maxSafeInteger(),
    wallClockMs: fc.double(),
    isRandomAccess: fc.boolean(),
    data: fc.array(part, { maxLength: 5 }),
  })
  .map((fields) => ({ ...fields, byteLength: fields.data.reduce((sum, { length }) => sum + length, 0) }));
const frames = fc.array(fc.oneof(control, unit), { maxLength: 8 });

function serialize(frame: Frame): Uint8Array {
  return frame.type === 'control'
    ? Buffer.concat([serializeControl(frame.json, frame.attachment.length), frame.attachment])
    : Buffer.concat([serializeUnit(frame), ...frame.data]);
}

/** With arrays of one kind, so that views and buffers compare equal. */
function plain(frame: Frame): unknown {
  return frame.type === 'control'
    ? { ...frame, attachment: Uint8Array.from(frame.attachment) }
    : { ...frame, data: frame.data.map((bytes) => Uint8Array.from(bytes)) };
}

function readAll(chunks: Iterable<Uint8Array>): Frame[] {
  const reader = new FrameReader();
  const found: Frame[] = [];
  for (const chunk of chunks) reader.push(chunk, (frame) => found.push(frame) > 0);
  return found;
}

function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let start = 0, index = 0; start < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? bytes.length;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

test('frames come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 6 }), (list, sizes) => {
      const bytes = Buffer.concat(list.map(serialize));
      assert.deepEqual(readAll(cut(bytes, sizes)).map(plain), list.map(plain));
    }),
  );
});

test('a frame within one chunk is not copied', () => {
  const chunk = serialize({ type: 'control', json: '{}', attachment: Uint8Array.of(1, 2, 3) });
  const [frame] = readAll([chunk]);
  assert.ok(frame?.type === 'control');
  assert.equal(frame.attachment.buffer, chunk.buffer);
});

test('reading stops when the taker has enough', () => {
  const bytes = serialize({ type: 'control', json: '1', attachment: new Uint8Array() });
  const taken: Frame[] = [];
  new FrameReader().push(Buffer.concat([bytes, bytes, bytes]), (frame) => taken.push(frame) < 2);
  assert.equal(taken.length, 2);
});

test('rubbish parses or throws ProtocolError, nothing else', () => {
  const typed = fc.tuple(fc.constantFrom(0, 1, 2, 3), fc.uint8Array({ maxLength: 80 }));
  fc.assert(
    fc.property(typed, ([type, rest]) => {
      try {
        parseFrame(Uint8Array.of(type, ...rest));
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 5000 },
  );
});

test('damaged streams of frames parse or throw ProtocolError, nothing else', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(frames, damage, (list, hits) => {
      const bytes = Buffer.concat(list.map(serialize));
      // The length's first byte is left alone: what it asks for is allowed, and slow to allocate.
      for (const [at, value] of hits) if (bytes.length > 1) bytes[1 + (at % (bytes.length - 1))] = value;
      try {
        readAll(cut(bytes, [100]));
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

for (const { name, length } of [
  { name: 'no bytes', length: 0 },
  { name: 'more than the limit', length: FRAME_LIMITS.frameBytes + 1 },
  { name: 'all there could be', length: 0xffff_ffff },
]) {
  test(`a frame of ${name} is refused before memory is taken`, () => {
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(length);
    assert.throws(() => readAll([prefix]), ProtocolError);
  });
}

test('what is over a limit is not sent', () => {
  assert.throws(() => serializeControl('x'.repeat(FRAME_LIMITS.jsonBytes + 1)), ProtocolError);
  assert.throws(() => serializeControl('{}', FRAME_LIMITS.frameBytes), ProtocolError);
  const data = Array.from({ length: FRAME_LIMITS.parts + 1 }, () => new Uint8Array());
  const rest = {
    channel: 1,
    trackId: 0,
    pts: 0,
    dts: 0,
    wallClockMs: 0,
    isRandomAccess: true,
    byteLength: 0,
  };
  assert.throws(() => serializeUnit({ ...rest, data }), ProtocolError);
});
