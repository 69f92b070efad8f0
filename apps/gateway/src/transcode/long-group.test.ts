import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AccessUnit, Track } from '@vedette/media';
import { silentLogger } from '../observability/logger.ts';
import { Stream, type Feed } from '../stream/stream.ts';
import { MediaWorkers } from '../workers/media/media-workers.ts';
import { pictures } from './testing/pictures.ts';
import { VideoTranscoding } from './video-transcoding.ts';

/** Groups of pictures that go on for as long as nobody asks for another: what browsers publish. */

const workers = new MediaWorkers({ logger: silentLogger });
after(() => workers.close());

const ORDER = { height: 120, bitRate: 200_000 };
/** More than any wait here takes; what does not come then does not come at all. */
const LIMIT = { timeout: 30_000 };

interface Scene {
  readonly feed: Feed;
  /** How often a key frame was asked for. */
  readonly asked: () => number;
  readonly watch: () => AccessUnit[];
}

function scene(context: TestContext, track: Track): Scene {
  let asked = 0;
  const stream = new Stream({ id: 'gate' });
  context.after(() => stream.end('test over'));
  const feed = stream.open([track], { onKeyFrameWanted: () => (asked += 1) });
  const transcoding = new VideoTranscoding(stream, {
    studio: workers,
    logger: silentLogger,
    encoder: () => Promise.resolve('libx264'),
    onIdle: () => undefined,
  });
  const watch = (): AccessUnit[] => {
    const seen: AccessUnit[] = [];
    context.after(
      transcoding.listen(ORDER, { onTrack: () => undefined, onUnit: (unit) => void seen.push(unit) }),
    );
    return seen;
  };
  return { feed, asked: () => asked, watch };
}

test('what is live follows a long past that is still being decoded', LIMIT, async (context) => {
  const { signal } = context;
  const units = pictures('h264', { seconds: 40, gop: 10_000, width: 640, height: 360 });
  const [first] = units;
  assert.ok(first !== undefined);
  const { feed, watch } = scene(context, first.track);
  const past = units.slice(0, 950);
  for (const unit of past) feed.write({ ...unit });
  const seen = watch();
  const live = units.slice(past.length);
  for (const unit of live) {
    feed.write({ ...unit });
    await sleep(40);
  }
  const lastPts = live.at(-1)?.pts;
  while (seen.at(-1)?.pts !== lastPts) await sleep(5, undefined, { signal });
  // Where the encoder does not catch up, it leaves some out, one here and one there.
  const steps = seen.slice(1).map(({ pts }, index) => pts - (seen[index]?.pts ?? 0));
  assert.ok(Math.max(...steps) < 45_000, `a pause of ${Math.max(...steps) / 90} ms`);
});

test(
  'a key frame is asked for where pictures go in and none comes out, and pictures go on at it',
  LIMIT,
  async (context) => {
    const { signal } = context;
    const units = pictures('h264', { seconds: 2, gop: 10_000 });
    const [first] = units;
    assert.ok(first !== undefined);
    const { feed, asked, watch } = scene(context, first.track);
    const seen = watch();
    // The stream has no picture to begin with, nor has the decoder.
    feed.write({ ...first });
    while (seen.length === 0) await sleep(5, undefined, { signal });
    const before = asked();
    const lost = { ...first, isRandomAccess: false, data: [Uint8Array.of(0x41, 0xff, 0xff)], byteLength: 3 };
    let pts = first.pts;
    while (asked() === before) {
      pts += 3600;
      feed.write({ ...lost, pts, dts: pts });
      await sleep(10, undefined, { signal });
    }
    const again = pts + 3600;
    feed.write({ ...first, pts: again, dts: again });
    while (seen.at(-1)?.pts !== again) await sleep(5, undefined, { signal });
  },
);
