import { sourceReport } from '@vedette/contract';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startGstCamera, type GstCameraOptions } from '../../../../e2e/support/gst-camera.ts';
import { checkSourceCommand } from './check-source-command.ts';
import { probeSource } from './probe-source.ts';

async function run(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await checkSourceCommand(args, {
    stdout: { write: (text) => (said.out += text) },
    stderr: { write: (text) => (said.err += text) },
  });
  return { code, ...said };
}

async function startCamera(context: TestContext, options: GstCameraOptions): Promise<string> {
  const camera = await startGstCamera(options);
  context.after(async () => camera.close());
  return camera.url;
}

test('check-source: a good camera', async (context) => {
  const url = await startCamera(context, { audio: 'aac', user: 'admin', password: 'secret', auth: 'digest' });
  const { code, out, err } = await run([url, '--seconds', '5', '--json']);
  assert.deepEqual([code, err], [0, '']);
  assert.doesNotMatch(out, /secret/);
  const report = sourceReport.parse(JSON.parse(out));
  const [video, audio] = report.tracks;
  assert.ok(video !== undefined && audio !== undefined);
  assert.deepEqual(
    [video.codec, video.width, video.height, video.measuredFrameRate, video.gop, video.reorderDepth],
    ['h264', 320, 240, 25, { pictures: 25, seconds: 1, isComplete: true }, 0],
  );
  assert.deepEqual([audio.codec, audio.sampleRate, audio.channels], ['aac', 48_000, 2]);
  assert.ok(video.bitrate > 100_000 && audio.bitrate > 10_000);
  assert.equal(report.clock.source, 'sender-report');
  assert.deepEqual([report.transport, report.lostPackets, report.warnings], ['tcp', 0, []]);
});

test('check-source: B-frames and H.265 are warned of, in words', async (context) => {
  const url = await startCamera(context, { video: 'h265', audio: 'pcmu', bframes: 2, transport: 'udp' });
  const { code, out } = await run([url, '--seconds', '2']);
  assert.equal(code, 0);
  assert.match(out, /by UDP/);
  assert.match(out, /H\.265 Main .* 320×240, 25 fps/);
  assert.match(out, /G\.711 µ-law, 8 kHz mono/);
  assert.match(out, /B_FRAMES: .*\n {2}H265: /);
});

test('check-source: a program', async () => {
  const program = 'ffmpeg -nostdin -v error -re -f lavfi -i testsrc2=s=160x120:r=25 -c:v mjpeg -f mjpeg -';
  const { code, out } = await run([`exec:${program}`, '--seconds', '1']);
  assert.equal(code, 0);
  assert.match(out, /^exec:ffmpeg\nby a program/);
  assert.match(out, /Motion JPEG Baseline .*160×120/);
});

test('check-source: an address that cannot be looked at', async () => {
  const { code, err } = await run(['publish']);
  assert.equal(code, 1);
  assert.match(err, /ERR_SOURCE_SCHEME/);
});

test('check-source: what cannot be played is said in one sentence, without the password', async (context) => {
  const url = await startCamera(context, { user: 'admin', password: 'right' });
  const address = url.replace('right', 'secret');
  const { code, out, err } = await run([address]);
  assert.deepEqual([code, out], [1, '']);
  assert.match(
    err,
    /^rtsp:\/\/127\.0\.0\.1:\d+\/camera: the camera refused the user name or password \(ERR_RTSP_UNAUTHORIZED\)\n$/,
  );

  const json = await run([address, '--json']);
  assert.equal(json.code, 1);
  assert.equal((JSON.parse(json.out) as { code: string }).code, 'ERR_RTSP_UNAUTHORIZED');
});

for (const args of [
  [],
  ['--json'],
  ['a', 'b'],
  ['a', '--seconds', '0'],
  ['a', '--transport', 'x'],
  ['a', '--what'],
]) {
  test(`check-source: ${JSON.stringify(args)} gets the usage`, async () => {
    const { code, out, err } = await run(args);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /^Usage: vedette check-source/);
  });
}

test('probeSource: can be cut short', async (context) => {
  const url = await startCamera(context, {});
  const abort = new AbortController();
  const probe = probeSource(url, { signal: abort.signal });
  abort.abort();
  await assert.rejects(probe, { code: 'ERR_PROBE_ABORTED' });
});
