import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { selfSignedCertificate } from '../../../../../e2e/support/self-signed-certificate.ts';
import { until } from '../../../../../e2e/support/until.ts';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { fixedCertificate } from '../../net/tls-certificate.ts';
import { makeFootage } from '../../sinks/hls/testing/footage.ts';
import { framemd5Hashes, startFfmpeg, startPlayer } from '../rtsp/testing/player.ts';
import { TestBed, writeInTime, type TestBedOptions } from './testing/test-bed.ts';

const clip = makeFootage({ seconds: 3, gop: 25, bFrames: 2, audio: 'aac' });
const hashes = frameHashes(clip.raw.bytes, clip.raw.format);
const folder = mkdtempSync(path.join(tmpdir(), 'vedette-rtmp-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The clip with a tone, with its B-frames. */
const clipFile = ((): string => {
  const file = path.join(folder, 'clip.mp4');
  ffmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=3'],
    ...['-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=3', '-ac', '2', '-c:a', 'aac'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '25', '-pix_fmt', 'yuv420p', file],
  ]);
  return file;
})();
const fileHashes = frameHashes(clipFile, 'mp4');

async function startBed(t: TestContext, options?: TestBedOptions): Promise<TestBed> {
  const bed = await TestBed.start(options);
  t.after(() => bed.close());
  return bed;
}

for (const target of ['live/gate', 'gate', 'live/gate?token=secret']) {
  test(`ffmpeg publishes to /${target}: every picture and all sound arrive, in time`, async (t) => {
    const bed = await startBed(t);
    const recorder = bed.record();
    const url = `rtmp://127.0.0.1:${bed.port}/${target}`;
    const { code, stderr } = await startFfmpeg(['-re', '-i', clipFile, '-c', 'copy', '-f', 'flv', url]).done;
    assert.equal(code, 0, stderr);
    await until(() => bed.ended.length === 1);
    assert.deepEqual(frameHashes(recorder.annexB(), 'h264'), fileHashes);
    assert.deepEqual(
      recorder.tracks.map(({ codec }) => codec),
      ['h264', 'aac'],
    );
    const pts = recorder.of('video').map((unit) => unit.pts);
    const first = Math.min(...pts);
    assert.deepEqual(
      pts.toSorted((a, b) => a - b).map((time) => time - first),
      pts.map((_, index) => index * 3600),
    );
    const sound = recorder.of('audio');
    assert.ok(sound.length > 130);
    sound.forEach((unit, index) => assert.equal(unit.pts - (sound[0]?.pts ?? 0), index * 1024));
    const [session] = bed.started;
    assert.deepEqual([session?.protocol, session?.kind, session?.transport], ['rtmp', 'publish', 'tcp']);
    assert.equal(bed.cameras.find('gate')?.state.name, 'waiting');
    assert.ok(!JSON.stringify([bed.log, session, bed.ended[0]?.reason]).includes('secret'));
  });
}

test('GStreamer publishes', async (t) => {
  const bed = await startBed(t);
  const recorder = bed.record();
  const encoder = startPlayer('gst-launch-1.0', [
    ...['-q', 'flvmux', 'name=mux', 'streamable=true', '!', 'rtmp2sink', `location=${bed.url()}`],
    ...['filesrc', `location=${clipFile}`, '!', 'qtdemux', 'name=in'],
    ...['in.video_0', '!', 'queue', '!', 'h264parse', '!', 'mux.video'],
    ...['in.audio_0', '!', 'queue', '!', 'aacparse', '!', 'mux.audio'],
  ]);
  t.after(() => encoder.kill('SIGKILL'));
  await until(() => recorder.of('video').length >= 50 && recorder.of('audio').length >= 50);
  const got = frameHashes(recorder.annexB(), 'h264');
  assert.deepEqual(got.slice(0, 45), fileHashes.slice(0, 45));
});

test('librtmp, which OBS has within it, publishes and plays', async (t) => {
  const bed = await startBed(t);
  const recorder = bed.record();
  const encoder = startPlayer('gst-launch-1.0', [
    ...[
      '-q',
      'flvmux',
      'name=mux',
      'streamable=true',
      '!',
      'rtmpsink',
      `location=${bed.url()} live=1`,
      'sync=true',
    ],
    ...['filesrc', `location=${clipFile}`, '!', 'qtdemux', 'name=in'],
    ...['in.video_0', '!', 'queue', '!', 'h264parse', '!', 'mux.video'],
    ...['in.audio_0', '!', 'queue', '!', 'aacparse', '!', 'mux.audio'],
  ]);
  t.after(() => encoder.kill('SIGKILL'));
  await until(() => recorder.of('video').length >= 2);
  const out = path.join(folder, 'librtmp.h264');
  const player = startPlayer('gst-launch-1.0', [
    ...['-q', '-e', 'rtmpsrc', `location=${bed.url()} live=1`, '!', 'flvdemux', 'name=in'],
    ...['in.video', '!', 'h264parse', '!', 'video/x-h264,stream-format=byte-stream', '!'],
    ...['filesink', `location=${out}`],
  ]);
  t.after(() => player.kill('SIGKILL'));
  await until(() => bed.started.length === 2);
  await encoder.done;
  await until(() => bed.ended.length >= 1);
  const got = frameHashes(recorder.annexB(), 'h264');
  assert.ok(got.length >= 70);
  assert.deepEqual(got, fileHashes.slice(0, got.length));
  for (const { owner } of bed.sessions.list()) owner.close('the test is over');
  const { code, stderr } = await player.done;
  assert.equal(code, 0, stderr);
  const played = frameHashes(out, 'h264');
  assert.ok(played.length >= 20, `${played.length} pictures`);
  for (const hash of played) assert.ok(fileHashes.includes(hash));
});

test('ffmpeg plays: the first picture is the key picture before it came, then every one, and the sound', async (t) => {
  const bed = await startBed(t);
  const feed = bed.feed(clip.tracks);
  const early = clip.units.filter(({ dts, track }) => dts / track.clockRate < 0.5);
  const late = clip.units.filter(({ dts, track }) => dts / track.clockRate >= 0.5);
  for (const unit of early) feed.write({ ...unit });
  const player = startFfmpeg([
    ...['-i', bed.url(), '-map', '0:v', '-map', '0:a', '-c:a', 'copy', '-fps_mode', 'passthrough'],
    ...['-f', 'framemd5', 'pipe:1'],
  ]);
  t.after(() => player.kill('SIGKILL'));
  await until(() => bed.started.length === 1);
  await writeInTime(feed, late);
  await until(() => (bed.sessions.list()[0]?.owner.totals().queuedBytes ?? 1) === 0);
  bed.sessions.list()[0]?.owner.close('the test is over');
  const { code, stdout, stderr } = await player.done;
  assert.equal(code, 0, stderr);
  assert.deepEqual(framemd5Hashes(stdout.toString()), hashes);
  assert.ok(framemd5Hashes(stdout.toString(), 1).length > 120);
  assert.deepEqual([bed.started[0]?.protocol, bed.started[0]?.kind], ['rtmp', 'view']);
  assert.equal(bed.sinks.size, 0);
});

test('GStreamer plays', async (t) => {
  const bed = await startBed(t);
  const feed = bed.feed(clip.tracks);
  const [first = assert.fail(), ...rest] = clip.units;
  feed.write({ ...first });
  const out = path.join(folder, 'gst.h264');
  const player = startPlayer('gst-launch-1.0', [
    ...['-q', '-e', 'rtmp2src', `location=${bed.url()}`, '!', 'flvdemux', 'name=in'],
    ...['in.video', '!', 'h264parse', '!', 'video/x-h264,stream-format=byte-stream', '!'],
    ...['filesink', `location=${out}`],
  ]);
  t.after(() => player.kill('SIGKILL'));
  await until(() => bed.started.length === 1);
  await writeInTime(feed, rest);
  bed.sessions.list()[0]?.owner.close('the test is over');
  const { code, stderr } = await player.done;
  assert.equal(code, 0, stderr);
  const got = frameHashes(out, 'h264');
  assert.ok(got.length >= hashes.length - 2, `${got.length} pictures`);
  assert.deepEqual(got, hashes.slice(0, got.length));
});

test('over TLS, published and played', async (t) => {
  const { certFile, keyFile } = await selfSignedCertificate();
  const { readFileSync } = await import('node:fs');
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const tls = { port: 0, certificate: () => Promise.resolve(fixedCertificate(pair)) };
  const bed = await startBed(t, { server: { tls } });
  const recorder = bed.record();
  const url = `rtmps://127.0.0.1:${bed.tlsPort}/live/gate`;
  const encoder = startFfmpeg(['-re', '-i', clipFile, '-c', 'copy', '-f', 'flv', url]);
  t.after(() => encoder.kill('SIGKILL'));
  await until(() => recorder.units.length > 10);
  const player = startFfmpeg(['-i', url, '-frames:v', '10', '-f', 'framemd5', 'pipe:1']);
  t.after(() => player.kill('SIGKILL'));
  const { code, stdout, stderr } = await player.done;
  assert.equal(code, 0, stderr);
  assert.equal(framemd5Hashes(stdout.toString()).length, 10);
  assert.deepEqual(
    bed.started.map(({ transport }) => transport),
    ['tls', 'tls'],
  );
});

test('what is played back is what was published, through the same server', async (t) => {
  const bed = await startBed(t);
  const encoder = startFfmpeg(['-re', '-i', clipFile, '-c', 'copy', '-f', 'flv', bed.url()]);
  t.after(() => encoder.kill('SIGKILL'));
  await until(() => bed.cameras.find('gate')?.stream.isLive === true);
  const file = path.join(folder, 'round.flv');
  writeFileSync(file, '');
  const player = startFfmpeg(['-y', '-i', bed.url(), '-c', 'copy', '-f', 'flv', file]);
  t.after(() => player.kill('SIGKILL'));
  await encoder.done;
  await until(() => bed.ended.some(({ session }) => session.kind === 'publish'));
  for (const { owner } of bed.sessions.list()) owner.close('the test is over');
  const { code, stderr } = await player.done;
  assert.equal(code, 0, stderr);
  assert.deepEqual(frameHashes(file, 'flv'), fileHashes);
});

for (const { name, args, words } of [
  { name: 'an unknown camera', args: ['nowhere'], words: /nowhere|BadName/ },
  { name: 'a name that none can have', args: ['a/b/c'], words: /no camera|BadName/ },
]) {
  test(`ffmpeg that publishes to ${name} is told so and ends`, async (t) => {
    const bed = await startBed(t);
    const url = bed.url(args[0]);
    const { code, stderr } = await startFfmpeg(['-re', '-i', clipFile, '-c', 'copy', '-f', 'flv', url]).done;
    assert.notEqual(code, 0);
    assert.match(stderr, words);
    assert.equal(bed.started.length, 0);
  });
}

test('ffmpeg that plays an unknown camera, or one that nobody feeds, is told so and ends', async (t) => {
  const bed = await startBed(t);
  for (const [name, words] of [
    ['nowhere', /there is no camera/],
    ['gate', /nobody publishes/],
  ] as const) {
    const { code, stderr } = await startFfmpeg(['-i', bed.url(name), '-f', 'null', '-']).done;
    assert.notEqual(code, 0);
    assert.match(stderr, words);
  }
});
