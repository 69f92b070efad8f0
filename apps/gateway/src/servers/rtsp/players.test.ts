import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { until } from '../../../../../e2e/support/until.ts';
import { frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { makeFootage, type Footage } from '../../sinks/hls/testing/footage.ts';
import { framemd5Hashes, startFfmpeg, startPlayer, type Player } from './testing/player.ts';
import { TestBed } from './testing/test-bed.ts';

const footage = makeFootage({ seconds: 4, gop: 25, audio: 'aac' });
const silent = makeFootage({ seconds: 4, gop: 25, bFrames: 2, bitrate: '4M' });
const hevc = makeFootage({ seconds: 4, gop: 25, bFrames: 2, codec: 'h265' });

/**
 * Lets a player come while the camera shows its first picture, gives it all that follows, then takes
 * the camera away.
 */
async function playThrough(
  t: TestContext,
  { tracks, units }: Footage,
  start: (url: string) => Player,
): Promise<{ stdout: Buffer; bed: TestBed }> {
  const bed = await TestBed.start();
  t.after(() => bed.close());
  const [first = assert.fail(), ...rest] = units;
  const feed = bed.feed(tracks);
  feed.write({ ...first });
  const player = start(`rtsp://127.0.0.1:${bed.port}/gate`);
  t.after(() => player.kill('SIGKILL'));
  await until(() => bed.started.length === 1);
  await bed.write(feed, rest, 2);
  await bed.cameras.apply({ autoCreate: false, byId: {} });
  const { code, stdout, stderr } = await player.done;
  assert.equal(code, 0, stderr);
  assert.equal(bed.ended[0]?.session.owner.totals().dropped, 0);
  return { stdout, bed };
}

for (const transport of ['tcp', 'udp']) {
  for (const { name, clip } of [
    { name: 'picture and sound', clip: footage },
    { name: 'B-frames', clip: silent },
    { name: 'H.265', clip: hevc },
  ]) {
    test(`ffmpeg over ${transport.toUpperCase()} decodes every picture as from the file: ${name}`, async (t) => {
      const { stdout, bed } = await playThrough(t, clip, (url) =>
        startFfmpeg([
          ...['-rtsp_transport', transport, '-i', url, '-fps_mode', 'passthrough'],
          ...['-map', '0:v', '-threads', '1', '-f', 'framemd5', 'pipe:1'],
        ]),
      );
      const wanted = frameHashes(clip.raw.bytes, clip.raw.format);
      // In the player's two UDP sockets the goodbye may overtake the last picture, and those that wait for it.
      const count = transport === 'udp' ? wanted.length - 3 : wanted.length;
      const received = framemd5Hashes(stdout.toString());
      assert.ok(received.length >= count && received.length <= wanted.length);
      assert.deepEqual(received.slice(0, count), wanted.slice(0, count));
      assert.equal(bed.started[0]?.transport, transport);
      assert.match(bed.started[0].userAgent ?? '', /^Lavf/);
    });
  }

  test(`GStreamer over ${transport.toUpperCase()} receives every picture`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-rtsp-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'received.h264');
    await playThrough(t, silent, (url) =>
      startPlayer('gst-launch-1.0', [
        ...['-q', 'rtspsrc', `location=${url}`, `protocols=${transport}`, 'latency=0', '!'],
        ...['rtph264depay', '!', 'video/x-h264,stream-format=byte-stream,alignment=au', '!'],
        ...['filesink', `location=${file}`],
      ]),
    );
    const wanted = frameHashes(silent.raw.bytes, 'h264');
    const count = transport === 'udp' ? wanted.length - 3 : wanted.length;
    assert.deepEqual(frameHashes(readFileSync(file), 'h264').slice(0, count), wanted.slice(0, count));
  });
}

test('the sound alone, on the channels that ffmpeg then asks for', async (t) => {
  const { stdout, bed } = await playThrough(t, footage, (url) =>
    startFfmpeg([
      ...['-rtsp_transport', 'tcp', '-allowed_media_types', 'audio', '-i', url],
      ...['-c', 'copy', '-f', 'framemd5', 'pipe:1'],
    ]),
  );
  const frames = footage.units.filter(({ track }) => track.kind === 'audio').length;
  assert.ok(framemd5Hashes(stdout.toString()).length >= frames - 1);
  assert.equal(bed.started.length, 1);
});
