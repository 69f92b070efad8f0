import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import { fuzz } from '../../../media/src/testing/fuzz.ts';
import { RtmpChunkReader } from './chunk-reader.ts';
import { serializeRtmpMessage } from './chunk-writer.ts';
import { RTMP_LIMITS } from './limits.ts';
import type { RtmpMessage } from './messages.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

function read(
  bytes: Uint8Array,
  pieceBytes = bytes.length,
  prepare?: (reader: RtmpChunkReader) => void,
): RtmpMessage[] {
  const messages: RtmpMessage[] = [];
  const reader = new RtmpChunkReader((message) =>
    messages.push({ ...message, payload: message.payload.slice() }),
  );
  prepare?.(reader);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  return messages;
}

const of = (type: number, streamId: number, timestamp: number, ...payload: number[]): RtmpMessage => ({
  type,
  streamId,
  timestamp,
  payload: Uint8Array.from(payload),
});

for (const { name, hex, want } of [
  { name: 'type 0', hex: '04 00000a 000002 08 01000000 aabb', want: [of(8, 1, 10, 0xaa, 0xbb)] },
  {
    name: 'types 1, 2 and 3: less and less is said',
    hex: '04 00000a 000002 08 01000000 aabb  44 000005 000001 09 cc  84 000003 dd  c4 ee',
    want: [of(8, 1, 10, 0xaa, 0xbb), of(9, 1, 15, 0xcc), of(9, 1, 18, 0xdd), of(9, 1, 21, 0xee)],
  },
  {
    name: 'type 3 behind type 0 adds its timestamp (as ffmpeg sends it)',
    hex: '04 000017 000001 08 01000000 aa  c4 bb',
    want: [of(8, 1, 23, 0xaa), of(8, 1, 46, 0xbb)],
  },
  {
    name: 'an extended timestamp',
    hex: '04 ffffff 000001 08 01000000 01000000 aa',
    want: [of(8, 1, 0x0100_0000, 0xaa)],
  },
  {
    name: 'an extended difference, and a type 3 that repeats it',
    hex: '04 000001 000001 08 01000000 aa  84 ffffff 01000000 bb  c4 01000000 cc',
    want: [of(8, 1, 1, 0xaa), of(8, 1, 0x0100_0001, 0xbb), of(8, 1, 0x0200_0001, 0xcc)],
  },
  {
    name: 'chunk stream ids of two bytes',
    hex: '00 05 000001 000001 08 00000000 aa',
    want: [of(8, 0, 1, 0xaa)],
  },
  {
    name: 'chunk stream ids of three bytes',
    hex: '01 0501 000001 000001 08 00000000 aa',
    want: [of(8, 0, 1, 0xaa)],
  },
  { name: 'an empty message', hex: '04 000001 000000 08 00000000  c4', want: [of(8, 0, 1), of(8, 0, 2)] },
  { name: 'type 1 at the start (some encoders)', hex: '44 000005 000001 09 cc', want: [of(9, 0, 5, 0xcc)] },
  {
    name: 'timestamps wrap',
    hex: '04 ffffff 000001 08 00000000 ffffffff aa 84 000002 bb',
    want: [of(8, 0, 0xffff_ffff, 0xaa), of(8, 0, 1, 0xbb)],
  },
]) {
  for (const pieceBytes of [1, 3, 1000]) {
    test(`RtmpChunkReader: ${name}, in pieces of ${pieceBytes}`, () => {
      assert.deepEqual(read(bytesOf(hex), pieceBytes), want);
    });
  }
}

const long = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
const chunks = (timestamp: number, chunkStreamId = 6): Uint8Array =>
  serializeRtmpMessage({ chunkStreamId, type: 9, streamId: 1, timestamp, body: [long], length: 300 }, 128);

for (const timestamp of [40, 0xff_fffe, 0xff_ffff, 0xffff_ffff]) {
  test(`what is written at ${timestamp} is read again, in pieces of any size`, () => {
    for (const pieceBytes of [1, 5, 127, 1000]) {
      assert.deepEqual(read(chunks(timestamp), pieceBytes), [of(9, 1, timestamp, ...long)]);
    }
  });
}

test('parts of a body are one message, whatever the chunk size', () => {
  for (const chunkSize of [1, 7, 128, 60_000]) {
    const body = [long.subarray(0, 5), long.subarray(5, 5), long.subarray(5, 200), long.subarray(200)];
    const bytes = serializeRtmpMessage(
      { chunkStreamId: 4, type: 8, streamId: 1, timestamp: 7, body, length: 300 },
      chunkSize,
    );
    assert.deepEqual(
      read(bytes, 50, (reader) => reader.setChunkSize(chunkSize)),
      [of(8, 1, 7, ...long)],
    );
  }
});

test('a type 3 without the extended timestamp that its message has (old encoders)', () => {
  const whole = chunks(0xff_ffff);
  // 16 bytes of head, 128 of payload, then c6 and the repeated timestamp, which is cut out.
  const cut = Uint8Array.of(...whole.subarray(0, 145), ...whole.subarray(149, 278), ...whole.subarray(282));
  assert.deepEqual(read(cut), [of(9, 1, 0xff_ffff, ...long)]);
});

test('messages of several chunk streams in between each other', () => {
  const video = chunks(40, 6);
  const audio = chunks(41, 4);
  const cut = (bytes: Uint8Array): Uint8Array[] => [
    bytes.subarray(0, 140),
    bytes.subarray(140, 269),
    bytes.subarray(269),
  ];
  const [v1, v2, v3] = cut(video);
  const [a1, a2, a3] = cut(audio);
  const mixed = Buffer.concat([v1, a1, v2, a2, a3, v3].map((part) => part ?? new Uint8Array(0)));
  assert.deepEqual(read(mixed, 33), [of(9, 1, 41, ...long), of(9, 1, 40, ...long)]);
});

test('an aborted message is forgotten', () => {
  const messages: RtmpMessage[] = [];
  const reader = new RtmpChunkReader((message) => messages.push(message));
  reader.push(chunks(40).subarray(0, 140));
  reader.abort(6);
  assert.equal(reader.isInsideMessage, false);
  reader.push(chunks(80));
  assert.deepEqual(
    messages.map(({ timestamp }) => timestamp),
    [80],
  );
});

for (const { name, push, code } of [
  {
    name: 'a message longer than is taken',
    push: (reader: RtmpChunkReader) => reader.push(bytesOf('04 000000 010001 14 00000000')),
    code: 'ERR_RTMP_LIMIT',
  },
  {
    name: 'a chunk stream that begins in the middle',
    push: (reader: RtmpChunkReader) => reader.push(bytesOf('c4 aa')),
    code: 'ERR_RTMP_CHUNK',
  },
  {
    name: 'too many chunk streams',
    push: (reader: RtmpChunkReader) => {
      for (let id = 0; id <= RTMP_LIMITS.chunkStreams; id++) {
        reader.push(Uint8Array.of(0, id, 0, 0, 0, 0, 0, 9, 20, 0, 0, 0, 0));
        reader.push(new Uint8Array(9));
      }
    },
    code: 'ERR_RTMP_LIMIT',
  },
  {
    name: 'a chunk size of nothing',
    push: (reader: RtmpChunkReader) => reader.setChunkSize(0),
    code: 'ERR_RTMP_CHUNK_SIZE',
  },
]) {
  test(`RtmpChunkReader refuses: ${name}`, () => {
    assert.throws(
      () => push(new RtmpChunkReader(() => undefined)),
      (error) => error instanceof ProtocolError && error.code === code,
    );
  });
}

test('messages that are begun and claim 16 MiB cost what came of them', () => {
  const reader = new RtmpChunkReader(() => undefined);
  reader.maxMessageBytes = RTMP_LIMITS.mediaMessageBytes;
  const before = process.memoryUsage().arrayBuffers;
  for (let id = 2; id < 60; id++) {
    reader.push(Uint8Array.of(id, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0, ...new Uint8Array(128)));
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 * 1024 * 1024);
});

test('unfinished messages together have a limit', () => {
  const reader = new RtmpChunkReader(() => undefined);
  reader.maxMessageBytes = RTMP_LIMITS.mediaMessageBytes;
  reader.setChunkSize(0x7fff_ffff);
  const piece = new Uint8Array(1024 * 1024);
  assert.throws(
    () => {
      for (let id = 2; id < 5; id++) {
        reader.setChunkSize(13 * piece.length);
        reader.push(Uint8Array.of(id, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0));
        for (let i = 0; i < 13; i++) reader.push(piece);
      }
    },
    (error) => error instanceof ProtocolError && error.code === 'ERR_RTMP_LIMIT',
  );
});

fuzz(
  'RtmpChunkReader',
  [
    new Uint8Array(Buffer.concat([chunks(40), chunks(0xff_ffff, 4), chunks(3)])),
    bytesOf('04 00000a 000002 08 01000000 aabb  44 000005 000001 09 cc  84 000003 dd  c4 ee'),
    bytesOf('00 05 000001 000001 08 00000000 aa 01 0501 000001 000001 08 00000000 aa'),
  ],
  (bytes) => {
    read(bytes);
    read(bytes, 7);
  },
  20_000,
);

test('any bytes give the same messages in one piece and in many', () => {
  let seed = 1;
  const next = (): number => (seed = (seed * 48_271) % 0x7fff_ffff);
  for (let run = 0; run < 500; run++) {
    const bytes = Uint8Array.from({ length: 400 }, () => (next() % 3 === 0 ? next() & 0xff : next() & 7));
    const attempt = (pieceBytes: number): unknown => {
      const messages: RtmpMessage[] = [];
      const reader = new RtmpChunkReader((message) =>
        messages.push({ ...message, payload: message.payload.slice() }),
      );
      try {
        for (let at = 0; at < bytes.length; at += pieceBytes)
          reader.push(bytes.subarray(at, at + pieceBytes));
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
        return [messages, error.code];
      }
      return [messages, undefined];
    };
    assert.deepEqual(attempt(1), attempt(400));
  }
});
