import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { makeFootage, type Footage } from '../../sinks/hls/testing/footage.ts';
import { LivePlayer, TestStream } from '../../sinks/hls/testing/playback.ts';
import { Stream } from '../../stream/stream.ts';
import { HlsSite } from './testing/hls-site.ts';
import { playByFfmpeg, playByGstreamer } from './testing/player.ts';

const SECONDS = 8;

describe('HLS in players that know nothing of low latency', () => {
  const site = new HlsSite({ segmentCount: 20 });
  let footage: Footage;
  let hashes: string[];

  before(async () => {
    footage = makeFootage({ seconds: SECONDS, audio: 'aac' });
    hashes = frameHashes(footage.raw.bytes, footage.raw.format);
    const source = new TestStream('over');
    source.open(footage.tracks);
    site.add(source.stream);
    site.muxers.open(source.stream);
    source.write(footage.units);
    source.stream.end('the test is over');
    await site.start();
  });
  after(async () => site.close());

  for (const query of ['', '?ll=0']) {
    test(`ffmpeg shows every picture of index.m3u8${query}, in time`, async () => {
      const frames = await playByFfmpeg(`${site.url}/live/over/index.m3u8${query}`);
      assert.deepEqual(
        frames.map(({ hash }) => hash),
        hashes,
      );
      const distances = new Set(frames.slice(1).map(({ pts }, i) => pts - (frames[i]?.pts ?? 0)));
      assert.equal(distances.size, 1, 'presentation times are continuous');
    });

    test(`GStreamer shows every picture of index.m3u8${query}`, async () => {
      assert.equal(await playByGstreamer(`${site.url}/live/over/index.m3u8${query}`), hashes.length);
    });
  }

  test('ffmpeg that comes to a live camera first of all sees pictures in order, none missing', async () => {
    const stream = new Stream({ id: 'live' });
    site.add(stream);
    const player = new LivePlayer(stream, footage.tracks, footage.units, SECONDS).start();
    try {
      const frames = await playByFfmpeg(`${site.url}/live/live/index.m3u8`, ['-t', '4']);
      const start = hashes.indexOf(frames[0]?.hash ?? '');
      assert.equal(start % 50, 0, 'it begins with a key picture');
      assert.equal(frames.length, 100);
      const want = frames.map((_, i) => hashes[(start + i) % hashes.length]);
      assert.deepEqual(
        frames.map(({ hash }) => hash),
        want,
      );
    } finally {
      player.close();
    }
  });
});
