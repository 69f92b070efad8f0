import { ProtocolError, type AccessUnit, type Track } from '@vedette/media';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../stream/stream.ts';
import { opusTrack, packet, picture, videoTrack } from '../testing/units.ts';
import { FanoutSinks, type WireFormat } from './fanout.ts';
import { SocketOutlet } from './socket-outlet.ts';
import { FakeSocket } from './testing/fake-socket.ts';

/** Writes a header as `H:codecs;` and a unit as `codec pts;`, padded to `unitBytes`. */
class TextFormat implements WireFormat {
  written = 0;
  readonly unitBytes: number;

  constructor(unitBytes = 0) {
    this.unitBytes = unitBytes;
  }

  header(tracks: readonly Track[]): Buffer {
    if (tracks.some(({ codec }) => codec === 'pcma')) throw new ProtocolError('ERR_TEST', 'no G.711 here');
    return Buffer.from(`H:${tracks.map(({ codec }) => codec).join()};`);
  }

  unit({ track, pts }: AccessUnit): Buffer | undefined {
    this.written += 1;
    if (track.codec === 'opus') return undefined;
    return Buffer.from(`${track.codec} ${pts / 3600};`.padEnd(this.unitBytes));
  }
}

function textOf({ writes }: FakeSocket): string {
  return Buffer.concat(writes).toString();
}

function makeSinks(format = new TextFormat()): FanoutSinks {
  return new FanoutSinks({
    name: 'text',
    format: () => format,
    bounds: { maxQueueBytes: 2000, maxStallMs: 30_000 },
  });
}

test('viewers get the header, the current group of pictures in the same burst, then live', () => {
  const stream = new Stream({ id: 'gate' });
  const video = videoTrack();
  const feed = stream.open([video]);
  for (let index = 0; index < 52; index += 1) feed.write(picture(video, index));
  const sinks = makeSinks();
  const socket = new FakeSocket();
  sinks.open(stream, new SocketOutlet(socket), () => assert.fail('ended'));
  assert.equal(textOf(socket), 'H:h264;h264 50;h264 51;');
  assert.deepEqual(socket.calls, ['cork', 'write', 'write', 'write', 'uncork']);
  feed.write(picture(video, 52));
  assert.equal(textOf(socket), 'H:h264;h264 50;h264 51;h264 52;');
});

test('a unit is written once however many watch, and the bytes are shared', () => {
  const stream = new Stream({ id: 'gate' });
  const video = videoTrack();
  const feed = stream.open([video]);
  const format = new TextFormat();
  const sinks = makeSinks(format);
  const sockets = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
  for (const socket of sockets) sinks.open(stream, new SocketOutlet(socket), () => undefined);
  feed.write(picture(video, 0));
  assert.equal(format.written, 1);
  assert.equal(sinks.size, 1);
  const [first, ...others] = sockets.map(({ writes }) => writes.at(-1));
  assert.ok(others.every((bytes) => bytes === first));
});

test('a slow viewer loses whole groups alone', () => {
  const stream = new Stream({ id: 'gate' });
  const video = videoTrack();
  const feed = stream.open([video]);
  const sinks = makeSinks(new TextFormat(500));
  const [slow, quick] = [new FakeSocket(), new FakeSocket()];
  const viewer = sinks.open(stream, new SocketOutlet(slow), () => undefined);
  sinks.open(stream, new SocketOutlet(quick), () => undefined);
  slow.isOpen = false;
  for (let index = 0; index < 60; index += 1) feed.write(picture(video, index));
  slow.isOpen = true;
  slow.drain();
  for (let index = 60; index < 101; index += 1) feed.write(picture(video, index));
  const seen = textOf(slow)
    .split(';')
    .map((text) => text.trim());
  assert.deepEqual(seen.slice(0, 6), ['H:h264', 'h264 0', 'h264 1', 'h264 2', 'h264 3', 'h264 100']);
  assert.equal(quick.writes.length, 102);
  assert.equal(viewer.totals().dropped, 96);
});

test('other tracks: viewers are sent the new header; tracks that cannot be written end them', () => {
  const stream = new Stream({ id: 'gate' });
  const video = videoTrack();
  stream.open([video]).write(picture(video, 0));
  const sinks = makeSinks();
  const socket = new FakeSocket();
  const ends: string[] = [];
  sinks.open(stream, new SocketOutlet(socket), (reason) => ends.push(reason));
  const sound = opusTrack();
  const feed = stream.open([video, sound]);
  feed.write(picture(video, 0));
  feed.write(packet(sound, 0));
  assert.match(textOf(socket), /^H:h264;h264 0;H:h264,opus;h264 \d+(\.\d+)?;$/);
  stream.open([video, { ...sound, codec: 'pcma', clockRate: 8000, sampleRate: 8000 }]);
  assert.deepEqual(ends, ['no G.711 here']);
  assert.equal(socket.listenerCount, 0);
  assert.equal(stream.readerCount, 0);
  assert.throws(() => sinks.open(stream, new SocketOutlet(socket), () => undefined), { code: 'ERR_TEST' });
  assert.equal(sinks.size, 0);
});

test('the stream is read only while somebody watches; its end ends them', () => {
  const stream = new Stream({ id: 'gate' });
  const video = videoTrack();
  stream.open([video]).write(picture(video, 0));
  const sinks = makeSinks();
  const viewer = sinks.open(stream, new SocketOutlet(new FakeSocket()), () => undefined);
  assert.equal(stream.readerCount, 1);
  viewer.close();
  viewer.close();
  assert.equal(stream.readerCount, 0);
  assert.equal(sinks.size, 0);
  const ends: string[] = [];
  sinks.open(stream, new SocketOutlet(new FakeSocket()), (reason) => ends.push(reason));
  stream.end('the camera was removed');
  assert.deepEqual(ends, ['the camera was removed']);
  assert.equal(sinks.size, 0);
});
