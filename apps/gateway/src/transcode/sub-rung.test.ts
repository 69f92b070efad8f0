import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraConfig } from '@vedette/contract';
import { CameraSet } from '../cameras/camera-set.ts';
import type { Source } from '../cameras/source.ts';
import { silentLogger } from '../observability/logger.ts';
import { picture, videoTrack } from '../testing/units.ts';
import { FittedStreams } from './fitted-streams.ts';

/** A camera's stream of this height; says who runs. */
function source(height: number, running: Set<number>): Source {
  return {
    run: async (context) => {
      const { signal } = context;
      running.add(height);
      const track = videoTrack(0, { height, width: 2 * height });
      const feed = context.open([track]);
      for (let index = 0; !signal.aborted; index++) {
        feed.write(picture(track, index));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      feed.close();
      running.delete(height);
    },
  };
}

test("a camera's own smaller stream is a rung, fetched while it is watched; nothing of its size is made", async (context) => {
  const running = new Set<number>();
  const cameras = new CameraSet({
    logger: silentLogger,
    createSource: () => source(720, running),
    createSub: (_id, { sources }) => (sources?.sub === undefined ? undefined : source(360, running)),
  });
  context.after(async () => cameras.close());
  const declared = cameraConfig.parse({
    source: 'rtsp://camera/main',
    sources: { sub: 'rtsp://camera/sub' },
  });
  await cameras.apply({ autoCreate: false, byId: { gate: declared } });
  const camera = cameras.find('gate');
  assert.ok(camera?.sub !== undefined);
  const { stream, sub } = camera;
  await stream.live(AbortSignal.timeout(5000));
  // Once the camera is there it is looked at, for its place in the ladder.
  await sub.live(AbortSignal.timeout(5000));
  const fitter = new FittedStreams({
    studio: { link: () => Promise.reject(new Error('nothing is to be transcoded')) },
    logger: silentLogger,
    isEnabled: true,
    encoder: () => Promise.resolve('libx264'),
    bitrate: () => 4_000_000,
    sub: (id) => cameras.find(id)?.sub,
    renditions: () => [
      { height: 480, bitrate: 1_000_000 },
      { height: 360, bitrate: 500_000 },
      { height: 240, bitrate: 300_000 },
    ],
  });
  assert.deepEqual(
    fitter.ladder(stream).map(({ name, height }) => [name, height]),
    [
      ['source', 720],
      ['480p', 480],
      ['sub', 360],
    ],
  );
  const carriage = { video: ['h264'], reorders: false, audio: ['opus'] } as const;
  assert.throws(() => fitter.fit(stream, carriage, '240p'), { code: 'ERR_QUALITY_UNKNOWN' });
  const fitted = fitter.fit(stream, carriage, 'sub');
  assert.equal(fitted.id, 'gate');
  await fitted.live(AbortSignal.timeout(5000));
  const [track] = fitted.tracks;
  assert.ok(track?.kind === 'video');
  assert.equal(track.video.height, 360);
  const times: number[] = [];
  fitted.addReader({
    name: 'test',
    onTracks: () => undefined,
    onUnit: ({ pts }) => void times.push(pts / 90),
    onEnd: () => undefined,
  });
  while (times.length < 5) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(running.has(360) && running.has(720));
  await cameras.close();
  assert.equal(running.size, 0);
  assert.ok(fitted.isEnded);
});
