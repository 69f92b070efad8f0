import { parsePlaylist, type MediaPlaylist } from '@vedette/protocols';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { TestStream } from '../../sinks/hls/testing/playback.ts';
import { g711Track, videoTrack } from '../../sinks/hls/testing/tracks.ts';
import { picture } from '../../testing/units.ts';
import { HLS_SESSION_LIMITS } from './hls-sessions.ts';
import { HlsSite } from './testing/hls-site.ts';

const track = videoTrack();

function live(id: string, count: number): TestStream {
  const source = new TestStream(id);
  source.open([track]);
  source.write(Array.from({ length: count }, (_, i) => picture(track, i)));
  return source;
}

async function readPlaylist(url: string): Promise<MediaPlaylist> {
  const response = await fetch(url);
  assert.equal(response.status, 200);
  const playlist = parsePlaylist(new Uint8Array(await response.arrayBuffer()));
  assert.ok(playlist.kind === 'media');
  return playlist;
}

async function problemOf(
  response: Response,
): Promise<{ status: number; code: string; retryAfter: string | null }> {
  assert.equal(response.headers.get('content-type')?.split(';')[0], 'application/problem+json');
  const { code, status, title, detail, type } = (await response.json()) as Record<string, unknown>;
  assert.ok(
    typeof code === 'string' &&
      typeof title === 'string' &&
      typeof detail === 'string' &&
      typeof type === 'string',
  );
  assert.equal(status, response.status);
  return { status: response.status, code, retryAfter: response.headers.get('retry-after') };
}

/** Resolves when `condition` holds, looking whenever the event loop turns. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('HLS over HTTP', () => {
  const site = new HlsSite({ maxWaitMs: 5000 });
  const source = live('cam', 141);
  before(async () => {
    site.add(source.stream);
    await site.start();
    await site.invite('cam');
    source.write(Array.from({ length: 80 }, (_, i) => picture(track, i + 141)));
  });
  after(async () => site.close());

  test('the multivariant playlist says what it is and invites a viewer', async () => {
    const response = await site.get('/live/cam/index.m3u8');
    assert.equal(response.headers.get('content-type'), 'application/vnd.apple.mpegurl');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const playlist = parsePlaylist(new Uint8Array(await response.arrayBuffer()));
    assert.ok(playlist.kind === 'multivariant');
    const [variant] = playlist.variants;
    assert.deepEqual(
      [variant?.codecs, variant?.resolution, variant?.frameRate],
      [['avc1.42c01e'], { width: 640, height: 360 }, 25],
    );
    assert.match(variant?.uri ?? '', /^hls\/[\w-]{22}\/source\/media\.m3u8$/);
    assert.ok(variant !== undefined && variant.bandwidth > 0);
  });

  test('everything that a playlist lists is there, immutable, once for all viewers', async () => {
    const url = await site.invite('cam');
    const { segments, openSegment } = await readPlaylist(url);
    const names = [segments[0]?.map?.uri, segments[0]?.uri, openSegment?.parts[0]?.uri];
    for (const name of names) {
      const response = await fetch(new URL(name ?? '', url));
      assert.equal(response.status, 200, name);
      assert.equal(response.headers.get('content-type'), 'video/mp4');
      assert.equal(response.headers.get('cache-control'), 'max-age=300, immutable');
      assert.equal(response.headers.get('etag'), `"${name ?? ''}"`);
      assert.ok((await response.arrayBuffer()).byteLength > 0);
      const again = await fetch(new URL(name ?? '', url), {
        headers: { 'if-none-match': `"${name ?? ''}"` },
      });
      assert.equal(again.status, 304);
    }
  });

  test('playlists are compressed for who takes it, and named by version', async () => {
    const url = await site.invite('cam');
    const plain = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
    const packed = await fetch(url, { headers: { 'accept-encoding': 'br, gzip' } });
    assert.equal(plain.headers.get('content-encoding'), null);
    assert.equal(packed.headers.get('content-encoding'), 'gzip');
    assert.equal(packed.headers.get('vary'), 'Accept-Encoding');
    assert.equal(packed.headers.get('cache-control'), 'no-cache');
    assert.equal(await packed.text(), await plain.text());
    const refused = await fetch(url, { headers: { 'accept-encoding': 'gzip;q=0' } });
    assert.equal(refused.headers.get('content-encoding'), null);
    const etag = plain.headers.get('etag') ?? '';
    const headers = { 'accept-encoding': 'identity', 'if-none-match': etag };
    assert.equal((await fetch(url, { headers })).status, 304);
  });

  test('ranges of a segment are served, and refused beyond its end', async () => {
    const url = await site.invite('cam');
    const { segments } = await readPlaylist(url);
    const segment = new URL(segments.find(({ isGap }) => !isGap)?.uri ?? '', url);
    const whole = Buffer.from(await (await fetch(segment)).arrayBuffer());
    const part = await fetch(segment, { headers: { range: 'bytes=10-19' } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-range'), `bytes 10-19/${whole.length}`);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(10, 20));
    const stale = await fetch(segment, { headers: { range: 'bytes=10-19', 'if-range': '"other"' } });
    assert.equal(stale.status, 200);
    const beyond = await fetch(segment, { headers: { range: `bytes=${whole.length}-` } });
    assert.equal(beyond.status, 416);
    const head = await fetch(segment, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(whole.length)]);
  });

  test('?ll=0 leads to a playlist that every player understands', async () => {
    const url = await site.invite('cam', '?ll=0');
    assert.match(url, /plain\.m3u8$/);
    const text = await (await fetch(url)).text();
    assert.doesNotMatch(text, /EXT-X-(PART|PRELOAD-HINT|GAP|SKIP)/);
    assert.match(text, /EXTINF:2,/);
  });

  for (const { query, code } of [
    { query: '_HLS_part=1', code: 'ERR_HLS_DIRECTIVE' },
    { query: '_HLS_msn=x', code: 'ERR_HLS_DIRECTIVE' },
    { query: '_HLS_msn=1&_HLS_msn=2', code: 'ERR_HLS_DIRECTIVE' },
    { query: '_HLS_msn=9007199254740991', code: 'ERR_HLS_DIRECTIVE' },
  ]) {
    test(`${query} is a bad request`, async () => {
      const url = await site.invite('cam');
      assert.deepEqual(await problemOf(await fetch(`${url}?${query}`)), {
        status: 400,
        code,
        retryAfter: null,
      });
    });
  }

  for (const { path, status, code } of [
    { path: '/live/nobody/index.m3u8', status: 404, code: 'ERR_CAMERA_NOT_FOUND' },
    { path: '/live/nobody/hls/x/source/media.m3u8', status: 404, code: 'ERR_HLS_SESSION' },
    { path: '/live/cam/hls/x/source/media.m3u8', status: 404, code: 'ERR_HLS_SESSION' },
  ]) {
    test(`${path}: ${code}`, async () => {
      assert.deepEqual(await problemOf(await site.get(path)), { status, code, retryAfter: null });
    });
  }

  test('a name that is not held is gone, a quality that is none is unknown', async () => {
    const url = await site.invite('cam');
    for (const name of ['p1-1.mp4', 's1-1.mp4', 'x']) {
      const { status, code } = await problemOf(await fetch(new URL(name, url)));
      assert.deepEqual([status, code], [404, 'ERR_HLS_GONE'], name);
    }
    const { status, code } = await problemOf(await fetch(new URL('../720p/media.m3u8', url)));
    assert.deepEqual([status, code], [404, 'ERR_QUALITY_UNKNOWN']);
  });

  test('a viewer is a session, counts its bytes, and is shown the door when that is deleted', async () => {
    const url = await site.invite('cam');
    const { openSegment } = await readPlaylist(url);
    const part = new URL(openSegment?.parts[0]?.uri ?? '', url);
    const { byteLength } = await (await fetch(part)).arrayBuffer();
    const record = site.sessions.list().at(-1);
    assert.deepEqual(
      [
        record?.protocol,
        record?.kind,
        record?.cameraId,
        record?.peer,
        record?.transport,
        record?.owner.totals().bytes,
      ],
      ['hls', 'view', 'cam', '127.0.0.1', 'http', byteLength],
    );
    record?.owner.close('ended by the administrator');
    assert.equal((await problemOf(await fetch(url))).code, 'ERR_HLS_SESSION');
    assert.equal((await problemOf(await fetch(part))).code, 'ERR_HLS_SESSION');
    assert.ok(site.ended.includes('ended by the administrator'));
  });
});

test('HLS: 200 viewers who wait are released by one part', async () => {
  const site = await new HlsSite().start();
  const source = live('cam', 31);
  site.add(source.stream);
  try {
    const urls = await Promise.all(Array.from({ length: 200 }, async () => site.invite('cam')));
    const { openSegment, mediaSequence, segments } = await readPlaylist(urls[0] ?? '');
    const query = `_HLS_msn=${mediaSequence + segments.length}&_HLS_part=${openSegment?.parts.length ?? 0}`;
    const answers = Promise.all(urls.map(async (url) => (await fetch(`${url}?${query}`)).text()));
    await until(() => site.muxers.usage.waits === 200);
    source.write(Array.from({ length: 5 }, (_, i) => picture(track, i + 31)));
    assert.equal(site.muxers.usage.waits, 200, 'they are released, but not within the media path');
    const texts = new Set(await answers);
    assert.equal(texts.size, 1);
    assert.equal(site.sessions.viewers('cam'), 200);
    assert.equal(source.stream.readerCount, 1);
    assert.equal(site.muxers.usage.waits, 0);
  } finally {
    await site.close();
  }
  assert.equal(site.sessions.viewers('cam'), 0);
});

test('HLS: a hinted part can be asked for before it is there; a client that leaves waits no longer', async () => {
  const site = await new HlsSite().start();
  const source = live('cam', 31);
  site.add(source.stream);
  try {
    const url = await site.invite('cam');
    const hint = new URL((await readPlaylist(url)).preloadHints[0]?.uri ?? '', url);
    const stays = fetch(hint);
    const leaves = get(hint);
    leaves.on('error', () => undefined);
    await until(() => site.muxers.usage.waits === 2);
    leaves.destroy();
    await until(() => site.muxers.usage.waits === 1);
    source.write(Array.from({ length: 5 }, (_, i) => picture(track, i + 31)));
    assert.equal((await stays).status, 200);
  } finally {
    await site.close();
  }
});

test('HLS: deleting a session and closing the server end what waits', async () => {
  const site = await new HlsSite().start();
  site.add(live('cam', 31).stream);
  const [first, second] = [await site.invite('cam'), await site.invite('cam')];
  const ask = async (url: string): Promise<Response> => {
    const { mediaSequence, segments } = await readPlaylist(url);
    return fetch(`${url}?_HLS_msn=${mediaSequence + segments.length}`);
  };
  const deleted = ask(first);
  await until(() => site.muxers.usage.waits === 1);
  site.sessions.list()[0]?.owner.close('ended by the administrator');
  assert.equal((await problemOf(await deleted)).code, 'ERR_HLS_SESSION');
  const closed = ask(second).then(
    ({ status }) => status,
    () => 'closed',
  );
  await until(() => site.muxers.usage.waits === 1);
  await site.close();
  assert.ok([404, 'closed'].includes(await closed));
  assert.equal(site.sessions.list().length, 0);
});

test('HLS: nobody waits for ever', async () => {
  const site = await new HlsSite({ maxWaitMs: 30 }).start();
  const source = live('cam', 31);
  const silent = new TestStream('silent');
  site.add(source.stream);
  site.add(silent.stream, { name: 'connecting', sinceMs: 0, attempt: 1 });
  try {
    const url = await site.invite('cam');
    const { mediaSequence, segments } = await readPlaylist(url);
    const wait = await problemOf(await fetch(`${url}?_HLS_msn=${mediaSequence + segments.length}`));
    assert.deepEqual(wait, { status: 503, code: 'ERR_HLS_NOT_YET', retryAfter: '1' });
    const connecting = await problemOf(await site.get('/live/silent/index.m3u8'));
    assert.deepEqual(connecting, { status: 503, code: 'ERR_CAMERA_CONNECTING', retryAfter: '1' });
    assert.equal(site.muxers.usage.waits, 0);
  } finally {
    await site.close();
  }
});

test('HLS: a camera that is away is said to be, at once', async () => {
  const site = await new HlsSite().start();
  const offline = { name: 'offline', sinceMs: 0, code: 'ERR_X', reason: 'It is off.', attempt: 1 } as const;
  site.add(new TestStream('a').stream, { ...offline, nextAttemptMs: Date.now() + 20_000 });
  site.add(new TestStream('b').stream, { ...offline, nextAttemptMs: undefined });
  site.add(new TestStream('c').stream, { name: 'waiting', sinceMs: 0 });
  const mute = new TestStream('d');
  mute.open([g711Track(0)]);
  site.add(mute.stream);
  try {
    const { retryAfter, ...first } = await problemOf(await site.get('/live/a/index.m3u8'));
    assert.deepEqual(first, { status: 503, code: 'ERR_CAMERA_OFFLINE' });
    assert.ok(Number(retryAfter) > 5 && Number(retryAfter) <= 20);
    for (const [id, code] of [
      ['b', 'ERR_CAMERA_OFFLINE'],
      ['c', 'ERR_CAMERA_WAITING'],
    ]) {
      const answer = await problemOf(await site.get(`/live/${id}/index.m3u8`));
      assert.deepEqual(answer, { status: 503, code, retryAfter: '5' });
    }
    assert.deepEqual((await problemOf(await site.get('/live/d/index.m3u8'))).code, 'ERR_HLS_UNPLAYABLE');
    assert.equal(site.muxers.usage.muxers, 1, 'nothing is made for a camera that is away');
  } finally {
    await site.close();
  }
});

test('HLS: a stream that is made on demand is waited for', async () => {
  const site = await new HlsSite().start();
  const source = new TestStream('demo');
  site.add(source.stream, { name: 'idle', sinceMs: 0 });
  try {
    const url = site.invite('demo');
    await until(() => source.stream.isWanted);
    source.open([track]);
    source.write(Array.from({ length: 6 }, (_, i) => picture(track, i)));
    assert.equal((await readPlaylist(await url)).openSegment?.parts.length, 1);
  } finally {
    await site.close();
  }
});

test('HLS: one address has so many viewers and so many requests, not more', async () => {
  const limits = { ...HLS_SESSION_LIMITS, maxSessionsPerAddress: 2, maxRequestsPerAddress: 1 };
  const site = await new HlsSite({ limits }).start();
  site.add(live('cam', 31).stream);
  try {
    const url = await site.invite('cam');
    await site.invite('cam');
    const refused = { status: 429, code: 'ERR_TOO_MANY_REQUESTS', retryAfter: '1' };
    assert.deepEqual(await problemOf(await site.get('/live/cam/index.m3u8')), refused);
    const { preloadHints } = await readPlaylist(url);
    const wait = fetch(new URL(preloadHints[0]?.uri ?? '', url)).catch(() => undefined);
    await until(() => site.muxers.usage.waits === 1);
    assert.deepEqual(await problemOf(await fetch(url)), refused);
    await site.close();
    await wait;
  } finally {
    await site.close();
  }
});

test('HLS: a client that takes nothing of an answer is cut off', async () => {
  const site = await new HlsSite({ limits: { ...HLS_SESSION_LIMITS, stallMs: 50 } }).start();
  const source = new TestStream('cam');
  source.open([track]);
  site.add(source.stream);
  site.muxers.open(source.stream);
  // More than the buffers of a connection take.
  source.write(Array.from({ length: 60 }, (_, i) => picture(track, i, { size: 400_000 })));
  try {
    const url = await site.invite('cam');
    const { segments } = await readPlaylist(url);
    const { hostname, port, pathname } = new URL(segments.find(({ isGap }) => !isGap)?.uri ?? '', url);
    const others = await site.connections();
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    socket.on('error', () => undefined);
    await once(socket, 'readable');
    // Nothing is read until the server has given up.
    while ((await site.connections()) > others) await new Promise((resolve) => setImmediate(resolve));
    socket.resume();
    await once(socket, 'close');
    assert.ok(socket.bytesRead < 20_000_000);
  } finally {
    await site.close();
  }
});
