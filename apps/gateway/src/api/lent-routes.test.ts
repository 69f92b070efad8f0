import type {
  CreatedPublishKey,
  CreatedShareLink,
  IssuedStreamToken,
  OpenedShareLink,
  Problem,
  ShareLinkPage,
  StreamTokenPage,
  StreamTokenState,
  TokenStream,
} from '@vedette/contract';
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Credentials, Peer } from '../access/door.ts';
import { Identifier } from '../access/identifier.ts';
import { MediaDoor } from '../access/media-door.ts';
import { Passwords } from '../access/login/passwords.ts';
import type { ProofContext, Prover } from '../access/prover.ts';
import { PublishKeys } from '../access/tokens/publish-keys.ts';
import { publishKeyProver, shareLinkProver } from '../access/tokens/secret-word-prover.ts';
import { ShareLinks } from '../access/tokens/share-links.ts';
import { StreamTokenProver } from '../access/tokens/stream-token-prover.ts';
import type { StreamTokens } from '../access/tokens/stream-tokens.ts';
import { ADA, asker, BAO, MAI, TokenBed } from '../access/tokens/testing/token-bed.ts';
import type { CameraView } from '../cameras/directory.ts';
import { silentLogger } from '../observability/logger.ts';
import { HttpAccess } from '../servers/http/http-access.ts';
import { HttpServer } from '../servers/http/http-server.ts';
import { outsideAuthRoutes } from './outside-auth-routes.ts';
import { publishKeyRoutes } from './publish-key-routes.ts';
import { shareRoutes } from './share-routes.ts';
import { streamTokenRoutes } from './stream-token-routes.ts';

const IDS: Readonly<Record<string, string>> = { mai: MAI, bao: BAO, ada: ADA };
const OFFERED = {
  webrtc: true,
  hls: true,
  rtsp: { scheme: 'rtsp', port: 8554 },
  rtmp: { scheme: 'rtmp', port: 1935 },
  srt: { port: 8890 },
} as const;

let bed: TokenBed;
let tokens: StreamTokens;
let server: HttpServer;
let url = '';

/** People whose word is their name: `mai`, `bao`, `ada`. */
const people: Prover = {
  prove: (credentials) => {
    const name = credentials.kind === 'password' ? credentials.user : nameIn(credentials);
    const id = name === undefined ? undefined : IDS[name];
    return id === undefined ? undefined : { ok: true, identity: asker(id).identity };
  },
};

function nameIn(credentials: Credentials): string | undefined {
  return credentials.kind === 'token' ? credentials.token : undefined;
}

before(async () => {
  bed = await TokenBed.open();
  bed.nowMs = Date.now();
  tokens = await bed.tokens();
  const passwords = new Passwords({ cost: { memoryCost: 64, timeCost: 1, parallelism: 1 } });
  const links = bed.closing(await ShareLinks.open({ ...bed.shared, passwords }));
  const keys = bed.closing(await PublishKeys.open(bed.shared));
  const { rights, audit, limits } = bed.shared;
  const identifier = new Identifier({
    provers: [publishKeyProver(keys), shareLinkProver(links), new StreamTokenProver(tokens), people],
    users: { byId: () => undefined },
    limits,
    logger: silentLogger,
  });
  const identify = async (credentials: Credentials, peer: Peer, context?: ProofContext) =>
    identifier.identify(credentials, peer, context);
  const door = new MediaDoor({ identifier, rights, limits, audit });
  const access = new HttpAccess({ door, identify, rights, limits, trustedProxies: [] });
  server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    allowedOrigins: [],
    access,
    logger: silentLogger,
  });
  await server.prepare();
  const cameras = {
    find: (id: string) => (['gate', 'yard'].includes(id) ? ({ id } as unknown as CameraView) : undefined),
  } as Parameters<typeof streamTokenRoutes>[0]['cameras'];
  const shared = {
    cameras,
    rights,
    nameOf: (id: string) => Object.keys(IDS).find((name) => IDS[name] === id),
    offered: () => OFFERED,
  };
  await server.app.register(
    streamTokenRoutes({
      ...shared,
      tokens,
      identify: async (request) =>
        access.authenticate(request, { method: request.method, url: '', access: 'known' }),
    }),
  );
  await server.app.register(shareRoutes({ ...shared, links }));
  await server.app.register(publishKeyRoutes({ ...shared, keys }));
  await server.app.register(outsideAuthRoutes({ door, identify, rights }));
  url = await server.listen();
});
after(async () => {
  await server.close();
  await bed.close();
});
beforeEach(async () => {
  for (const { id } of tokens.list()) await tokens.revoke(asker(ADA), id);
  bed.settings = { ...bed.settings, perUser: 100, perHour: 1000 };
});

interface Reply<T> {
  readonly status: number;
  readonly body: T & Problem;
  readonly headers: Headers;
}

async function call<T = object>(
  method: string,
  path: string,
  { as, body, headers = {} }: { as?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Reply<T>> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const { status } = response;
  return { status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as T & Problem };
}

async function make(as = 'mai', body: object = { cameraId: 'gate' }): Promise<IssuedStreamToken> {
  const made = await call<IssuedStreamToken>('POST', '/api/streaming/token', { as, body });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal(made.headers.get('cache-control'), 'no-store');
  return made.body;
}

test('a token is made, looked at, followed to its streams, refreshed and ended by whoever holds it', async () => {
  const { token, id, urls, expiresIn } = await make();
  assert.ok(expiresIn > 1790 && expiresIn <= 1801, `${expiresIn}`);
  const { host, hostname } = new URL(url);
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
  const seen = await call<StreamTokenState>('GET', `/api/streaming/token/${token}`);
  assert.deepEqual([seen.status, seen.body.valid, seen.body.id, seen.body.cameraId], [200, true, id, 'gate']);
  const stream = await call<TokenStream>('GET', `/api/streaming/stream/${token}`);
  assert.deepEqual(stream.body.urls, urls);
  bed.nowMs += 60_000;
  const renewed = await call<IssuedStreamToken>('POST', `/api/streaming/token/${token}/refresh`);
  assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
  assert.equal(renewed.body.id, id);
  assert.notEqual(renewed.body.token, token);
  const longer = await call<IssuedStreamToken>('POST', `/api/streaming/token/${token}/refresh`, {
    body: { minutes: 60 },
  });
  assert.ok(longer.body.expiresAt > renewed.body.expiresAt);
  assert.equal((await call('DELETE', `/api/streaming/token/${renewed.body.token}`)).status, 204);
  for (const word of [token, renewed.body.token]) {
    const state = await call<StreamTokenState>('GET', `/api/streaming/token/${word}`);
    assert.deepEqual([state.status, state.body.valid, state.body.reason], [200, false, 'revoked']);
    for (const [method, path] of [
      ['DELETE', `/api/streaming/token/${word}`],
      ['POST', `/api/streaming/token/${word}/refresh`],
      ['GET', `/api/streaming/stream/${word}`],
    ] as const) {
      const gone = await call(method, path);
      assert.deepEqual([gone.status, gone.body.code], [404, 'ERR_STREAM_TOKEN_NOT_FOUND'], method);
    }
  }
});

test('one sees and ends one’s own tokens by their ids; who manages users those of all', async () => {
  const mais = await make('mai');
  const adas = await make('ada');
  const listed = async (as: string): Promise<string[]> => {
    const { body } = await call<StreamTokenPage>('GET', '/api/streaming/tokens', { as });
    assert.ok(!JSON.stringify(body).includes(mais.token));
    return body.items.map(({ id, createdBy }) => `${createdBy} ${id}`).sort();
  };
  assert.deepEqual(await listed('mai'), [`mai ${mais.id}`]);
  assert.deepEqual(await listed('bao'), []);
  assert.deepEqual(await listed('ada'), [`ada ${adas.id}`, `mai ${mais.id}`].sort());
  assert.equal((await call('GET', '/api/streaming/tokens')).status, 401);
  assert.equal((await call('DELETE', `/api/streaming/token/${mais.id}`)).status, 401, 'an id proves nothing');
  assert.equal((await call('DELETE', `/api/streaming/token/${mais.id}`, { as: 'bao' })).status, 404);
  assert.equal((await call('GET', `/api/streaming/token/${mais.id}`, { as: 'mai' })).status, 200);
  assert.equal((await call('DELETE', `/api/streaming/token/${mais.id}`, { as: 'ada' })).status, 204);
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
    const reply = await call('POST', '/api/streaming/token', { ...(as === undefined ? {} : { as }), body });
    assert.deepEqual([reply.status, reply.body.code], [status, code]);
  });
}

test('a limit answers 429, when to come again, and which it is', async () => {
  bed.settings = { ...bed.settings, perUser: 1 };
  await make();
  const { status, body, headers } = await call('POST', '/api/streaming/token', {
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
  const made = await call<IssuedStreamToken>('POST', '/api/streaming/token', {
    ...{ as: 'mai', headers },
    body: { cameraId: 'gate', bindIp: true, bindUserAgent: true },
  });
  const path = `/api/streaming/stream/${made.body.token}`;
  assert.equal((await call('GET', path, { headers })).status, 200);
  assert.equal((await call('GET', path, { headers: { 'user-agent': 'other' } })).status, 404);
  const elsewhere = await make('mai', { cameraId: 'gate', bindIp: '192.0.2.77' });
  assert.equal((await call('GET', `/api/streaming/stream/${elsewhere.token}`)).status, 404);
});

test('a share link is made, opened by its secret alone, counted and taken back', async () => {
  const made = await call<CreatedShareLink>('POST', '/api/v1/share-links', {
    ...{ as: 'mai', body: { cameraId: 'gate', name: 'for grandma' } },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id, secret } = made.body;
  assert.equal(made.body.url, `${url}/share#${secret}`);
  const opened = await call<OpenedShareLink>('POST', '/api/v1/share-links/open', { body: { secret } });
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  assert.equal(opened.headers.get('referrer-policy'), 'no-referrer');
  const cookies = opened.headers.getSetCookie();
  assert.deepEqual(
    cookies.map((cookie) => /Path=([^;]+)/.exec(cookie)?.[1]),
    ['/live/gate', '/recordings/gate', '/api/v1/cameras/gate'],
  );
  for (const cookie of cookies) {
    assert.match(cookie, /^vedette_share=eyJ[^;]+;.*HttpOnly;.*SameSite=Lax/);
    assert.ok(!cookie.includes(secret));
  }
  const listed = await call<ShareLinkPage>('GET', '/api/v1/share-links', { as: 'ada' });
  const [link] = listed.body.items;
  assert.deepEqual([link?.id, link?.createdBy, link?.views, link?.state], [id, 'mai', 1, 'valid']);
  assert.ok(!JSON.stringify(listed.body).includes(secret));
  assert.equal((await call('DELETE', `/api/v1/share-links/${id}`, { as: 'bao' })).status, 404);
  assert.equal((await call('DELETE', `/api/v1/share-links/${id}`, { as: 'mai' })).status, 204);
  const gone = await call('POST', '/api/v1/share-links/open', { body: { secret } });
  assert.deepEqual([gone.status, gone.body.code], [404, 'ERR_SHARE_LINK_NOT_FOUND']);
});

test('a share link with a password asks for it', async () => {
  const made = await call<CreatedShareLink>('POST', '/api/v1/share-links', {
    ...{ as: 'mai', body: { cameraId: 'gate', password: 'open sesame' } },
  });
  const { secret } = made.body;
  const open = async (password?: string): Promise<Reply<object>> =>
    call('POST', '/api/v1/share-links/open', { body: { secret, ...(password && { password }) } });
  for (const password of [undefined, 'wrong one']) {
    const refused = await open(password);
    assert.deepEqual([refused.status, refused.body.code], [401, 'ERR_SHARE_LINK_PASSWORD']);
    assert.deepEqual(refused.headers.getSetCookie(), []);
  }
  assert.equal((await open('open sesame')).status, 200);
});

test('a publish key is made by who may publish, shown once, and revoked', async () => {
  const path = '/api/v1/cameras/gate/publish-keys';
  assert.equal((await call('POST', path, { as: 'bao', body: { name: 'roof' } })).status, 404);
  const made = await call<CreatedPublishKey>('POST', path, { as: 'mai', body: { name: 'roof' } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id, key, urls } = made.body;
  assert.equal(urls.rtmp, `rtmp://127.0.0.1:1935/live/gate?token=${key}`);
  const listed = await call('GET', path, { as: 'mai' });
  assert.ok(JSON.stringify(listed.body).includes(id) && !JSON.stringify(listed.body).includes(key));
  const lent = await make('mai', { cameraId: 'gate', actions: ['view', 'publish'] });
  for (const as of [key, lent.token]) {
    assert.equal((await call('GET', path, { as })).status, 403, 'a borrower sees no keys');
    assert.equal((await call('POST', path, { as, body: { name: 'more' } })).status, 403);
    assert.equal((await call('DELETE', `${path}/${id}`, { as })).status, 403);
  }
  assert.equal((await call('DELETE', `/api/v1/cameras/yard/publish-keys/${id}`, { as: 'mai' })).status, 404);
  const ask = async (): Promise<number> => {
    const question = { action: 'publish', path: 'gate', user: 'any', password: key, ip: '192.0.2.3' };
    return (await call('POST', '/api/v1/auth/mediamtx', { as: 'ada', body: question })).status;
  };
  assert.equal(await ask(), 200);
  assert.equal((await call('DELETE', `${path}/${id}`, { as: 'mai' })).status, 204);
  assert.equal(await ask(), 401);
});

test('a MediaMTX in front is answered as the doors here answer; only who may see how Vedette does may ask', async () => {
  const { token } = await make();
  const base = { user: '', password: '', token: '', ip: '192.0.2.3', protocol: 'rtsp', id: null, query: '' };
  const ask = async (question: object, as = 'ada'): Promise<number> =>
    (await call('POST', '/api/v1/auth/mediamtx', { as, body: { ...base, ...question } })).status;
  const read = { action: 'read', path: 'gate' };
  for (const { name, question, status } of [
    { name: 'nothing shown', question: read, status: 401 },
    { name: 'a person', question: { ...read, user: 'mai', password: 'x' }, status: 200 },
    { name: 'a path below live', question: { ...read, path: 'live/gate', user: 'mai' }, status: 200 },
    { name: 'without the camera', question: { ...read, user: 'bao', password: 'x' }, status: 403 },
    { name: 'a stream token', question: { ...read, token }, status: 200 },
    { name: 'a stream token in the query', question: { ...read, query: `token=${token}` }, status: 200 },
    { name: 'as MediaMTX takes JWTs', question: { ...read, query: `jwt=${token}` }, status: 200 },
    { name: 'a token for another camera', question: { ...read, path: 'yard', token }, status: 403 },
    { name: 'a token for another action', question: { action: 'publish', path: 'gate', token }, status: 403 },
    { name: 'a wrong token', question: { ...read, token: `${token}x` }, status: 401 },
    { name: 'no camera by its name', question: { ...read, path: 'a/b/c', user: 'ada' }, status: 403 },
    { name: 'the API', question: { action: 'api', user: 'ada' }, status: 200 },
    { name: 'the API, without the right', question: { action: 'api', user: 'mai' }, status: 403 },
    { name: 'an unknown action', question: { action: 'fly', user: 'ada' }, status: 403 },
    {
      name: 'fields of later versions',
      question: { ...read, user: 'mai', userAgent: 'x', more: 1 },
      status: 200,
    },
  ]) {
    assert.equal(await ask(question), status, name);
  }
  assert.equal(await ask({ ...read, user: 'mai' }, 'mai'), 403);
});

test('tokens in paths are in no log, and nor are those of requests that fail', async () => {
  const { token } = await make();
  const lines: string[] = [];
  const logged = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    allowedOrigins: [],
    access: new HttpAccess({
      door: { isOpen: true, knock: () => Promise.reject(new Error('never')) },
      identify: () => Promise.reject(new Error('never')),
      rights: bed.rights,
      limits: bed.limits,
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
