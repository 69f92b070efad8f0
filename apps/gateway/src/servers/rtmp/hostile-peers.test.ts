import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { FlvWriter, serializeAmf0, type Amf0Value, type FlvMessage } from '@vedette/media';
import { parseRtmpUrl, RtmpClientSession, serializeRtmpMessage, type RtmpMessage } from '@vedette/protocols';
import { until } from '../../../../../e2e/support/until.ts';
import { makeFootage } from '../../sinks/hls/testing/footage.ts';
import { TestBed, type TestBedOptions } from './testing/test-bed.ts';

const clip = makeFootage({ seconds: 2, gop: 25, audio: 'aac' });
const HANDSHAKE = Buffer.concat([Buffer.of(3), Buffer.alloc(2 * 1536)]);

async function startBed(t: TestContext, options?: TestBedOptions): Promise<TestBed> {
  const bed = await TestBed.start(options);
  t.after(() => bed.close());
  return bed;
}

/** A connection that says what it likes. */
async function dial(t: TestContext, bed: TestBed): Promise<Socket> {
  const socket = connect(bed.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.destroyed) await once(socket, 'close');
}

function command(name: string, transaction: number, ...values: Amf0Value[]): Uint8Array {
  const payload = serializeAmf0([name, transaction, ...values]);
  return serializeRtmpMessage(
    { chunkStreamId: 3, type: 20, streamId: 0, timestamp: 0, body: [payload], length: payload.length },
    128,
  );
}

/** A client that behaves, until the test has it do otherwise. */
class Client {
  readonly socket: Socket;
  readonly session: RtmpClientSession;
  readonly media: RtmpMessage[] = [];
  readonly ends: string[] = [];
  isReady = false;
  failure: unknown;

  constructor(t: TestContext, bed: TestBed, action: 'play' | 'publish', name = 'gate') {
    const socket = connect(bed.port, '127.0.0.1');
    this.socket = socket;
    this.session = new RtmpClientSession(
      {
        send: (bytes) => void socket.write(bytes),
        onReady: () => (this.isReady = true),
        onMedia: (message) => this.media.push(message),
        onEnd: (reason) => this.ends.push(reason),
      },
      { url: parseRtmpUrl(bed.url(name)), action, random: randomBytes },
    );
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      try {
        this.session.push(chunk);
      } catch (error) {
        this.failure ??= error;
      }
    });
    t.after(() => socket.destroy());
    this.session.start();
  }

  send({ type, timestamp, body, length }: FlvMessage): void {
    const message = { chunkStreamId: 6, type, streamId: 1, timestamp, body, length };
    this.socket.write(serializeRtmpMessage(message, 4096));
  }
}

/** Publishes the clip, `count` units of it. */
async function publish(t: TestContext, bed: TestBed, count: number): Promise<Client> {
  const client = new Client(t, bed, 'publish');
  await until(() => client.isReady);
  const writer = new FlvWriter();
  for (const message of writer.header(clip.tracks)) client.send(message);
  for (const unit of clip.units.slice(0, count)) {
    const message = writer.unit(unit);
    if (message !== undefined) client.send(message);
  }
  return client;
}

test('who never finishes the handshake, or says nothing behind it, is closed in time', async (t) => {
  let nowMs = 0;
  const bed = await startBed(t, { server: { now: () => nowMs } });
  const silent = await dial(t, bed);
  const half = await dial(t, bed);
  half.write(HANDSHAKE.subarray(0, 1000));
  const slow = await dial(t, bed);
  const loris = setInterval(() => slow.write(Buffer.of(3)), 20);
  t.after(() => clearInterval(loris));
  const mute = await dial(t, bed);
  mute.write(HANDSHAKE);
  const idle = await dial(t, bed);
  idle.write(Buffer.concat([HANDSHAKE, command('connect', 1, { app: 'live' })]));
  await until(() => bed.server.connectionCount === 5);
  nowMs = 10_500;
  await Promise.all([silent, half, slow, mute].map(closed));
  assert.equal(bed.server.connectionCount, 1, 'who has connected may take longer');
  nowMs = 41_000;
  await closed(idle);
  assert.equal(bed.server.connectionCount, 0);
});

for (const { name, bytes, words } of [
  { name: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'), words: /HTTP/ },
  { name: 'rubbish', bytes: randomBytes(5000).fill(0xee, 0, 1), words: /not RTMP/ },
  {
    name: 'a message of 16 MiB before it may publish',
    bytes: Buffer.concat([HANDSHAKE, Buffer.of(3, 0, 0, 0, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0)]),
    words: /at most 65536/,
  },
  {
    name: 'a command that is none',
    bytes: Buffer.concat([
      HANDSHAKE,
      serializeRtmpMessage(
        { chunkStreamId: 3, type: 20, streamId: 0, timestamp: 0, body: [Buffer.alloc(9, 0xff)], length: 9 },
        128,
      ),
    ]),
    words: /AMF0/,
  },
  {
    name: 'play before connect',
    bytes: Buffer.concat([HANDSHAKE, command('play', 1, null, 'gate')]),
    words: /must be connect/,
  },
]) {
  test(`${name} is closed, with one line in the log`, async (t) => {
    const bed = await startBed(t);
    const socket = await dial(t, bed);
    socket.write(bytes);
    await closed(socket);
    const lines = bed.log.filter(({ level }) => level === 'warn');
    assert.equal(lines.length, 1);
    assert.match(lines[0]?.message ?? '', words);
  });
}

test('floods of commands and of bytes are cut off', async (t) => {
  const bed = await startBed(t, { server: { limits: { answersPerTenSeconds: 100 } } });
  const asking = await dial(t, bed);
  asking.write(Buffer.concat([HANDSHAKE, command('connect', 1, { app: 'live' })]));
  for (let i = 0; i < 200; i += 1) asking.write(command('createStream', 2 + i, null));
  await closed(asking);
  const loud = await dial(t, bed);
  loud.write(Buffer.concat([HANDSHAKE, command('connect', 1, { app: 'live' })]));
  const junk = Buffer.concat(Array.from({ length: 2000 }, () => command('odd', 0, null, 'x'.repeat(60))));
  for (let i = 0; i < 20 && !loud.destroyed; i += 1) loud.write(junk);
  await closed(loud);
  assert.deepEqual(
    bed.log.map(({ message }) => /answers in ten|bytes in ten/.test(message)),
    [true, true],
  );
});

test('chunks that claim much and bring little cost what they bring; other viewers see nothing of it', async (t) => {
  const bed = await startBed(t);
  const feed = bed.feed(clip.tracks, 'yard');
  const [first = assert.fail(), ...rest] = clip.units;
  feed.write({ ...first });
  const viewer = new Client(t, bed, 'play', 'yard');
  await until(() => bed.started.length === 1);
  const before = process.memoryUsage().arrayBuffers;
  const bombs: Client[] = [];
  for (let index = 0; index < 20; index += 1) {
    const bomb = new Client(t, bed, 'publish', 'gate');
    await until(() => bomb.isReady);
    for (let id = 7; id < 60; id += 1) {
      bomb.socket.write(Buffer.of(id, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0));
      bomb.socket.write(Buffer.alloc(4096));
    }
    bombs.push(bomb);
  }
  for (const unit of rest) feed.write({ ...unit });
  await until(() => viewer.media.filter(({ type }) => type === 9).length > 40);
  // They claim 17 GB, and bring 4.3 MB, which lie in first buffers of 17 MB.
  assert.ok(process.memoryUsage().arrayBuffers - before < 128 * 1024 * 1024);
  for (const bomb of bombs) bomb.socket.destroy();
  await until(() => bed.server.connectionCount === 1);
  assert.equal(viewer.failure, undefined);
});

test('connections have a limit in total and by address; what comes over is dropped at once', async (t) => {
  const bed = await startBed(t, { server: { limits: { connectionsPerAddress: 3 } } });
  const sockets = await Promise.all(Array.from({ length: 5 }, () => dial(t, bed)));
  await until(() => sockets.filter(({ destroyed }) => destroyed).length === 2);
  await until(() => bed.log.some(({ message }) => /refused: there are 3/.test(message)));
});

test('a publisher that falls silent is ended with a word; so is one that sends nothing to decode', async (t) => {
  const bed = await startBed(t, { silenceMs: 300 });
  const client = await publish(t, bed, 10);
  await until(() => bed.cameras.find('gate')?.stream.isLive === true);
  await closed(client.socket);
  assert.match(String(client.failure), /sent no media for/);
  assert.match(bed.ended[0]?.reason ?? '', /sent no media/);
  assert.equal(bed.cameras.find('gate')?.state.name, 'waiting');
  const empty = new Client(t, bed, 'publish');
  await until(() => empty.isReady);
  const noise = setInterval(
    () => empty.send({ type: 18, timestamp: 0, body: [Buffer.of(5)], length: 1 }),
    50,
  );
  await closed(empty.socket);
  clearInterval(noise);
  assert.match(String(empty.failure), /nothing that can be decoded/);
});

test('a second publisher takes over, and the first is told', async (t) => {
  const bed = await startBed(t);
  const first = await publish(t, bed, 20);
  await until(() => bed.cameras.find('gate')?.stream.isLive === true);
  const second = await publish(t, bed, 20);
  await closed(first.socket);
  assert.match(String(first.failure), /took over/);
  assert.equal(second.failure, undefined);
  assert.equal(bed.cameras.find('gate')?.stream.isLive, true);
});

test('without overridePublisher the second one is refused', async (t) => {
  const bed = await startBed(t, { overridePublisher: false });
  await publish(t, bed, 20);
  await until(() => bed.cameras.find('gate')?.stream.isLive === true);
  const second = new Client(t, bed, 'publish');
  await closed(second.socket);
  assert.match(String(second.failure), /has a publisher/);
  assert.equal(second.isReady, false);
});

for (const { name, body, words } of [
  { name: 'Speex', body: { type: 8, bytes: [0xb2, 0] }, words: /Speex/ },
  {
    name: 'several tracks',
    body: { type: 9, bytes: [0x96, 0, 0x61, 0x76, 0x63, 0x31] },
    words: /one video track/,
  },
  { name: 'a broken configuration', body: { type: 9, bytes: [0x17, 0, 0, 0, 0, 9] }, words: /avcC/ },
]) {
  test(`a publisher of ${name} is told what is wrong`, async (t) => {
    const bed = await startBed(t);
    const client = new Client(t, bed, 'publish');
    await until(() => client.isReady);
    client.send({
      type: body.type,
      timestamp: 0,
      body: [Uint8Array.from(body.bytes)],
      length: body.bytes.length,
    });
    await closed(client.socket);
    assert.match(String(client.failure), words);
  });
}

test('a viewer that stops reading loses pictures alone, and is closed; others get everything', async (t) => {
  let nowMs = 0;
  const bounds = { maxQueueBytes: 256 * 1024, maxStallMs: 30_000 };
  const bed = await startBed(t, { sinks: { bounds, clock: () => nowMs } });
  const feed = bed.feed(clip.tracks);
  const [first = assert.fail()] = clip.units;
  feed.write({ ...first });
  const good = new Client(t, bed, 'play');
  const stalled = new Client(t, bed, 'play');
  await until(() => bed.started.length === 2);
  stalled.socket.pause();
  const pictures = clip.units.filter(({ track }) => track.kind === 'video');
  let written = 1;
  const isOpen = (): boolean => bed.ended.length === 0;
  while (isOpen() && written < 40_000) {
    for (const unit of pictures) {
      nowMs += 40;
      written += 1;
      feed.write({ ...unit, pts: unit.pts + written * 3600, dts: unit.dts + written * 3600 });
    }
    await until(() => good.media.filter(({ type }) => type === 9).length >= written);
  }
  assert.match(bed.ended[0]?.reason ?? '', /took nothing for too long/);
  assert.equal(good.socket.destroyed, false);
  assert.ok((bed.ended[0]?.session.owner.totals().dropped ?? 0) > 0);
});

test('at the end of the server, everybody is told', async () => {
  const context: TestContext = { after: () => undefined } as unknown as TestContext;
  const bed = await TestBed.start();
  const feed = bed.feed(clip.tracks, 'yard');
  const [first = assert.fail()] = clip.units;
  feed.write({ ...first });
  const viewer = new Client(context, bed, 'play', 'yard');
  await until(() => viewer.isReady);
  await bed.close();
  await closed(viewer.socket);
  assert.match(viewer.ends[0] ?? '', /shutting down/);
});
