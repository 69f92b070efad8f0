import type { AccessUnit, Track } from '@vedette/media';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opusTrack, packet, picture, videoTrack } from '../testing/units.ts';
import { GopCache } from './gop-cache.ts';
import type { Reader } from './reader.ts';
import { Stream } from './stream.ts';

class RecordingReader implements Reader {
  readonly name = 'recording';
  readonly tracks: (readonly Track[])[] = [];
  readonly units: AccessUnit[] = [];
  readonly replayed: boolean[] = [];
  endedWith: string | undefined;
  onTracks(tracks: readonly Track[]): void {
    this.tracks.push(tracks);
  }
  onUnit(unit: AccessUnit, isReplay: boolean): void {
    this.units.push(unit);
    this.replayed.push(isReplay);
  }
  onEnd(reason: string): void {
    this.endedWith = reason;
  }
}

function clockAt(start: number): { now: () => number; advance: (ms: number) => void } {
  let now = start;
  return { now: () => now, advance: (ms) => (now += ms) };
}

test('a new reader gets the tracks, then the current GOP as replay, then live', () => {
  const stream = new Stream({ id: 'gate' });
  const video = videoTrack();
  const feed = stream.open([video]);
  for (let index = 0; index < 53; index += 1) feed.write(picture(video, index));
  const reader = new RecordingReader();
  stream.addReader(reader);
  assert.deepEqual(
    reader.units.map(({ pts }) => pts / 3600),
    [50, 51, 52],
  );
  feed.write(picture(video, 53));
  assert.deepEqual(reader.replayed, [true, true, true, false]);
  assert.equal(reader.units[0]?.isRandomAccess, true);
});

test('without a cached GOP a reader waits for a random access point, and so does audio', () => {
  const stream = new Stream({ id: 'gate', gopCache: new GopCache({ maxBytes: 150 }) });
  const video = videoTrack();
  const audio = opusTrack();
  const feed = stream.open([video, audio]);
  feed.write(picture(video, 0));
  feed.write(picture(video, 1));
  assert.equal(stream.cachedBytes, 0, 'a GOP over the bound is forgotten');
  const reader = new RecordingReader();
  stream.addReader(reader);
  feed.write(picture(video, 2));
  feed.write(packet(audio, 0));
  assert.equal(reader.units.length, 0);
  feed.write(picture(video, 50));
  feed.write(packet(audio, 1));
  assert.deepEqual(
    reader.units.map(({ track }) => track.kind),
    ['video', 'audio'],
  );
});

test('a stream of audio alone needs no random access point', () => {
  const stream = new Stream({ id: 'door' });
  const audio = opusTrack(0);
  const feed = stream.open([audio]);
  const reader = new RecordingReader();
  stream.addReader(reader);
  feed.write(packet(audio, 0));
  assert.equal(reader.units.length, 1);
});

test('a reader that throws is taken off and reported; the others lose nothing', () => {
  const faults: unknown[] = [];
  const stream = new Stream({ id: 'gate', onReaderFault: (_reader, error) => faults.push(error) });
  const video = videoTrack();
  const feed = stream.open([video]);
  const broken: Reader = {
    name: 'broken',
    onTracks: () => undefined,
    onUnit: () => {
      throw new Error('out of order');
    },
    onEnd: () => undefined,
  };
  const reader = new RecordingReader();
  stream.addReader(broken);
  stream.addReader(reader);
  feed.write(picture(video, 0));
  feed.write(picture(video, 1));
  assert.equal(faults.length, 1);
  assert.equal(reader.units.length, 2);
  assert.equal(stream.readerCount, 1);
});

test('time goes on across sources: the second starts where the clock is', () => {
  const clock = clockAt(1_700_000_000_000);
  const stream = new Stream({ id: 'gate', clock: clock.now });
  const video = videoTrack();
  const first = stream.open([video]);
  for (let index = 0; index < 50; index += 1) {
    first.write(picture(video, index));
    clock.advance(40);
  }
  first.close();
  assert.equal(stream.isLive, false);
  clock.advance(3000);
  const reader = new RecordingReader();
  stream.addReader(reader);
  assert.equal(reader.units.length, 0, 'the last GOP of a dead source is not live');
  const second = stream.open([video]);
  second.write(picture(video, 0));
  assert.equal(reader.units[0]?.pts, 5000 * 90);
  first.write(picture(video, 51));
  assert.equal(reader.units.length, 1, 'a source that was replaced is not heard');
});

test('changed parameters reach readers before the first unit that has them', () => {
  const stream = new Stream({ id: 'gate' });
  const small = videoTrack();
  const large = videoTrack(0, { width: 1920, height: 1080 });
  const feed = stream.open([small]);
  const reader = new RecordingReader();
  stream.addReader(reader);
  feed.write(picture(small, 0));
  feed.write(picture(large, 50));
  assert.deepEqual(reader.tracks.at(-1), [large]);
  assert.equal(reader.tracks.length, 2);
});

test('wall clock: arrival leads until a sender report does', () => {
  const clock = clockAt(1_700_000_000_000);
  const stream = new Stream({ id: 'gate', clock: clock.now });
  const video = videoTrack();
  const feed = stream.open([video]);
  const first = picture(video, 0);
  feed.write(first);
  assert.equal(first.wallClockMs, 1_700_000_000_000);
  feed.report(video, 0, 1_699_999_999_900);
  const second = picture(video, 1);
  clock.advance(55);
  feed.write(second);
  assert.equal(second.wallClockMs, 1_699_999_999_940);
  assert.equal(stream.clockSource, 'sender-report');
});

test('demand is told once when it begins and once when it ends', async () => {
  const told: boolean[] = [];
  const stream = new Stream({ id: 'demo', onDemand: (isWanted) => told.push(isWanted) });
  const reader = new RecordingReader();
  const waiting = stream.live(AbortSignal.timeout(60_000));
  stream.addReader(reader);
  stream.open([videoTrack()]);
  await waiting;
  assert.deepEqual(told, [true]);
  stream.removeReader(reader);
  assert.deepEqual(told, [true, false]);
});

test('waiting for a stream ends when the signal aborts, and when the stream does', async () => {
  const stream = new Stream({ id: 'gate' });
  const cancel = new AbortController();
  const cancelled = stream.live(cancel.signal);
  const ended = stream.live(new AbortController().signal);
  cancel.abort(new Error('viewer left'));
  await assert.rejects(cancelled, /viewer left/);
  stream.end('removed');
  await assert.rejects(ended, /has ended/);
  assert.throws(() => stream.open([videoTrack()]), /has ended/);
});

test('the end reaches every reader once', () => {
  const stream = new Stream({ id: 'gate' });
  const reader = new RecordingReader();
  stream.addReader(reader);
  stream.end('the camera was removed');
  stream.end('again');
  assert.equal(reader.endedWith, 'the camera was removed');
  const late = new RecordingReader();
  stream.addReader(late);
  assert.notEqual(late.endedWith, undefined);
});

test('a stream that is made of another keeps its times, its wall clock and what is told of it', () => {
  const clock = clockAt(1_000_000);
  const source = new Stream({ id: 'gate', clock: clock.now });
  const made = new Stream({ id: 'gate', clock: clock.now });
  const video = videoTrack();
  const feed = source.open([video]);
  feed.report(video, 0, 500_000);
  const reader = new RecordingReader();
  made.addReader(reader);
  const copy: Reader = {
    name: 'copy',
    onTracks: (tracks) => void (madeFeed = made.open(tracks, { inTimeOf: source })),
    onUnit: (unit) => madeFeed?.write({ ...unit }),
    onEnd: () => undefined,
  };
  let madeFeed: ReturnType<Stream['open']> | undefined;
  source.addReader(copy);
  feed.write(picture(video, 0));
  // Made anew in the middle: it still is at the source's time, not at its own beginning.
  clock.advance(40_000);
  madeFeed?.close();
  madeFeed = made.open([video], { inTimeOf: source });
  feed.write(picture(video, 1000));
  assert.deepEqual(
    reader.units.map(({ pts, wallClockMs }) => [pts / 3600, wallClockMs]),
    [
      [0, 500_000],
      [1000, 540_000],
    ],
  );
  assert.equal(made.wallClockAt(40_000), source.wallClockAt(40_000));
  assert.equal(made.clockSource, 'sender-report');
});
