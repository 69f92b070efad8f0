import type { IssuedStreamToken, StreamTokenPage, StreamTokenState, TokenStream } from '@vedette/contract';
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { ADA, asker } from '../access/tokens/testing/token-bed.ts';
import { silentLogger } from '../observability/logger.ts';
import { HttpAccess } from '../servers/http/http-access.ts';
import { HttpServer } from '../servers/http/http-server.ts';
import { LendingSite } from './testing/lending-site.ts';

let site: LendingSite;
before(async () => {
  site = await LendingSite.open();
});
after(async () => site.close());
beforeEach(async () => {
  for (const { id } of site.tokens.list()) await site.tokens.revoke(asker(ADA), id);
  site.bed.settings = { ...site.bed.settings, perUser: 100, perHour: 1000 };
});

test('a token is made, looked at, followed to its streams, refreshed and ended by whoever holds it', async () => {
  const { token, id, urls, expiresIn } = await site.makeToken();
  assert.ok(expiresIn > 1790 && expiresIn <= 1801, `${expiresIn}`);
  const { host, hostname } = new URL(site.url);
  assert.deepEqual(urls, {
    page: `http://${host}/live/gate?token=${token}`,
    whep: `http://${host}/live/gate/whep?token=${token}`,
    hls: `http://${host}/live/gate/index.m3u8?token=${token}`,
    mse: `ws://${host}/live/gate/mse?token=${token}`,
    mjpeg: `http://${host}/live/gate/stream.mjpeg?token=${token}`,
    snapshot: `http://${host}/live/gate/snapshot.jpg?token=${token}`,
    rtsp: `rtsp://${hostname}:8554/gate?token=${token}`,
    rtmp: `rtmp://${hostname}:1935/live/gate?token=${token}`,
    srt: `srt://${hostname}:8890?streamid=read:gate:token:${token}`,
    publish: null,
  });
  assert.ok(`read:gate:token:${token}`.length <= 512, 'a stream id of SRT has 512 bytes');
  const seen = await site.call<StreamTokenState>('GET', `/api/streaming/token/${token}`);
  assert.deepEqual([seen.status, seen.body.valid, seen.body.id, seen.body.cameraId], [200, true, id, 'gate']);
  const stream = await site.call<TokenStream>('GET', `/api/streaming/stream/${token}`);
  assert.deepEqual(stream.body.urls, urls);
  site.bed.nowMs += 60_000;
  const renewed = await site.call<IssuedStreamToken>('POST', `/api/streaming/token/${token}/refresh`);
  assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
  assert.equal(renewed.body.id, id);
  assert.notEqual(renewed.body.token, token);
  const longer = await site.call<IssuedStreamToken>('POST', `/api/streaming/token/${token}/refresh`, {
    body: { minutes: 60 },
  });
  assert.ok(longer.body.expiresAt > renewed.body.expiresAt);
  assert.equal((await site.call('DELETE', `/api/streaming/token/${renewed.body.token}`)).status, 204);
  for (const word of [token, renewed.body.token]) {
    const state = await site.call<StreamTokenState>('GET', `/api/streaming/token/${word}`);
    assert.deepEqual([state.status, state.body.valid, state.body.reason], [200, false, 'revoked']);
    for (const [method, path] of [
      ['DELETE', `/api/streaming/token/${word}`],
      ['POST', `/api/streaming/token/${word}/refresh`],
      ['GET', `/api/streaming/stream/${word}`],
    ] as const) {
      const gone = await site.call(method, path);
      assert.deepEqual([gone.status, gone.body.code], [404, 'ERR_STREAM_TOKEN_NOT_FOUND'], method);
    }
  }
});

test('one sees and ends one’s own tokens by their ids; who manages users those of all', async () => {
  const mais = await site.makeToken('mai');
  const adas = await site.makeToken('ada');
  const listed = async (as: string): Promise<string[]> => {
    const { body } = await site.call<StreamTokenPage>('GET', '/api/streaming/tokens', { as });
    assert.ok(!JSON.stringify(body).includes(mais.token));
    return body.items.map(({ id, createdBy }) => `${createdBy} ${id}`).sort();
  };
  assert.deepEqual(await listed('mai'), [`mai ${mais.id}`]);
  assert.deepEqual(await listed('bao'), []);
  assert.deepEqual(await listed('ada'), [`ada ${adas.id}`, `mai ${mais.id}`].sort());
  assert.equal((await site.call('GET', '/api/streaming/tokens')).status, 401);
  assert.equal(
    (await site.call('DELETE', `/api/streaming/token/${mais.id}`)).status,
    401,
    'an id proves nothing',
  );
  assert.equal((await site.call('DELETE', `/api/streaming/token/${mais.id}`, { as: 'bao' })).status, 404);
  assert.equal((await site.call('GET', `/api/streaming/token/${mais.id}`, { as: 'mai' })).status, 200);
  assert.equal((await site.call('DELETE', `/api/streaming/token/${mais.id}`, { as: 'ada' })).status, 204);
  assert.deepEqual(await listed('mai'), []);
});

for (const { name, as, body, status, code } of [
  { name: 'nobody', as: undefined, body: { cameraId: 'gate' }, status: 401, code: 'ERR_UNAUTHENTICATED' },
  {
    name: 'somebody without the camera',
    as: 'bao',
    body: { cameraId: 'gate' },
    status: 404,
    code: 'ERR_CAMERA_NOT_FOUND',
  },
  {
    name: 'a camera that is not there',
    as: 'ada',
    body: { cameraId: 'attic' },
    status: 404,
    code: 'ERR_CAMERA_NOT_FOUND',
  },
  {
    name: 'an action that one may not do',
    as: 'mai',
    body: { cameraId: 'gate', actions: ['talk'] },
    status: 403,
    code: 'ERR_FORBIDDEN',
  },
  {
    name: 'too long a time',
    as: 'mai',
    body: { cameraId: 'gate', minutes: 2000 },
    status: 400,
    code: 'ERR_STREAM_TOKEN_MINUTES',
  },
  {
    name: 'no actions',
    as: 'mai',
    body: { cameraId: 'gate', actions: [] },
    status: 400,
    code: 'ERR_BAD_REQUEST',
  },
]) {
  test(`no token is made for ${name}`, async () => {
    const reply = await site.call('POST', '/api/streaming/token', {
      ...(as === undefined ? {} : { as }),
      body,
    });
    assert.deepEqual([reply.status, reply.body.code], [status, code]);
  });
}

test('a limit answers 429, when to come again, and which it is', async () => {
  site.bed.settings = { ...site.bed.settings, perUser: 1 };
  await site.makeToken();
  const { status, body, headers } = await site.call('POST', '/api/streaming/token', {
    as: 'mai',
    body: { cameraId: 'gate' },
  });
  assert.deepEqual([status, body.code], [429, 'ERR_STREAM_TOKEN_LIMIT']);
  assert.match(body.detail ?? '', /perUser/);
  const seconds = Number(headers.get('retry-after'));
  assert.ok(seconds > 1700 && seconds <= 1801, `${seconds}`);
});

test('a token that is bound to the asker’s address and User-Agent is followed by him alone', async () => {
  const headers = { 'user-agent': 'wall/1.0' };
  const made = await site.call<IssuedStreamToken>('POST', '/api/streaming/token', {
    ...{ as: 'mai', headers },
    body: { cameraId: 'gate', bindIp: true, bindUserAgent: true },
  });
  const path = `/api/streaming/stream/${made.body.token}`;
  assert.equal((await site.call('GET', path, { headers })).status, 200);
  assert.equal((await site.call('GET', path, { headers: { 'user-agent': 'other' } })).status, 404);
  const elsewhere = await site.makeToken('mai', { cameraId: 'gate', bindIp: '192.0.2.77' });
  assert.equal((await site.call('GET', `/api/streaming/stream/${elsewhere.token}`)).status, 404);
});

test('tokens in paths are in no log, and nor are those of requests that fail', async () => {
  const { token } = await site.makeToken();
  const lines: string[] = [];
  const logged = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    allowedOrigins: [],
    access: new HttpAccess({
      door: { isOpen: true, knock: () => Promise.reject(new Error('never')) },
      identify: () => Promise.reject(new Error('never')),
      rights: site.bed.rights,
      limits: site.bed.limits,
      trustedProxies: [],
    }),
    logger: { ...silentLogger, error: (details, message) => lines.push(JSON.stringify(details) + message) },
  });
  await logged.prepare();
  logged.app.get('/api/streaming/token/:token', { config: { access: 'public' } }, () => {
    throw new TypeError('a fault of ours');
  });
  const address = await logged.listen();
  const response = await fetch(`${address}/api/streaming/token/${token}?token=${token}`);
  assert.equal(response.status, 500);
  assert.equal(lines.length, 1);
  assert.ok(!lines[0]?.includes(token), lines[0]);
  await logged.close();
});
