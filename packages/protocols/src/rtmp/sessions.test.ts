import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ProtocolError, serializeAmf0, type Amf0Value } from '@vedette/media';
import { fuzz } from '../../../media/src/testing/fuzz.ts';
import { RtmpChunkReader } from './chunk-reader.ts';
import { serializeRtmpMessage } from './chunk-writer.ts';
import { RtmpClientSession, type RtmpAgreement } from './client-session.ts';
import { parseRtmpCommand } from './command.ts';
import { HANDSHAKE_BYTES } from './handshake-digest.ts';
import { RtmpMessageType, type RtmpMessage } from './messages.ts';
import { parseRtmpUrl } from './rtmp-url.ts';
import { RTMP_SERVER_CHUNK_SIZE, RtmpServerSession, type RtmpRequest } from './server-session.ts';

/** Both ends, tied together; what each sends reaches the other in pieces. */
class Talk {
  readonly requests: { readonly kind: 'publish' | 'play'; readonly request: RtmpRequest }[] = [];
  readonly media: RtmpMessage[] = [];
  readonly played: RtmpMessage[] = [];
  readonly ends: string[] = [];
  agreement: RtmpAgreement | undefined;
  stops = 0;
  readonly server: RtmpServerSession;
  readonly client: RtmpClientSession;
  readonly #toServer: Uint8Array[] = [];
  readonly #toClient: Uint8Array[] = [];

  constructor(url: string, action: 'play' | 'publish') {
    this.server = new RtmpServerSession(
      {
        send: (bytes) => this.#toClient.push(bytes),
        onPublish: (request) => this.requests.push({ kind: 'publish', request }),
        onPlay: (request) => this.requests.push({ kind: 'play', request }),
        onMedia: (message) => this.media.push(message),
        onStop: () => (this.stops += 1),
      },
      randomBytes,
    );
    this.client = new RtmpClientSession(
      {
        send: (bytes) => this.#toServer.push(bytes),
        onReady: (agreement) => (this.agreement = agreement),
        onMedia: (message) => this.played.push(message),
        onEnd: (reason) => this.ends.push(reason),
      },
      { url: parseRtmpUrl(url), action, random: randomBytes },
    );
    this.client.start();
    this.run();
  }

  sendToServer(bytes: Uint8Array): void {
    this.#toServer.push(bytes);
    this.run();
  }

  sendToClient(bytes: Uint8Array): void {
    this.#toClient.push(bytes);
    this.run();
  }

  run(): void {
    while (this.#toServer.length + this.#toClient.length > 0) {
      for (const bytes of this.#toServer.splice(0)) inPieces(bytes, (piece) => this.server.push(piece));
      for (const bytes of this.#toClient.splice(0)) inPieces(bytes, (piece) => this.client.push(piece));
    }
  }
}

function inPieces(bytes: Uint8Array, push: (piece: Uint8Array) => void): void {
  for (let at = 0; at < bytes.length; at += 700) push(bytes.subarray(at, at + 700));
}

const video = (chunkSize: number, payload = Uint8Array.of(0x17, 1, 0, 0, 0, 1)): Uint8Array =>
  serializeRtmpMessage(
    { chunkStreamId: 6, type: 9, streamId: 1, timestamp: 40, body: [payload], length: payload.length },
    chunkSize,
  );

test('a client publishes: both shake hands by digest, the server asks, media come', () => {
  const talk = new Talk('rtmp://host/live/gate?token=secret', 'publish');
  const [asked] = talk.requests;
  assert.equal(asked?.kind, 'publish');
  assert.deepEqual([asked.request.app, asked.request.name], ['live', 'gate?token=secret']);
  assert.match(asked.request.userAgent, /Vedette/);
  assert.deepEqual(asked.request.codecs, { video: ['h265', 'av1'], audio: ['opus'] });
  assert.equal(talk.agreement, undefined);
  talk.server.acceptPublish();
  talk.run();
  assert.deepEqual(talk.agreement, { streamId: 1, codecs: { video: ['h265', 'av1'], audio: ['opus'] } });
  const large = new Uint8Array(200_000).fill(7);
  talk.sendToServer(video(4096, large));
  assert.deepEqual(
    talk.media.map(({ type, timestamp, payload }) => [type, timestamp, payload.length]),
    [[9, 40, 200_000]],
  );
  talk.client.leave();
  talk.run();
  assert.equal(talk.stops, 1);
  assert.equal(talk.server.state, 'idle');
});

test('a client plays, and is told the end', () => {
  const talk = new Talk('rtmp://host/live/gate', 'play');
  assert.equal(talk.requests[0]?.kind, 'play');
  talk.server.acceptPlay();
  talk.sendToClient(video(RTMP_SERVER_CHUNK_SIZE));
  assert.equal(talk.agreement?.streamId, 1);
  assert.equal(talk.played.length, 1);
  talk.server.endPlay('the camera was removed');
  talk.run();
  assert.equal(talk.ends[0], 'the camera was removed');
});

for (const { name, action, code, want, description } of [
  {
    name: 'a name that is taken',
    action: 'publish',
    code: 'NetStream.Publish.BadName',
    want: 'ERR_RTMP_BAD_NAME',
    description: 'busy',
  },
  {
    name: 'no such stream',
    action: 'play',
    code: 'NetStream.Play.StreamNotFound',
    want: 'ERR_RTMP_NOT_FOUND',
    description: 'x',
  },
  {
    name: 'nothing we know',
    action: 'play',
    code: 'NetStream.Odd',
    want: 'ERR_RTMP_REFUSED',
    description: 'odd',
  },
  {
    name: 'no rights',
    action: 'publish',
    code: 'NetStream.Publish.Denied',
    want: 'ERR_RTMP_UNAUTHORIZED',
    description: '',
  },
] as const) {
  test(`refused: ${name}`, () => {
    const talk = new Talk('rtmp://host/live/gate', action);
    talk.server.refuse(code, description);
    assert.throws(
      () => talk.run(),
      (error) => error instanceof ProtocolError && error.code === want,
    );
  });
}

test('what a server says is repeated without keys', () => {
  const talk = new Talk('rtmp://host/live/my-key?token=secret', 'publish');
  talk.server.refuse('NetStream.Publish.BadName', 'live/my-key?token=secret is\nbusy');
  assert.throws(
    () => talk.run(),
    (error) => error instanceof ProtocolError && error.message === 'The server refuses: live/… is busy',
  );
});

test('what a publisher sends before it is let in is kept, up to a limit, and given out then', () => {
  const talk = new Talk('rtmp://host/live/gate', 'publish');
  const send = (): void => talk.sendToServer(video(4096));
  send();
  send();
  assert.equal(talk.media.length, 0);
  talk.server.acceptPublish();
  assert.equal(talk.media.length, 2);
  send();
  assert.equal(talk.media.length, 3);
  assert.deepEqual(talk.media[0], talk.media[2]);

  const refused = new Talk('rtmp://host/live/gate', 'publish');
  refused.sendToServer(video(4096));
  refused.server.refuse('NetStream.Publish.Unauthorized', 'no');
  refused.server.acceptPublish();
  assert.equal(refused.media.length, 0);

  const flood = new Talk('rtmp://host/live/gate', 'publish');
  assert.throws(
    () => {
      for (let count = 0; count <= 2048; count += 1) flood.sendToServer(video(4096));
    },
    { code: 'ERR_RTMP_LIMIT' },
  );
  const player = new Talk('rtmp://host/live/gate', 'play');
  player.sendToServer(video(128));
  player.server.acceptPlay();
  assert.equal(player.media.length, 0);
});

/** A client of bytes: commands in, commands out. */
function rawClient(): {
  readonly session: RtmpServerSession;
  readonly said: RtmpMessage[];
  readonly command: (name: string, transaction: number, ...values: Amf0Value[]) => void;
  readonly answers: () => unknown[];
  readonly push: (type: number, payload: Uint8Array) => void;
} {
  const said: RtmpMessage[] = [];
  const reader = new RtmpChunkReader((message) => {
    if (message.type === RtmpMessageType.setChunkSize) reader.setChunkSize(RTMP_SERVER_CHUNK_SIZE);
    said.push(message);
  });
  let skip = 1 + 2 * HANDSHAKE_BYTES;
  const session = new RtmpServerSession(
    {
      send: (bytes) => {
        const skipped = Math.min(skip, bytes.length);
        skip -= skipped;
        reader.push(bytes.subarray(skipped));
      },
      onPublish: () => session.acceptPublish(),
      onPlay: () => session.acceptPlay(),
      onMedia: () => undefined,
      onStop: () => undefined,
    },
    randomBytes,
  );
  session.push(Uint8Array.of(3, ...new Uint8Array(2 * HANDSHAKE_BYTES)));
  const push = (type: number, payload: Uint8Array): void =>
    session.push(
      serializeRtmpMessage(
        { chunkStreamId: 3, type, streamId: 0, timestamp: 0, body: [payload], length: payload.length },
        128,
      ),
    );
  return {
    session,
    said,
    push,
    command: (name, transaction, ...values) =>
      push(RtmpMessageType.command, serializeAmf0([name, transaction, ...values])),
    answers: () =>
      said
        .filter(({ type }) => type === RtmpMessageType.command)
        .map(({ payload }) => {
          const { name, transaction, args } = parseRtmpCommand(payload);
          const info = args[0];
          const code = typeof info === 'object' && info !== null && 'code' in info ? info.code : info;
          return [name, transaction, code];
        }),
  };
}

test('what encoders and players say before and after', () => {
  const { command, answers, session, push } = rawClient();
  command('connect', 1, { app: 'live', flashVer: 'x', objectEncoding: 3 });
  command('releaseStream', 2, null, 'gate');
  command('FCPublish', 3, null, 'gate');
  command('createStream', 4, null);
  command('getStreamLength', 5, null, 'gate');
  command('odd', 6, null);
  command('publish', 7, null, 'gate', 'live');
  command('pause', 8, null, true, 0);
  command('seek', 9, null, 0);
  command('play', 10, null, 'other');
  command('FCUnpublish', 11, null, 'gate');
  command('deleteStream', 12, null, 1);
  // AMF3 commands hold AMF0 behind a byte.
  push(RtmpMessageType.commandAmf3, Uint8Array.of(0, ...serializeAmf0(['play', 13, null, 'gate'])));
  assert.equal(session.state, 'playing');
  assert.deepEqual(answers(), [
    ['_result', 1, 'NetConnection.Connect.Success'],
    ['_result', 2, undefined],
    ['_result', 3, undefined],
    ['_result', 4, 1],
    ['_result', 5, 0],
    ['_error', 6, 'NetConnection.Call.Failed'],
    ['onStatus', 0, 'NetStream.Publish.Start'],
    ['onStatus', 0, 'NetStream.Pause.Notify'],
    ['onStatus', 0, 'NetStream.Seek.Failed'],
    ['onStatus', 0, 'NetStream.Play.Failed'],
    ['onStatus', 0, 'NetStream.Unpublish.Success'],
    ['onStatus', 0, 'NetStream.Play.Reset'],
    ['onStatus', 0, 'NetStream.Play.Start'],
  ]);
});

test('pings, windows and bandwidths are answered; aggregates come apart', () => {
  const { push, said, command } = rawClient();
  command('connect', 1, { app: 'live' });
  said.length = 0;
  push(RtmpMessageType.userControl, Uint8Array.of(0, 6, 1, 2, 3, 4));
  push(RtmpMessageType.setPeerBandwidth, Uint8Array.of(0, 0x10, 0, 0, 2));
  assert.deepEqual(
    said.map(({ type, payload }) => [type, [...payload]]),
    [
      [RtmpMessageType.userControl, [0, 7, 1, 2, 3, 4]],
      [RtmpMessageType.windowAcknowledgementSize, [0, 0x26, 0x25, 0xa0]],
    ],
  );
  said.length = 0;
  push(RtmpMessageType.windowAcknowledgementSize, Uint8Array.of(0, 2, 0, 0));
  for (let i = 0; i < 4; i++) push(RtmpMessageType.data, new Uint8Array(50_000));
  assert.deepEqual(
    said.map(({ type }) => type),
    Array.from({ length: 2 }, () => RtmpMessageType.acknowledgement),
  );

  const talk = new Talk('rtmp://host/live/gate', 'publish');
  talk.server.acceptPublish();
  talk.run();
  const tag = (timestamp: number, byte: number): number[] => [
    ...[9, 0, 0, 1, 0, 0, timestamp, 0, 0, 0, 0, byte],
    ...[0, 0, 0, 12],
  ];
  const payload = Uint8Array.of(...tag(10, 0xaa), ...tag(30, 0xbb));
  talk.sendToServer(
    serializeRtmpMessage(
      { chunkStreamId: 6, type: 22, streamId: 1, timestamp: 1000, body: [payload], length: payload.length },
      4096,
    ),
  );
  assert.deepEqual(
    talk.media.map(({ type, timestamp, payload: [byte] }) => [type, timestamp, byte]),
    [
      [9, 1000, 0xaa],
      [9, 1020, 0xbb],
    ],
  );
});

/** Everything that a publishing client said, from the first byte on. */
function recorded(): Uint8Array {
  const bytes: Uint8Array[] = [];
  const server = new RtmpServerSession(
    {
      send: (reply) => client.push(reply),
      onPublish: () => server.acceptPublish(),
      ...{ onPlay: () => undefined, onMedia: () => undefined, onStop: () => undefined },
    },
    randomBytes,
  );
  const client: RtmpClientSession = new RtmpClientSession(
    {
      send: (said) => {
        bytes.push(said);
        server.push(said);
      },
      ...{ onReady: () => undefined, onMedia: () => undefined, onEnd: () => undefined },
    },
    { url: parseRtmpUrl('rtmp://h/live/gate'), action: 'publish', random: randomBytes },
  );
  client.start();
  return new Uint8Array(Buffer.concat(bytes).subarray(1 + 2 * HANDSHAKE_BYTES));
}

fuzz(
  'RtmpServerSession behind the handshake',
  [recorded()],
  (bytes) => {
    const session = new RtmpServerSession(
      {
        send: () => undefined,
        onPublish: () => session.acceptPublish(),
        onPlay: () => session.acceptPlay(),
        ...{ onMedia: () => undefined, onStop: () => undefined },
      },
      (length) => new Uint8Array(length),
    );
    session.push(Uint8Array.of(3, ...new Uint8Array(2 * HANDSHAKE_BYTES)));
    session.push(bytes);
  },
  3000,
);
