import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test, type TestContext } from 'node:test';
import type { RtmpCodecs } from '@vedette/protocols';
import { until } from '../../../../../e2e/support/until.ts';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { makeFootage } from '../../sinks/hls/testing/footage.ts';
import { startFfmpeg, startPlayer, type Player } from '../rtsp/testing/player.ts';
import { TestBed, writeInTime } from './testing/test-bed.ts';

const PEER = path.join(import.meta.dirname, 'testing/ffmpeg-process.ts');
const folder = mkdtempSync(path.join(tmpdir(), 'vedette-enhanced-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** An FFmpeg that knows Enhanced RTMP; the distribution's does not. */
function modernFfmpeg(t: TestContext, ...args: readonly string[]): Player {
  const player = startPlayer(process.execPath, [PEER, ...args]);
  t.after(() => player.kill('SIGKILL'));
  return player;
}

for (const { codec, format, encoder } of [
  {
    codec: 'h265',
    format: 'hevc',
    encoder: [
      'libx265',
      '-x265-params',
      'log-level=error:bframes=2:keyint=25:frame-threads=1',
      '-tag:v',
      'hvc1',
    ],
  },
  { codec: 'av1', format: 'obu', encoder: ['libaom-av1', '-cpu-used', '8', '-g', '10'] },
]) {
  test(`FFmpeg 8 publishes ${codec} and Opus by Enhanced RTMP: every picture and packet arrives`, async (t) => {
    const file = path.join(folder, `${codec}.mkv`);
    const seconds = codec === 'av1' ? 0.6 : 2;
    ffmpeg([
      ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${seconds}`],
      ...['-f', 'lavfi', '-i', `sine=sample_rate=48000:duration=${seconds}`, '-ac', '2'],
      ...['-c:v', ...encoder, '-pix_fmt', 'yuv420p', '-c:a', 'libopus', file],
    ]);
    const bed = await TestBed.start();
    t.after(() => bed.close());
    const recorder = bed.record();
    const { code, stderr } = await modernFfmpeg(t, 'publish', file, bed.url()).done;
    assert.equal(code, 0, stderr);
    await until(() => bed.ended.length === 1);
    assert.deepEqual(
      recorder.tracks.map((track) => track.codec),
      [codec, 'opus'],
    );
    const sent = frameHashes(file, 'matroska');
    if (codec === 'h265') assert.deepEqual(frameHashes(recorder.annexB(), format), sent);
    else {
      const units = recorder.of('video').flatMap(({ data }) => [Uint8Array.of(0x12, 0), ...data]);
      assert.deepEqual(frameHashes(Buffer.concat(units), format), sent);
    }
    assert.ok(recorder.of('audio').length >= seconds * 50);
  });
}

test('H.265 and Opus are played by who says that it takes them', async (t) => {
  const clip = makeFootage({ seconds: 2, gop: 25, codec: 'h265', bFrames: 2, audio: 'opus' });
  const asked: RtmpCodecs[] = [];
  const bed = await TestBed.start({
    server: {
      fit: (stream, codecs) => {
        asked.push(codecs);
        return stream;
      },
    },
  });
  t.after(() => bed.close());
  const feed = bed.feed(clip.tracks);
  const [first = assert.fail(), ...rest] = clip.units;
  feed.write({ ...first });
  const player = modernFfmpeg(t, 'play', bed.url(), 'hvc1,Opus');
  await until(() => bed.started.length === 1);
  await writeInTime(feed, rest);
  await until(() => (bed.sessions.list()[0]?.owner.totals().queuedBytes ?? 1) === 0);
  bed.sessions.list()[0]?.owner.close('the test is over');
  const { stdout, stderr } = await player.done;
  const [head = '', ...packets] = stdout.toString().trim().split('\n');
  assert.equal((JSON.parse(head) as { codecs: unknown[] }).codecs.length, 2, stderr);
  const sound = clip.units.filter(({ track }) => track.kind === 'audio');
  const heard = packets
    .map((line) => JSON.parse(line) as { stream: number; hash: string })
    .map(({ hash }) => hash);
  for (const { data } of sound) {
    const hash = createHash('md5').update(Buffer.concat(data)).digest('hex');
    assert.ok(heard.includes(hash));
  }
  assert.equal(packets.length, clip.units.length);
  assert.deepEqual(asked, [{ video: ['h265'], audio: ['opus'] }]);
});

test('a player that knows no H.265 is told so, at once and when the camera changes to it', async (t) => {
  const h264 = makeFootage({ seconds: 1, gop: 25 });
  const h265 = makeFootage({ seconds: 1, gop: 25, codec: 'h265' });
  const bed = await TestBed.start();
  t.after(() => bed.close());
  const write = ({ tracks, units }: typeof h264): void => {
    const feed = bed.feed(tracks);
    for (const unit of units) feed.write({ ...unit });
  };
  write(h264);
  const player = startFfmpeg(['-i', bed.url(), '-f', 'null', '-']);
  t.after(() => player.kill('SIGKILL'));
  await until(() => bed.started.length === 1);
  write(h265);
  await until(() => bed.ended.length === 1);
  assert.match(bed.ended[0]?.reason ?? '', /cannot carry h265/);
  await player.done;
  const late = await startFfmpeg(['-i', bed.url(), '-f', 'null', '-']).done;
  assert.notEqual(late.code, 0);
  assert.match(late.stderr, /cannot carry h265/);
});
