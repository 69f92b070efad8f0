import type { AccessUnit } from '@vedette/media';
import { parseDeliveryDirectives } from '@vedette/protocols';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { decodeFrames, frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { picture } from '../../testing/units.ts';
import { HlsMuxer, type HlsAnswer } from './hls-muxer.ts';
import { HLS_DEFAULTS, type HlsOptions } from './hls-options.ts';
import { makeFootage } from './testing/footage.ts';
import { TestStream } from './testing/playback.ts';
import { PlaylistRules } from './testing/playlist-rules.ts';
import { g711Track, videoTrack } from './testing/tracks.ts';

const never = new AbortController().signal;
const RUN = 1_000_000;
const MSN = 5000;

interface Muxing {
  readonly source: TestStream;
  readonly muxer: HlsMuxer;
  readonly silent: string[];
  readonly faults: unknown[];
}

function muxing(options: Partial<HlsOptions> = {}): Muxing {
  const source = new TestStream();
  const silent: string[] = [];
  const faults: unknown[] = [];
  const muxer = new HlsMuxer(
    source.stream,
    { run: RUN, firstMsn: MSN },
    { ...HLS_DEFAULTS, ...options },
    {
      onSilent: (_stream, { codec }) => silent.push(codec),
      onFault: (_stream, error) => faults.push(error),
    },
  );
  return { source, muxer, silent, faults };
}

function value<T>(answer: HlsAnswer<T>): T {
  assert.ok(answer.ok, `refused: ${answer.ok ? '' : answer.reason}`);
  return answer.value;
}

async function playlistText(muxer: HlsMuxer, query: Record<string, string> = {}): Promise<string> {
  return value(await muxer.playlist('lowLatency', parseDeliveryDirectives(query), never)).text.toString();
}

/** Feeds unit by unit and checks every version of both playlists. */
async function watch(
  { source, muxer }: Muxing,
  units: readonly AccessUnit[],
  rules: PlaylistRules,
): Promise<void> {
  let before = '';
  for (const unit of units) {
    source.write([unit]);
    if (muxer.byteLength === 0) continue;
    const text = await playlistText(muxer);
    if (text === before) continue;
    rules.check(text, await playlistText(muxer, { _HLS_skip: 'YES' }));
    before = text;
  }
}

/** The init segment and all segments of the plain playlist, as one file. */
async function download(muxer: HlsMuxer, rules = new PlaylistRules()): Promise<Buffer> {
  const body = value(await muxer.playlist('plain', { skip: false }, never));
  const { segments } = rules.check(body.text.toString());
  const names = segments.flatMap(({ map, uri }, i) => [
    ...(i === 0 && map !== undefined ? [map.uri] : []),
    uri,
  ]);
  return Buffer.concat(
    await Promise.all(names.map(async (name) => value(await muxer.resource(name, never)))),
  );
}

for (const { name, footage } of [
  { name: 'H.264 and AAC', footage: { seconds: 9, audio: 'aac' } as const },
  {
    name: 'H.264 with B-frames and Opus',
    footage: { seconds: 5, audio: 'opus', bFrames: 2, gop: 48, frameRate: 24 } as const,
  },
  {
    name: 'H.265',
    footage: { seconds: 5, codec: 'h265', frameRate: 30, gop: 30, width: 320, height: 180 } as const,
  },
]) {
  test(`hls muxer, ${name}: what is played is what was fed, and every playlist keeps the rules`, async (t) => {
    const { tracks, units, raw } = makeFootage(footage);
    const it = muxing({ segmentCount: 20 });
    const { source, muxer } = it;
    source.open(tracks);
    source.stream.addReader(muxer);
    const rules = new PlaylistRules();
    await watch(it, units, rules);
    t.diagnostic(`${rules.checked} versions of the playlist`);
    source.stream.end('test');
    const file = await download(muxer);
    assert.deepEqual(frameHashes(file, 'mp4'), frameHashes(raw.bytes, raw.format));
    const times = decodeFrames(file, 'mp4').map(({ pts }) => pts);
    const distances = new Set(times.slice(1).map((pts, i) => pts - (times[i] ?? 0)));
    assert.equal(distances.size, 1, 'presentation times are continuous');
  });
}

test('hls muxer: the group of pictures that a stream has cached is there at once', async () => {
  const { source, muxer } = muxing();
  const track = videoTrack();
  source.open([track]);
  source.write(Array.from({ length: 81 }, (_, i) => picture(track, i)));
  source.stream.addReader(muxer);
  const playlist = new PlaylistRules().check(await playlistText(muxer));
  assert.equal(playlist.openSegment?.parts.length, 6);
  assert.equal(playlist.openSegment.parts[0]?.isIndependent, true);
  assert.equal(playlist.mediaSequence, MSN - 7);
});

test('hls muxer: playlists of long groups promise long segments from the start', async () => {
  for (const { gop, fed, want } of [
    { gop: 25, fed: 130, want: 2 },
    { gop: 50, fed: 130, want: 2 },
    { gop: 100, fed: 230, want: 4 },
    { gop: 250, fed: 600, want: 10 },
  ]) {
    const it = muxing({ segmentCount: 4 });
    const track = videoTrack();
    it.source.open([track]);
    const units = Array.from({ length: 1200 }, (_, i) => picture(track, i, { gop }));
    it.source.write(units.slice(0, fed));
    const muxer = new HlsMuxer(it.source.stream, { run: RUN, firstMsn: MSN }, HLS_DEFAULTS, {
      onSilent: () => 0,
      onFault: () => 0,
    });
    it.source.stream.addReader(muxer);
    assert.equal(muxer.targetDuration, want, `groups of ${gop} pictures`);
    await watch({ ...it, muxer }, units.slice(fed), new PlaylistRules());
  }
});

test('hls muxer: a first group longer than guessed makes the target duration grow, once', async () => {
  const it = muxing();
  const track = videoTrack();
  it.source.open([track]);
  it.source.stream.addReader(it.muxer);
  const rules = new PlaylistRules({ mayGrow: true });
  await watch(
    it,
    Array.from({ length: 600 }, (_, i) => picture(track, i, { gop: 150 })),
    rules,
  );
  assert.equal(rules.last?.targetDuration, 6);
});

test('hls muxer: a change of the resolution makes a discontinuity with an init segment of its own', async () => {
  const small = makeFootage({ seconds: 4, width: 320, height: 180 });
  const large = makeFootage({ seconds: 4, width: 640, height: 360 });
  const it = muxing({ segmentCount: 20 });
  it.source.open(small.tracks);
  it.source.stream.addReader(it.muxer);
  const rules = new PlaylistRules();
  await watch(it, small.units, rules);
  await watch(
    it,
    large.units.map((unit) => ({ ...unit, pts: unit.pts + 360_000, dts: unit.dts + 360_000 })),
    rules,
  );
  const segments = (rules.last?.segments ?? []).filter(({ isGap }) => !isGap);
  assert.deepEqual(
    segments.map(({ isDiscontinuity }) => isDiscontinuity),
    [false, false, true],
  );
  assert.notEqual(segments[2]?.map?.uri, segments[0]?.map?.uri);
  const init = value(await it.muxer.resource(segments[2]?.map?.uri ?? '', never));
  const bytes = value(await it.muxer.resource(segments[2]?.uri ?? '', never));
  assert.deepEqual(
    frameHashes(Buffer.concat([init, bytes]), 'mp4'),
    frameHashes(large.raw.bytes, 'h264').slice(0, 50),
  );
});

test('hls muxer: a source that comes back makes a discontinuity, with the same init segment', async () => {
  const { source, muxer } = muxing();
  const track = videoTrack();
  const units = Array.from({ length: 90 }, (_, i) => picture(track, i));
  source.open([track]);
  source.stream.addReader(muxer);
  source.write(units);
  source.closeSource();
  source.nowMs += 5000;
  source.open([track]);
  source.write(units);
  const { segments, openSegment } = new PlaylistRules().check(await playlistText(muxer));
  const real = segments.filter(({ isGap }) => !isGap);
  assert.deepEqual(
    real.map(({ isDiscontinuity }) => isDiscontinuity),
    [false, false, true],
  );
  assert.equal(new Set(real.map(({ map }) => map?.uri)).size, 1);
  const [, second, third] = real;
  const pause = (third?.programDateTimeMs ?? 0) - (second?.programDateTimeMs ?? 0);
  assert.ok(pause > 6000 && pause < 7000, `${pause} ms`);
  assert.equal(openSegment?.isDiscontinuity, false);
});

test('hls muxer: who asks for the next part or its playlist gets it with the part', async () => {
  const { source, muxer } = muxing();
  const track = videoTrack();
  source.open([track]);
  source.stream.addReader(muxer);
  source.write(Array.from({ length: 6 }, (_, i) => picture(track, i)));
  const first = new PlaylistRules().check(await playlistText(muxer));
  const hint = first.preloadHints[0]?.uri ?? '';
  const waits = [
    muxer.playlist('lowLatency', { msn: MSN, part: 1, skip: false }, never),
    muxer.playlist('lowLatency', { msn: MSN, part: 1, skip: false }, never),
  ];
  const part = muxer.resource(hint, never);
  assert.equal(muxer.waits, 3);
  source.write(Array.from({ length: 5 }, (_, i) => picture(track, i + 6)));
  const [one, other] = (await Promise.all(waits)).map(value);
  assert.equal(one?.text, other?.text, 'one text for all');
  assert.equal(one?.gzip, other?.gzip);
  assert.equal(gunzipSync(one?.gzip ?? '').toString(), one?.text.toString());
  assert.ok(one?.text.includes(hint));
  assert.ok(value(await part).includes('moof'));
  assert.equal(muxer.waits, 0);
});

test('hls muxer: what cannot be had is refused', async () => {
  const { source, muxer } = muxing({ maxWaitMs: 20 });
  const reason = async (answer: Promise<HlsAnswer<unknown>>): Promise<string> => {
    const result = await answer;
    return result.ok ? 'ok' : result.reason;
  };
  assert.equal(await reason(muxer.variant('x', never)), 'notYet');
  const track = videoTrack();
  source.open([track]);
  source.stream.addReader(muxer);
  assert.equal(await reason(muxer.playlist('lowLatency', { skip: false }, never)), 'notYet');
  source.write(Array.from({ length: 30 }, (_, i) => picture(track, i)));
  assert.equal(await reason(muxer.playlist('plain', { skip: false }, never)), 'notYet');
  assert.equal(
    await reason(muxer.playlist('lowLatency', { msn: MSN + 9, skip: false }, never)),
    'tooFarAhead',
  );
  assert.equal(
    await reason(muxer.playlist('lowLatency', { msn: MSN, part: 50, skip: false }, never)),
    'tooFarAhead',
  );
  assert.equal(await reason(muxer.playlist('lowLatency', { msn: MSN, skip: false }, never)), 'notYet');
  assert.equal(
    await reason(muxer.playlist('lowLatency', { msn: MSN, skip: false }, AbortSignal.abort())),
    'aborted',
  );
  assert.equal(await reason(muxer.resource(`p${RUN}-5.mp4`, never)), 'notYet');
  for (const name of [
    'p1-0.mp4',
    `p${RUN}-6.mp4`,
    `s${RUN}-0.mp4`,
    `i${RUN}-1.mp4`,
    `g${RUN}-8.mp4`,
    'x.mp4',
  ]) {
    assert.equal(await reason(muxer.resource(name, never)), 'gone', name);
  }
  for (const name of [`p${RUN}-0.mp4`, `i${RUN}-0.mp4`, `g${RUN}-7.mp4`]) {
    assert.equal(await reason(muxer.resource(name, never)), 'ok', name);
  }
});

test('hls muxer: no more may wait than there is room for', async () => {
  const { source, muxer } = muxing({ maxWaits: 1 });
  source.stream.addReader(muxer);
  const first = muxer.variant('x', never);
  assert.deepEqual(await muxer.variant('x', never), { ok: false, reason: 'busy' });
  muxer.close();
  assert.deepEqual(await first, { ok: false, reason: 'ended' });
});

test('hls muxer: the end of the stream ends the playlist and all waits', async () => {
  const { source, muxer } = muxing();
  const track = videoTrack();
  source.open([track]);
  source.stream.addReader(muxer);
  source.write(Array.from({ length: 30 }, (_, i) => picture(track, i)));
  const playlist = muxer.playlist('lowLatency', { msn: MSN + 1, part: 0, skip: true }, never);
  const part = muxer.resource(`p${RUN}-5.mp4`, never);
  source.stream.end('removed');
  const { isEnded, segments } = new PlaylistRules().check(value(await playlist).text.toString());
  assert.equal(isEnded, true);
  assert.equal(segments.at(-1)?.duration, 1.2);
  assert.ok((await part).ok, 'the last picture makes a last part');
  assert.deepEqual(await muxer.resource(`p${RUN}-6.mp4`, never), { ok: false, reason: 'gone' });
});

test('hls muxer: sound that browsers cannot play is left out', async () => {
  const video = videoTrack();
  const g711 = g711Track();
  const units = Array.from({ length: 30 }, (_, i) => picture(video, i));
  const mute = muxing();
  mute.source.open([video, g711]);
  mute.source.stream.addReader(mute.muxer);
  mute.source.write(units);
  assert.deepEqual(mute.silent, ['pcma']);
  assert.deepEqual(value(await mute.muxer.variant('x', never)).codecs, ['avc1.42c01e']);
});

for (const audio of ['aac', 'opus'] as const) {
  test(`hls muxer: ${audio} that is announced but never sent is silence, which players need in order to start`, async () => {
    const { tracks, units } = makeFootage({ seconds: 3, audio });
    const { source, muxer } = muxing({ segmentCount: 20 });
    source.open(tracks);
    source.stream.addReader(muxer);
    source.write(units.filter(({ track }) => track.kind === 'video'));
    source.stream.end('test');
    const file = await download(muxer);
    const { stderr } = ffmpeg(['-f', 'mp4', '-i', 'pipe:0', '-map', '0:a', '-f', 'null', '-'], file);
    assert.equal(stderr, '', 'it decodes without complaint');
    const samples = ffmpeg(
      ['-f', 'mp4', '-i', 'pipe:0', '-map', '0:a', '-f', 's16le', 'pipe:1'],
      file,
    ).stdout;
    assert.ok(samples.length > 2.9 * 48_000 * 2 * 2, `${samples.length} bytes`);
    assert.ok(samples.every((byte) => byte === 0));
  });
}

test('hls muxer: a stream of which browsers can play nothing says so', async () => {
  const { source, muxer } = muxing();
  source.open([g711Track(0)]);
  source.stream.addReader(muxer);
  assert.deepEqual(await muxer.variant('x', never), { ok: false, reason: 'unplayable' });
  assert.deepEqual(await muxer.playlist('plain', { skip: false }, never), {
    ok: false,
    reason: 'unplayable',
  });
});

test('hls muxer: parameter sets that cannot be put into MP4 are a fault of this stream alone', async () => {
  const { source, muxer, faults } = muxing();
  source.open([{ ...videoTrack(), sps: [] }]);
  source.stream.addReader(muxer);
  assert.equal(faults.length, 1);
  assert.deepEqual(await muxer.variant('x', never), { ok: false, reason: 'unplayable' });
});

test('hls muxer: memory stays within its bound whatever comes', () => {
  const { source, muxer } = muxing({ maxBytes: 1_000_000 });
  const track = videoTrack();
  source.open([track]);
  source.stream.addReader(muxer);
  for (let i = 0; i < 3000; i++) {
    source.write([picture(track, i, { gop: i < 1500 ? 50 : 100_000, size: 5000 })]);
    assert.ok(muxer.byteLength <= 1_100_000, `${muxer.byteLength} bytes at picture ${i}`);
  }
});
