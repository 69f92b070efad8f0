import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { until } from './support/until.ts';

const MAIN = path.resolve(import.meta.dirname, '../apps/gateway/src/main.ts');

interface CameraList {
  readonly items: readonly { readonly id: string; readonly state: { readonly name: string } }[];
}

async function cameraIds(http: string): Promise<string[]> {
  const response = await fetch(`${http}/api/v1/cameras`);
  return ((await response.json()) as CameraList).items.map(({ id }) => id);
}

async function exitOf(...args: string[]): Promise<{ code: number | null; output: string }> {
  // Not the data of whoever runs the tests.
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, VEDETTE_DATA_DIR: dataDir },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  rmSync(dataDir, { recursive: true, force: true });
  return { code, output };
}

let gateway: RunningGateway;
before(async () => {
  gateway = await startGateway({ config: 'cameras: {gate: {source: publish}, yard: {source: publish}}' });
});
after(async () => {
  assert.equal(await gateway.close(), 0, 'SIGTERM ends it with 0');
});

test('a change of the file takes effect; one that is not valid changes nothing and says why', async () => {
  writeFileSync(gateway.configFile, 'cameras: {gate: {source: publish}, barn: {source: publish}}');
  await until(async () => (await cameraIds(gateway.http)).join() === 'barn,gate');
  writeFileSync(gateway.configFile, 'cameras: {gate: {sauce: publish}}');
  await until(() => gateway.log().includes('configuration not reloaded'));
  assert.match(gateway.log(), /cameras\.gate\.source/);
  assert.deepEqual(await cameraIds(gateway.http), ['barn', 'gate']);
  writeFileSync(gateway.configFile, 'cameras: {gate: {source: publish}}');
  gateway.child.kill('SIGHUP');
  await until(async () => (await cameraIds(gateway.http)).join() === 'gate');
});

test('health, readiness and metrics answer', async () => {
  const expected: [route: string, says: string][] = [
    ['/healthz', '"ok"'],
    ['/readyz', '"ok"'],
    ['/metrics', 'vedette_stream_live{camera="gate"} 0'],
  ];
  for (const [route, says] of expected) {
    const response = await fetch(gateway.http + route);
    assert.equal(response.status, 200, route);
    assert.ok((await response.text()).includes(says), route);
  }
});

test('a configuration that can not be used ends the start, with the key', async () => {
  const { code, output } = await exitOf('--access', 'open', '--http.host', '0.0.0.0');
  assert.equal(code, 1);
  assert.match(output, /http\.host \(--http\.host\): must be a loopback address/);
  assert.doesNotMatch(output, /at .*\.ts:/, 'no stack trace');
});

test('a port that is taken ends the start, with advice', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { code, output } = await exitOf(
    '--no-demo',
    '--rtsp.port',
    '0',
    '--srt.port',
    '0',
    '--webrtc.port',
    '0',
    '--http.port',
    String(address.port),
  );
  taken.close();
  assert.equal(code, 1);
  assert.match(output, /another program listens there/);
  assert.doesNotMatch(output, /password/, 'the first password is told by a start that succeeds');
});

/** Sends `bytes`, then whatever `more` gives every 50 ms, until the server closes. @returns what came back. */
async function abuse(bytes: string, more?: () => string): Promise<string> {
  const { port, hostname } = new URL(gateway.http);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.on('error', () => undefined);
  socket.write(bytes);
  const timer = more === undefined ? undefined : setInterval(() => socket.write(more()), 50);
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(timer);
  return answer;
}

for (const { name, bytes, more, says } of [
  { name: 'rubbish', bytes: '\x00\x01\x02rubbish\r\n\r\n', says: /^HTTP\/1\.1 400/ },
  {
    name: 'a flood of headers',
    bytes: `GET / HTTP/1.1\r\nHost: localhost\r\n${'X-A: b\r\n'.repeat(5000)}\r\n`,
    says: /^HTTP\/1\.1 431/,
  },
  {
    name: 'a body larger than any',
    bytes:
      'POST /live/gate/whep HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 99999999999\r\n\r\n',
    says: /^HTTP\/1\.1 4\d\d/,
  },
  {
    name: 'a request that never ends (slow loris)',
    bytes: 'GET / HTTP/1.1\r\nHost: localhost\r\n',
    more: () => 'X-A: b\r\n',
    says: /^HTTP\/1\.1 408/,
  },
  {
    name: 'the name of another host (DNS rebinding)',
    bytes: 'GET /api/v1/cameras HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    says: /^HTTP\/1\.1 421/,
  },
]) {
  test(`HTTP: ${name} is refused, and others are served`, async () => {
    assert.match(await abuse(bytes, more), says);
    assert.equal((await fetch(`${gateway.http}/healthz`)).status, 200);
  });
}
