import { rescale, type AccessUnit } from '@vedette/media';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { SourceError } from '../../cameras/source.ts';
import { SourceRun } from '../testing/source-run.ts';
import { parseFileAddress } from './file-address.ts';
import { FileSource } from './file-source.ts';

/** 15 pictures, and sound that is a little longer. */
const CLIP = [
  ...['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=0.6'],
  ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100:duration=0.6'],
  ...['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'veryfast', '-g', '15', '-bf', '2', '-c:a', 'aac'],
];
const PICTURES = 15;
const LOOPS = 3;

/** Ticks of one picture. */
const FRAME = 3600;

function assertSteps(units: readonly AccessUnit[], least: number, most: number): void {
  units.slice(1).forEach(({ dts }, i) => {
    const step = dts - (units[i]?.dts ?? 0);
    assert.ok(step >= least && step <= most, `a step of ${step}`);
  });
}

/** Every pass has the same pictures, and lasts as long as they do. */
function assertPasses(video: readonly AccessUnit[]): void {
  video.forEach(({ data, isRandomAccess, dts }, i) => {
    assert.equal(isRandomAccess, i % PICTURES === 0);
    const before = video[i - PICTURES];
    if (before === undefined) return;
    assert.deepEqual(data, before.data, `picture ${i} is that of the pass before`);
    if (isRandomAccess) assert.equal(dts - before.dts, PICTURES * FRAME);
  });
}

function assertTogether(video: readonly AccessUnit[], audio: readonly AccessUnit[]): void {
  const [picture, sound] = [video.at(-1), audio.at(-1)];
  if (picture === undefined || sound === undefined) return;
  const apart = rescale(sound.dts, sound.track.clockRate, 90_000) - picture.dts;
  assert.ok(Math.abs(apart) < 90_000 / 4, `sound and picture are ${apart} ticks apart`);
}

describe('file cameras', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'vedette-file-'));
    ffmpeg([...CLIP, '-y', path.join(folder, 'clip.mp4')]);
    ffmpeg([
      ...CLIP,
      '-movflags',
      '+frag_keyframe+empty_moov+default_base_moof',
      '-y',
      path.join(folder, 'fragments.mp4'),
    ]);
    ffmpeg([...CLIP, '-f', 'mpegts', '-y', path.join(folder, 'clip.ts')]);
    ffmpeg([...CLIP, '-f', 'flv', '-y', path.join(folder, 'clip.flv')]);
    ffmpeg([...CLIP, '-bf', '0', '-an', '-f', 'h264', '-y', path.join(folder, 'clip.h264')]);
    ffmpeg([...CLIP, '-an', '-f', 'h264', '-y', path.join(folder, 'reordered.h264')]);
    writeFileSync(path.join(folder, 'broken.mp4'), 'this is no MP4 file at all, whatever its name says');
    writeFileSync(path.join(folder, 'broken.ts'), new Uint8Array(100_000));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of ['clip.mp4', 'fragments.mp4', 'clip.ts', 'clip.flv', 'clip.h264']) {
    test(`${name} over and over: no picture too many, none too few, in time`, async () => {
      const run = new SourceRun(new FileSource(`file:${path.join(folder, name)}?loop`));
      const startedMs = performance.now();
      await run.untilPictures(LOOPS * PICTURES + 1);
      const tookMs = performance.now() - startedMs;
      await run.stop();
      const [video, audio] = [run.of('video'), run.of('audio')];
      // FLV's decoding times are derived; MP4's are rounded by less than a tick of theirs.
      if (name !== 'clip.flv') assertSteps(video, FRAME - 90, FRAME + 90);
      assertPasses(video);
      // Played, not poured: the last picture was due after its time, less what was read ahead.
      const dueMs = ((video.at(-1)?.dts ?? 0) - (video[0]?.dts ?? 0)) / 90;
      assert.ok(tookMs > dueMs - 200, `${tookMs} ms for ${dueMs} ms of video`);
      assert.equal(audio.length > 0, name !== 'clip.h264');
      // Never back, and no hole of more than a picture.
      assertSteps(audio, 1, 2 * 1024 + 1764);
      assertTogether(video, audio);
      assert.equal(new Set(run.units.map(({ track }) => track)).size, run.tracks.length, 'the same tracks');
    });
  }

  test('once: it ends with the file, and says so', async () => {
    const run = new SourceRun(new FileSource(`file:${path.join(folder, 'clip.mp4')}`));
    const error = await run.ended;
    assert.ok(error instanceof SourceError);
    assert.deepEqual([error.code, error.isPermanent], ['ERR_FILE_ENDED', true]);
    assert.equal(run.of('video').length, PICTURES);
  });

  for (const { name, code, isPermanent } of [
    { name: 'missing.mp4', code: 'ERR_FILE_NOT_FOUND', isPermanent: false },
    { name: 'broken.mp4', code: 'ERR_MP4_MOVIE', isPermanent: true },
    { name: 'broken.ts', code: 'ERR_TS_SYNC', isPermanent: true },
    { name: 'reordered.h264', code: 'ERR_FILE_B_FRAMES', isPermanent: true },
    { name: 'clip.avi', code: 'ERR_FILE_FORMAT', isPermanent: true },
    { name: 'clip.mp4?speed=2', code: 'ERR_FILE_ADDRESS', isPermanent: true },
  ]) {
    test(`${name}: ${code}`, async () => {
      const error = await new SourceRun(new FileSource(`file:${path.join(folder, name)}`)).ended;
      assert.ok(error instanceof SourceError, String(error));
      assert.deepEqual([error.code, error.isPermanent], [code, isPermanent]);
    });
  }
});

for (const { address, want } of [
  {
    address: 'file:clip.mp4?loop',
    want: { path: 'clip.mp4', format: 'mp4', isLoop: true, framesPerSecond: 25 },
  },
  {
    address: 'file:///srv/a b.TS',
    want: { path: '/srv/a b.TS', format: 'ts', isLoop: false, framesPerSecond: 25 },
  },
  {
    address: 'file:x.265?fps=29.97&loop=1',
    want: { path: 'x.265', format: 'h265', isLoop: true, framesPerSecond: 29.97 },
  },
  { address: 'file:what?.mp4', want: undefined },
] as const) {
  test(`parseFileAddress: ${address}`, () => {
    if (want === undefined) assert.throws(() => parseFileAddress(address), SourceError);
    else assert.deepEqual(parseFileAddress(address), want);
  });
}
