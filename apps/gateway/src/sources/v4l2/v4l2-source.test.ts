import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { SourceRun } from '../testing/source-run.ts';
import { v4l2Capture, V4l2Source } from './v4l2-source.ts';

const FRAMES = 20;
/** A character device that everybody may open; the stand-in does not look at it. */
const DEVICE = '/dev/null';

/** A stand-in for ffmpeg on the PATH, which notes its arguments and writes what a camera would. */
function installStandIn(context: TestContext, coding: readonly string[], body: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-v4l2-'));
  const scene = ['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=30', '-frames:v', String(FRAMES)];
  ffmpeg([...scene, ...coding, path.join(folder, 'clip')]);
  const before = process.env['PATH'];
  writeFileSync(path.join(folder, 'ffmpeg'), `#!/bin/sh\necho "$@" > ${folder}/arguments\n${body}\n`, {
    mode: 0o755,
  });
  process.env['PATH'] = `${folder}:${before ?? ''}`;
  context.after(() => {
    process.env['PATH'] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

const JPEGS = ['-c:v', 'mjpeg', '-f', 'mjpeg'];
const H264 = ['-c:v', 'libx264', '-profile:v', 'baseline', '-pix_fmt', 'yuv420p', '-f', 'h264'];

for (const { format, coding, codec } of [
  { format: 'mjpeg', coding: JPEGS, codec: 'mjpeg' },
  { format: 'h264', coding: H264, codec: 'h264' },
  { format: 'yuyv', coding: H264, codec: 'h264' },
]) {
  test(`V4l2Source: ${format}`, async (context) => {
    const folder = installStandIn(context, coding, 'cat $(dirname $0)/clip\nexec sleep 100');
    const address = `v4l2:${DEVICE}?size=320x240&fps=15&format=${format}`;
    const run = await new SourceRun(new V4l2Source(address)).untilPictures(FRAMES);
    await run.stop();
    assert.deepEqual(
      run.tracks.map((track) => track.codec),
      [codec],
    );
    const told = readFileSync(path.join(folder, 'arguments'), 'utf8');
    assert.match(told, /-f v4l2 -input_format \w+ -video_size 320x240 -framerate 15 -i \/dev\/null /);
  });
}

test('V4l2Source: a camera that is pulled out is a reason', async (context) => {
  installStandIn(context, JPEGS, 'cat $(dirname $0)/clip\necho "/dev/video0: No such device" >&2\nexit 1');
  const error = await new SourceRun(new V4l2Source(`v4l2:${DEVICE}`)).failure();
  assert.deepEqual([error.code, error.isPermanent], ['ERR_PROGRAM_ENDED', false]);
  assert.match(error.message, /No such device$/);
});

for (const device of ['/dev/video-nowhere', '/etc/hostname']) {
  test(`V4l2Source: ${device} is no camera`, async () => {
    const error = await new SourceRun(new V4l2Source(`v4l2:${device}`)).failure();
    assert.deepEqual([error.code, error.isPermanent], ['ERR_DEVICE_MISSING', false]);
    assert.match(error.message, /plugged in/);
  });
}

test('V4l2Source: without ffmpeg it says so', async () => {
  const before = process.env['PATH'];
  process.env['PATH'] = '/nowhere';
  const error = await new SourceRun(new V4l2Source(`v4l2:${DEVICE}`)).failure();
  process.env['PATH'] = before;
  assert.equal(error.code, 'ERR_PROGRAM_MISSING');
});

test('v4l2Capture: raw pictures are coded, the others go through', () => {
  assert.match(
    v4l2Capture('v4l2:/dev/video0?format=yuyv&fps=25').args.join(' '),
    /yuyv422 .* -c:v libx264 .* -g 50 .* -f h264 pipe:1$/,
  );
  assert.match(
    v4l2Capture('v4l2:/dev/video0').args.join(' '),
    /mjpeg -video_size 1280x720 -framerate 30 .* -c:v copy .* -f mjpeg pipe:1$/,
  );
});

for (const query of ['size=big', 'fps=0', 'format=avi', 'what=1']) {
  test(`v4l2Capture: ${query} is refused`, () => {
    assert.throws(() => v4l2Capture(`v4l2:/dev/video0?${query}`), {
      code: 'ERR_DEVICE_OPTION',
      isPermanent: true,
    });
  });
}
