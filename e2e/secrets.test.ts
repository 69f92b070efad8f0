import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { commandOf, processTree } from './support/process-stats.ts';
import { until } from './support/until.ts';

const MAIN = path.resolve(import.meta.dirname, '../apps/gateway/src/main.ts');

/** Each is a word of its own, so that the test can say which one came out, and where. */
const SECRETS = {
  rtspCamera: 'zq1rtspcamera',
  httpCamera: 'zq2httpcamera',
  hlsQuery: 'zq3hlsquery',
  rtmpCamera: 'zq4rtmpcamera',
  srtPassphrase: 'zq5srtpassphrase',
  fetched: 'zq6fetchedurl',
  subStream: 'zq7substream',
  streamKey: 'zq8streamkey',
  whipToken: 'zq9whiptoken',
  srtPush: 'zq10srtpushsecret',
  turn: 'zq11turncredential',
  oidc: 'zq12oidcsecret',
  redis: 'zq13redispassword',
  admin: 'zq14adminpassword',
  wrongPassword: 'zq15wrongpassword',
  queryToken: 'zq16querytoken',
  bearer: 'zq17bearertoken',
  apiPush: 'zq18apipushkey',
  brokenConfig: 'zq19brokenconfig',
  basic: 'zq20basicpassword',
} as const;

const CONFIG = `
logLevel: debug
redisUrl: redis://:${SECRETS.redis}@127.0.0.1:9/0
srt: { passphrase: ${SECRETS.srtPassphrase} }
webrtc:
  iceServers: [{ urls: 'turn:127.0.0.1:9', username: u, credential: ${SECRETS.turn} }]
access:
  oidc: { issuer: 'http://127.0.0.1:9', clientId: c, clientSecret: ${SECRETS.oidc}, roles: { a: user } }
cameras:
  rtsp:
    source: rtsp://user:${SECRETS.rtspCamera}@127.0.0.1:9/live
    sources: { sub: 'rtsp://user:${SECRETS.subStream}@127.0.0.1:9/sub' }
    push:
      - { to: 'rtmp://127.0.0.1:9/app/${SECRETS.streamKey}' }
      - { to: 'whip+http://127.0.0.1:9/whip?token=${SECRETS.whipToken}' }
      - { to: 'srt://127.0.0.1:9?passphrase=${SECRETS.srtPush}' }
  http: { source: 'http://user:${SECRETS.httpCamera}@127.0.0.1:9/x.mjpeg' }
  hls: { source: 'http://127.0.0.1:9/x.m3u8?key=${SECRETS.hlsQuery}' }
  rtmp: { source: 'rtmp://user:${SECRETS.rtmpCamera}@127.0.0.1:9/live/x' }
  fetched: { sourceFrom: { url: 'http://127.0.0.1:9/?key=${SECRETS.fetched}' } }
`;

/** Command lines of a process and of all that it started, as anybody on the machine may read them. */
function commandLines(pid: number): string {
  const family = processTree(pid);
  assert.ok(family.length > 1, 'there are workers');
  return family.map(commandOf).join('\n');
}

async function ask(
  { http }: RunningGateway,
  path: string,
  { token, body, authorization }: { token?: string; body?: unknown; authorization?: string } = {},
): Promise<{ status: number; text: string }> {
  const shown = authorization ?? (token === undefined ? undefined : `Bearer ${token}`);
  const response = await fetch(`${http}${path}`, {
    redirect: 'manual',
    headers: {
      ...(shown === undefined ? {} : { authorization: shown }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

test('nothing secret is in the log, in answers, in metrics or in command lines', async () => {
  const gateway = await startGateway({
    access: true,
    demo: true,
    config: CONFIG,
    environment: { VEDETTE_ADMIN_PASSWORD: SECRETS.admin },
  });
  const login = await ask(gateway, '/api/v1/auth/login', {
    body: { name: 'admin', password: SECRETS.admin },
  });
  assert.equal(login.status, 200, login.text);
  const { accessToken: token = '', refreshToken = '' } = JSON.parse(login.text) as Record<string, string>;
  const made = await ask(gateway, '/api/v1/api-keys', {
    token,
    body: { name: 'x', scope: { actions: ['monitor'] } },
  });
  assert.equal(made.status, 201, made.text);
  const { key = '' } = JSON.parse(made.text) as Record<string, string>;

  await ask(gateway, '/api/v1/auth/login', { body: { name: 'admin', password: SECRETS.wrongPassword } });
  await ask(gateway, `/live/demo/snapshot.jpg?token=${SECRETS.queryToken}`);
  await ask(gateway, '/api/v1/cameras', { token: SECRETS.bearer });
  const basic = Buffer.from(`admin:${SECRETS.basic}`).toString('base64');
  await ask(gateway, '/live/demo/index.m3u8', { authorization: `Basic ${basic}` });
  await ask(gateway, '/api/v1/auth/oidc/start');
  await ask(gateway, '/api/v1/auth/refresh', { body: { refreshToken: `${refreshToken}x` } });
  await ask(gateway, '/api/v1/cameras/rtsp/pushes', {
    token,
    body: { to: `rtmp://127.0.0.1:9/app/${SECRETS.apiPush}` },
  });
  assert.equal((await ask(gateway, '/live/demo/snapshot.jpg', { token })).status, 200);
  appendFileSync(gateway.configFile, `\nsrt: { passphrase: ${SECRETS.brokenConfig} }\n`);
  gateway.child.kill('SIGHUP');
  await until(() => gateway.log().includes('configuration not reloaded'), { what: 'it says so' });

  const cameras = async (): Promise<string> => (await ask(gateway, '/api/v1/cameras', { token })).text;
  await until(async () => !(await cameras()).includes('"connecting"'), { what: 'every camera has failed' });
  const seen: Record<string, string> = {};
  for (const address of [
    ...['/metrics', '/healthz', '/readyz', '/api/openapi.json', '/api/v1/server'],
    ...['/api/v1/cameras', '/api/v1/cameras/rtsp', '/api/v1/cameras/rtsp/pushes', '/api/v1/sessions'],
    ...['/api/v1/api-keys', '/api/v1/users', '/api/v1/me', '/api/v1/me/sessions', '/api/v1/auth/methods'],
    ...['/api/v1/audit?limit=1000', '/api/v1/audit/export?format=csv', '/api/v1/audit/export?format=json'],
  ]) {
    const { status, text } = await ask(gateway, address, { token });
    assert.ok(status === 200 || address === '/readyz', `${address}: ${status} ${text}`);
    seen[address] = text;
  }
  seen['command lines'] = commandLines(gateway.pid);
  assert.equal(await gateway.close(), 0);
  seen['log'] = gateway.log();
  assert.ok(seen['log'].includes('Redis is away'));
  assert.ok((seen['/api/v1/audit?limit=1000'] ?? '').includes('login.failed'));

  const secrets = { ...SECRETS, token, refreshToken, key, basicHeader: basic };
  const found = Object.entries(seen).flatMap(([place, text]) =>
    Object.entries(secrets).flatMap(([name, secret]) =>
      text.includes(secret) ? [`${name} in ${place}`] : [],
    ),
  );
  assert.deepEqual(found, []);
});

/** ErrorResponse of PostgreSQL (Message Formats): the password is wrong. */
function passwordWrong(): Buffer {
  const fields = Buffer.from('SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0');
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

test('a database that lets nobody in: its password is not in what is said of it', async (context) => {
  const password = 'zq21databasepassword';
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-secrets-'));
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(passwordWrong()));
  }).listen(0, '127.0.0.1');
  context.after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const child = spawn(process.execPath, [MAIN, 'verify-audit'], {
    cwd: folder,
    env: {
      ...process.env,
      VEDETTE_DATA_DIR: folder,
      DATABASE_URL: `postgres://vedette:${password}@127.0.0.1:${port}/vedette`,
    },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 2, said);
  assert.match(said, /^vedette: .+/);
  assert.ok(!said.includes(password), said);
});
