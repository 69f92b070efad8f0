import { parsePlaylist, type MediaPlaylist } from '@vedette/protocols';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { randomUUID } from 'node:crypto';
import { until } from '../../../../../e2e/support/until.ts';
import { SessionGuard } from '../../access/session-guard.ts';
import { PathSigner } from '../../access/tokens/path-signature.ts';
import { silentLogger } from '../../observability/logger.ts';
import { TestStream } from '../../sinks/hls/testing/playback.ts';
import { videoTrack } from '../../sinks/hls/testing/tracks.ts';
import { picture } from '../../testing/units.ts';
import { identityOf, TestAccess } from '../http/testing/test-access.ts';
import { HlsSite } from './testing/hls-site.ts';

const track = videoTrack();
const MAI = { name: 'mai', may: ['view'] } as const;

interface Guarded {
  readonly site: HlsSite;
  readonly people: TestAccess;
}

/** A site with the cameras `gate` and `yard`, where `mai` may view the one, and the guard of sessions at work. */
async function start(context: TestContext, names: readonly string[] = ['mai']): Promise<Guarded> {
  const people = new TestAccess([...names.map((name) => ({ ...MAI, name })), { name: 'stranger' }]);
  const signer = new PathSigner(new Uint8Array(32).fill(7));
  const site = new HlsSite({
    maxWaitMs: 20_000,
    access: people.access,
    signedPaths: { signer, identityOf: ({ id }) => (names.includes(id) ? identityOf(id) : undefined) },
  });
  for (const id of ['gate', 'yard']) {
    const source = new TestStream(id);
    source.open([track]);
    site.add(source.stream);
    site.muxers.open(source.stream); // or there is nothing but the last group of pictures
    source.write(Array.from({ length: 161 }, (_, i) => picture(track, i)));
  }
  await site.start();
  const guard = new SessionGuard({ sessions: site.sessions, rights: people.rights, logger: silentLogger });
  guard.start();
  context.after(async () => {
    guard.close();
    await site.close();
  });
  return { site, people };
}

async function refusal(response: Response): Promise<readonly [number, string]> {
  return [response.status, ((await response.json()) as { code: string }).code];
}

async function readPlaylist(url: string): Promise<MediaPlaylist> {
  const playlist = parsePlaylist(new Uint8Array(await (await fetch(url)).arrayBuffer()));
  assert.ok(playlist.kind === 'media');
  return playlist;
}

/** Addresses of everything that a media playlist lists. */
async function listed(url: string): Promise<string[]> {
  const playlist = await readPlaylist(url);
  const names = playlist.segments.filter(({ isGap }) => !isGap).map(({ uri }) => uri);
  const parts = playlist.openSegment?.parts.map(({ uri }) => uri) ?? [];
  return [...names, ...parts].map((name) => new URL(name, url).href);
}

for (const { name, path, status, code } of [
  { name: 'nobody', path: '/live/gate/index.m3u8', status: 401, code: 'ERR_UNAUTHENTICATED' },
  {
    name: 'nobody, where there is no camera',
    path: '/live/nowhere/index.m3u8',
    status: 401,
    code: 'ERR_UNAUTHENTICATED',
  },
  {
    name: 'a stranger',
    path: '/live/gate/index.m3u8?token=stranger-token',
    status: 404,
    code: 'ERR_CAMERA_NOT_FOUND',
  },
  {
    name: 'another camera’s viewer',
    path: '/live/yard/index.m3u8?token=mai-token',
    status: 404,
    code: 'ERR_CAMERA_NOT_FOUND',
  },
  {
    name: 'a token where a session is',
    path: '/live/gate/hls/x/source/media.m3u8?token=mai-token',
    status: 404,
    code: 'ERR_HLS_SESSION',
  },
]) {
  test(`HLS refuses ${name}: ${status} ${code}`, async (context) => {
    const { site } = await start(context);
    assert.deepEqual(await refusal(await site.get(path)), [status, code]);
    assert.deepEqual(site.sessions.list(), []);
  });
}

test('HLS knocks once: from then on addresses open that hold nothing of the token', async (context) => {
  const { site, people } = await start(context);
  const index = await (await site.get('/live/gate/index.m3u8?token=mai-token')).text();
  assert.doesNotMatch(index, /token/);
  const url = await site.invite('gate', '?token=mai-token');
  people.shown.length = 0;
  const media = await listed(url);
  assert.ok(media.length > 1);
  for (const address of media) {
    assert.equal((await fetch(address)).status, 200);
    assert.doesNotMatch(address, /token/);
  }
  assert.deepEqual(people.shown, [], 'nobody is asked again');
  const [session] = site.sessions.list();
  assert.deepEqual(session?.identity, identityOf('mai'));
  const elsewhere = url.replace('/gate/', '/yard/');
  assert.deepEqual(await refusal(await fetch(elsewhere)), [404, 'ERR_HLS_SESSION']);
});

for (const { name, act } of [
  { name: 'his permission', act: (people: TestAccess) => people.grant({ name: 'mai' }) },
  { name: 'his account', act: (people: TestAccess) => people.remove('mai') },
]) {
  test(`HLS ends with ${name}: what waits, what is asked for next, and no new session begins`, async (context) => {
    const { site, people } = await start(context);
    const url = await site.invite('gate', '?token=mai-token');
    const [media = ''] = await listed(url);
    const { mediaSequence, segments } = await readPlaylist(url);
    const waiting = fetch(`${url}?_HLS_msn=${mediaSequence + segments.length}`);
    await until(() => site.muxers.usage.waits === 1);
    act(people);
    assert.deepEqual(await refusal(await waiting), [404, 'ERR_HLS_SESSION']);
    for (const address of [url, media]) {
      assert.deepEqual(await refusal(await fetch(address)), [404, 'ERR_HLS_SESSION']);
    }
    assert.deepEqual(site.ended, ['permission withdrawn']);
    assert.deepEqual(site.sessions.list(), []);
    assert.ok([401, 404].includes((await site.get('/live/gate/index.m3u8?token=mai-token')).status));
  });
}

test('HLS: an invitation that was not used is worth nothing either once the permission is gone', async (context) => {
  const { site, people } = await start(context);
  const url = await site.invite('gate', '?token=mai-token');
  people.grant({ name: 'mai' });
  assert.deepEqual(await refusal(await fetch(url)), [404, 'ERR_HLS_SESSION']);
  people.grant(MAI);
  assert.deepEqual(await refusal(await fetch(url)), [404, 'ERR_HLS_SESSION']);
});

/** Follows `?shared=1`. @returns the address of the playlist of playlists for caches. */
async function signedIndexOf(site: HlsSite, name: string): Promise<string> {
  const headers = { authorization: `Basic ${Buffer.from(`${name}:${name}-password`).toString('base64')}` };
  const response = await site.get('/live/gate/index.m3u8?shared=1&ll=0', { redirect: 'manual', headers });
  assert.equal(response.status, 302);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const location = response.headers.get('location') ?? '';
  assert.match(location, /^~[\w-]{50}\/index\.m3u8\?ll=0$/);
  return new URL(location, `${site.url}/live/gate/index.m3u8`).href;
}

function lastLine(playlist: string): string {
  return playlist.trimEnd().split('\n').at(-1) ?? '';
}

test('signed paths: the same for the same viewer, kept by caches, without another knock', async (context) => {
  const mai = randomUUID();
  const { site, people } = await start(context, [mai]);
  const index = await signedIndexOf(site, mai);
  assert.equal(await signedIndexOf(site, mai), index);
  people.shown.length = 0;
  const response = await fetch(index);
  assert.match(response.headers.get('cache-control') ?? '', /^public, max-age=1$/);
  const url = new URL(lastLine(await response.text()), index).href;
  const playlist = await fetch(url);
  assert.match(playlist.headers.get('cache-control') ?? '', /^public, max-age=1$/);
  const media = await listed(url);
  for (const address of media) {
    const answer = await fetch(address);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=300, immutable');
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(answer.headers.get('set-cookie'), null);
  }
  assert.deepEqual(people.shown, []);
  assert.equal(site.sessions.list().length, 1, 'one session for all who share it');
  const forged = url.replace(/~(.)/, (_all, first: string) => `~${first === 'A' ? 'B' : 'A'}`);
  assert.deepEqual(await refusal(await fetch(forged)), [404, 'ERR_HLS_SESSION']);
  assert.deepEqual(await refusal(await fetch(url.replace('/gate/', '/yard/'))), [404, 'ERR_HLS_SESSION']);
});

test('signed paths end with the permission, and come back with it', async (context) => {
  const mai = randomUUID();
  const { site, people } = await start(context, [mai]);
  const index = await signedIndexOf(site, mai);
  const url = new URL(lastLine(await (await fetch(index)).text()), index).href;
  const [media = ''] = await listed(url);
  people.grant({ name: mai });
  for (const address of [index, url, media]) {
    assert.deepEqual(await refusal(await fetch(address)), [403, 'ERR_FORBIDDEN']);
  }
  assert.deepEqual(site.sessions.list(), []);
  people.grant({ ...MAI, name: mai });
  assert.equal((await fetch(url)).status, 200);
});

test('a shared session that an administrator ends begins again only with the credential', async (context) => {
  const mai = randomUUID();
  const { site } = await start(context, [mai]);
  const index = await signedIndexOf(site, mai);
  const url = new URL(lastLine(await (await fetch(index)).text()), index).href;
  await listed(url);
  site.sessions.list()[0]?.owner.close('ended by an administrator');
  assert.deepEqual(await refusal(await fetch(url)), [404, 'ERR_HLS_SESSION']);
  assert.equal(await signedIndexOf(site, mai), index);
  assert.equal((await fetch(url)).status, 200);
});

test('who is known by no id gets addresses of his own', async (context) => {
  const { site } = await start(context);
  const response = await site.get('/live/gate/index.m3u8?shared=1&token=mai-token', { redirect: 'manual' });
  assert.equal(response.status, 200, '"mai" is no UUID');
});
