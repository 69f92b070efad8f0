import { parseMediaSegment, type H264Track } from '@vedette/media';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { makeFootage } from '../../sinks/hls/testing/footage.ts';
import { Stream } from '../../stream/stream.ts';
import { opusTrack, packet, picture } from '../../testing/units.ts';
import { MseSite, type MseClient } from './testing/mse-site.ts';

/** With parameter sets that an initialization segment can be made of. */
function realTrack(height: number): H264Track {
  const [track] = makeFootage({ seconds: 0.1, width: (height * 16) / 9, height }).tracks;
  if (track?.codec !== 'h264') throw new Error('no H.264');
  return track;
}

const video = realTrack(360);

async function until(condition: () => boolean, what = condition.toString()): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function refused(client: MseClient): Promise<{ code: unknown; closeCode: number | undefined }> {
  await until(() => client.closed !== undefined);
  return { code: client.of('error')[0]?.['code'], closeCode: client.closed?.code };
}

test('a viewer gets the tracks, the initialization segment, the group of pictures, then live', async (context) => {
  const site = await MseSite.start(context);
  const footage = makeFootage({ seconds: 2, gop: 50, bFrames: 2, audio: 'aac' });
  site.play(footage.tracks, footage.units);
  const client = site.view();
  const pictures = footage.units.filter(({ track }) => track.kind === 'video').length;
  const fragments = (): number =>
    client.binaries.slice(1).filter((bytes) => parseMediaSegment(bytes)[0]?.trackId === 1).length;
  await until(() => fragments() === pictures);

  const [tracks = {}] = client.of('tracks');
  assert.match(String(tracks['mimeType']), /^video\/mp4; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/);
  assert.deepEqual([tracks['width'], tracks['height'], tracks['quality']], [640, 360, 'source']);
  assert.equal(client.texts[0]?.['type'], 'tracks', 'before everything else');

  const shown = frameHashes(Buffer.concat(client.binaries), 'mp4');
  assert.deepEqual(shown, frameHashes(footage.raw.bytes, footage.raw.format), 'every picture, as it was');
  assert.equal(site.sessions.list()[0]?.protocol, 'mse');
  client.socket.close();
  await until(() => site.sessions.list().length === 0);
  assert.equal(site.sinks.size, 0);
});

test('other codecs: viewers are sent the new tracks and go on', async (context) => {
  const site = await MseSite.start(context);
  const [small, large] = [
    makeFootage({ seconds: 1 }),
    makeFootage({ seconds: 1, width: 1280, height: 720, audio: 'opus' }),
  ];
  site.play(small.tracks, small.units);
  const client = site.view();
  await until(() => client.binaries.length === 1 + small.units.length);
  site.play(large.tracks, large.units);
  await until(() => client.binaries.length === 2 + small.units.length + large.units.length);
  const heights = client.of('tracks').map(({ height, codecs }) => [height, (codecs as string[]).length]);
  assert.deepEqual(heights, [
    [360, 1],
    [720, 2],
  ]);
  assert.equal(client.closed, undefined);
});

test('a camera that is away comes: who waits for it is served, who asks in vain is told', async (context) => {
  const site = await MseSite.start(context);
  assert.deepEqual(await refused(site.view()), { code: 'ERR_CAMERA_WAITING', closeCode: 4503 });
  assert.deepEqual(await refused(site.view('nowhere/mse')), {
    code: 'ERR_CAMERA_NOT_FOUND',
    closeCode: 4404,
  });
  site.play([video], [picture(video, 0)]);
  assert.deepEqual(await refused(site.view('gate/mse?quality=4k')), {
    code: 'ERR_QUALITY_UNKNOWN',
    closeCode: 4404,
  });
});

test('a viewer that leaves while its camera connects: the camera is not wanted any more', async (context) => {
  const site = await MseSite.start(context);
  const hill = site.cameras.find('hill');
  assert.ok(hill !== undefined);
  const patient = site.view('mill/mse');
  await until(() => site.cameras.find('mill')?.stream.isWanted === true);
  const client = site.view('hill/mse');
  await until(() => hill.stream.isWanted);
  client.socket.close();
  await until(() => !hill.stream.isWanted);
  assert.equal(patient.closed, undefined, 'the wait for a camera is not over');
});

test('sound that browsers do not play, alone', async (context) => {
  const site = await MseSite.start(context);
  site.feed([{ id: 0, kind: 'audio', codec: 'pcmu', clockRate: 8000, sampleRate: 8000, channels: 1 }]);
  assert.deepEqual(await refused(site.view()), { code: 'ERR_MSE_UNPLAYABLE', closeCode: 4406 });
});

test('pages of other sites, and other hosts, get no connection; those that are allowed do', async (context) => {
  const site = await MseSite.start(context);
  site.play([video], [picture(video, 0)]);
  for (const headers of [{ origin: 'http://evil.example' }, { host: 'evil.example' }]) {
    const client = site.view('gate/mse', headers);
    await until(() => client.closed !== undefined);
    assert.match(String(client.error), /403/);
  }
  const client = site.view('gate/mse', { origin: 'http://example.org' });
  await until(() => client.binaries.length === 2);
});

test('without a WebSocket: 426, and how to come back', async (context) => {
  const site = await MseSite.start(context);
  const response = await fetch(`${site.url}/live/gate/mse`);
  assert.equal(response.status, 426);
  assert.equal(response.headers.get('upgrade'), 'websocket');
});

for (const { name, abuse } of [
  { name: 'no JSON', abuse: (client: MseClient) => client.socket.send('rubbish') },
  { name: 'binary messages', abuse: (client: MseClient) => client.socket.send(Buffer.alloc(4)) },
  { name: 'messages that are too long', abuse: (client: MseClient) => client.socket.send('x'.repeat(5000)) },
  {
    name: 'a flood',
    abuse: (client: MseClient) => {
      for (let count = 0; count < 200; count += 1) client.send({ type: 'pong' });
    },
  },
]) {
  test(`a viewer that sends ${name} is ended, the others are not`, async (context) => {
    const site = await MseSite.start(context);
    const feed = site.play([video], [picture(video, 0)]);
    const [bad, good] = [site.view(), site.view()];
    await until(() => bad.binaries.length === 2 && good.binaries.length === 2);
    abuse(bad);
    await until(() => bad.closed !== undefined);
    feed.write(picture(video, 1));
    await until(() => good.binaries.length === 3);
    assert.equal(site.sessions.list().length, 1);
  });
}

test('a slow viewer loses whole groups and is told; the others lose nothing', async (context) => {
  const site = await MseSite.start(context);
  const feed = site.feed([video]);
  const size = 200_000;
  feed.write(picture(video, 0, { gop: 10, size }));
  const [slow, quick] = [site.view(), site.view()];
  await until(() => slow.binaries.length === 2 && quick.binaries.length === 2);
  slow.socket.pause();
  let index = 1;
  const dropped = (): number =>
    site.sessions.list().reduce((sum, { owner }) => sum + owner.totals().dropped, 0);
  while (dropped() < 20) {
    feed.write(picture(video, index, { gop: 10, size }));
    index += 1;
    await until(() => quick.binaries.length === index + 1);
  }
  slow.socket.resume();
  await until(() => slow.of('dropped').length > 0, 'the slow viewer is told');
  // To the next key picture.
  const received = slow.binaries.length;
  while (slow.binaries.length === received) {
    feed.write(picture(video, index, { gop: 10, size }));
    index += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(quick.of('dropped').length, 0);
});

test('a viewer chooses: it is sent the other rendition from a key picture on, in the same time', async (context) => {
  const small = new Stream({ id: 'gate' });
  const rungs = (): { name: string; height: number; bitrate: number }[] => [
    { name: 'source', height: 720, bitrate: 2e6 },
    { name: '360p', height: 360, bitrate: 5e5 },
  ];
  const site = await MseSite.start(context, {
    rungs,
    fitter: { fit: (stream, _carriage, quality) => (quality === '360p' ? small : stream) },
  });
  const large = realTrack(720);
  const feed = site.feed([large]);
  feed.write(picture(large, 0));
  const client = site.view();
  await until(() => client.binaries.length === 2);
  client.send({ type: 'quality', quality: '360p' });
  await until(() => small.isWanted, 'the rendition is made when it is asked for');
  feed.write(picture(large, 1));
  await until(() => client.binaries.length === 3, 'the old one goes on meanwhile');
  const smallFeed = small.open([video]);
  smallFeed.write(picture(video, 0));
  await until(() => client.of('tracks').length === 2);
  assert.equal(client.of('tracks')[1]?.['quality'], '360p');
  await until(() => client.binaries.length === 5);
  feed.write(picture(large, 2));
  smallFeed.write(picture(video, 1));
  await until(() => client.binaries.length === 6);
  const told = client.of('quality').at(-1);
  assert.deepEqual([told?.['quality'], told?.['isAutomatic']], ['360p', false]);

  client.send({ type: 'quality', quality: '8k' });
  await until(() => client.of('error').length === 1);
  assert.equal(client.of('error')[0]?.['code'], 'ERR_QUALITY_UNKNOWN');
  assert.equal(client.closed, undefined, 'it goes on');
  client.send({ type: 'quality', quality: 'auto' });
  client.socket.close();
  await until(() => !small.isWanted, 'nobody needs the rendition any more');
});

test('too many viewers of one address are refused', async (context) => {
  const site = await MseSite.start(context, { maxViewersPerAddress: 1 });
  site.play([video, opusTrack()], [picture(video, 0), packet(opusTrack(), 0)]);
  const first = site.view();
  await until(() => first.binaries.length > 1);
  assert.deepEqual(await refused(site.view()), { code: 'ERR_TOO_MANY_REQUESTS', closeCode: 4429 });
  first.socket.close();
  await until(() => site.sessions.list().length === 0);
  const again = site.view();
  await until(() => again.binaries.length > 1);
});

test('a session that is ended, and a camera that is removed: the viewer is told why', async (context) => {
  const site = await MseSite.start(context);
  site.play([video], [picture(video, 0)]);
  const [one, other] = [site.view(), site.view()];
  await until(() => site.sessions.list().length === 2);
  site.sessions.list()[0]?.owner.close('ended by an administrator');
  await until(() => one.closed !== undefined || other.closed !== undefined);
  await site.cameras.apply({ autoCreate: false, byId: {} });
  await until(() => one.closed !== undefined && other.closed !== undefined);
  assert.equal(site.ended.length, 2);
});
