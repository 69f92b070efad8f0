import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { SourceRun } from '../testing/source-run.ts';
import { rpicamArguments, RpicamSource } from './rpicam-source.ts';

const FRAMES = 30;

/** A stand-in on the PATH, which notes its arguments and writes one picture after another. */
function installStandIn(context: TestContext, name: string, body: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-rpicam-'));
  const before = process.env['PATH'];
  writeFileSync(path.join(folder, name), `#!/bin/sh\necho "$@" > ${folder}/arguments\n${body}\n`, {
    mode: 0o755,
  });
  process.env['PATH'] = `${folder}:${before ?? ''}`;
  context.after(() => {
    process.env['PATH'] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function clip(folder: string): string {
  const file = path.join(folder, 'clip.h264');
  const scene = ['-f', 'lavfi', '-i', 'testsrc2=s=640x480:r=30', '-frames:v', String(FRAMES)];
  const coding = [
    '-c:v',
    'libx264',
    '-profile:v',
    'baseline',
    '-g',
    '15',
    '-pix_fmt',
    'yuv420p',
    '-f',
    'h264',
    file,
  ];
  ffmpeg([...scene, ...coding]);
  return file;
}

for (const name of ['rpicam-vid', 'libcamera-vid']) {
  test(`RpicamSource: ${name} is started for low latency, and its last picture is not held back`, async (context) => {
    const folder = installStandIn(context, name, 'cat $(dirname $0)/clip.h264\nexec sleep 100');
    clip(folder);
    const run = await new SourceRun(new RpicamSource('rpicam:')).untilPictures(FRAMES);
    await run.stop();
    assert.equal(
      readFileSync(path.join(folder, 'arguments'), 'utf8').trim(),
      '--timeout 0 --nopreview --flush --inline --codec h264 --profile baseline --intra 15 --camera 0 --width 640 --height 480 --framerate 30 --bitrate 2000000 --output -',
    );
    assert.deepEqual(
      run.tracks.map(({ codec }) => codec),
      ['h264'],
    );
  });
}

test('RpicamSource: what the program says is the reason', async (context) => {
  installStandIn(context, 'rpicam-vid', 'echo "ERROR: *** no cameras available ***" >&2; exit 255');
  const error = await new SourceRun(new RpicamSource('rpicam:?camera=1')).failure();
  assert.equal(error.code, 'ERR_PROGRAM_ENDED');
  assert.match(error.message, /no cameras available/);
});

test('RpicamSource: without either program it says what to install', async () => {
  const before = process.env['PATH'];
  process.env['PATH'] = '/nowhere';
  const error = await new SourceRun(new RpicamSource('rpicam:')).failure();
  process.env['PATH'] = before;
  assert.equal(error.code, 'ERR_PROGRAM_MISSING');
  assert.match(error.message, /rpicam-apps/);
});

test('rpicamArguments: options', () => {
  const args = rpicamArguments('rpicam:?camera=1&size=1920x1080&fps=25&bitrate=4000000&rotation=180').join(
    ' ',
  );
  assert.match(args, /--camera 1 --width 1920 --height 1080 --framerate 25 --bitrate 4000000 --rotation 180/);
});

for (const query of ['camera=x', 'size=1', 'size=1x1', 'fps=0', 'bitrate=1', 'rotation=90', 'colour=1']) {
  test(`rpicamArguments: ${query} is refused`, () => {
    assert.throws(() => rpicamArguments(`rpicam:?${query}`), {
      code: 'ERR_DEVICE_OPTION',
      isPermanent: true,
    });
  });
}
