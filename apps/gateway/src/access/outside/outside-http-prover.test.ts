import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { makeSelfSigned } from '../../net/self-signed-certificate.ts';
import { type Logger, silentLogger } from '../../observability/logger.ts';
import type { Credentials } from '../door.ts';
import { Rights } from '../rights.ts';
import { OutsideHttpProver, type OutsideHttpSettings } from './outside-http-prover.ts';

const PEER = { address: '192.0.2.1', userAgent: 'VLC/3.0.20' };
const CONTEXT = { action: 'view', cameraId: 'gate', protocol: 'rtsp' } as const;
const MAI: Credentials = { kind: 'password', user: 'mai', password: 'right' };

type Handler = (request: IncomingMessage, body: Record<string, unknown>, response: ServerResponse) => void;
const cleanUps: (() => void)[] = [];
after(() => {
  for (const cleanUp of cleanUps) cleanUp();
});

async function listen(server: Server, scheme: string): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/auth`;
}

function answering(handler: Handler): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => handler(request, JSON.parse(text) as Record<string, unknown>, response));
  };
}

async function endpoint(
  handler: Handler,
  settings: Partial<OutsideHttpSettings> = {},
  logger: Logger = silentLogger,
  now?: () => number,
): Promise<OutsideHttpProver> {
  const url = await listen(createServer(answering(handler)), 'http');
  return proverAt(url, settings, logger, now);
}

function proverAt(
  url: string,
  settings: Partial<OutsideHttpSettings> = {},
  logger: Logger = silentLogger,
  now?: () => number,
): OutsideHttpProver {
  const prover = new OutsideHttpProver({
    settings: { url, timeoutMs: 3000, exclude: [], ...settings },
    logger,
    ...(now === undefined ? {} : { now }),
  });
  cleanUps.push(() => prover.close());
  return prover;
}

test('the question is the one that MediaMTX asks, and a yes is for just that', async () => {
  const asked: Record<string, unknown>[] = [];
  const types: (string | undefined)[] = [];
  const prover = await endpoint(({ headers, method }, body, response) => {
    asked.push(body);
    types.push(method, headers['content-type']);
    response.end();
  });
  const proof = await prover.prove(MAI, PEER, CONTEXT);
  assert.ok(proof?.ok === true);
  const [{ id, ...question } = {}] = asked;
  assert.match(String(id), /^[0-9a-f-]{36}$/);
  assert.deepEqual(question, {
    ip: '192.0.2.1',
    user: 'mai',
    password: 'right',
    token: '',
    action: 'read',
    path: 'gate',
    protocol: 'rtsp',
    query: '',
    userAgent: 'VLC/3.0.20',
  });
  assert.deepEqual(types, ['POST', 'application/json']);
  const rights = new Rights();
  assert.equal(rights.decide(proof.identity, 'view', 'gate'), 'yes');
  assert.equal(rights.decide(proof.identity, 'view', 'yard'), 'no');
  assert.equal(rights.decide(proof.identity, 'publish', 'gate'), 'no');
  await prover.prove({ kind: 'token', token: 'abc' }, PEER, { ...CONTEXT, action: 'publish' });
  await prover.prove({ kind: 'none' }, PEER, { ...CONTEXT, action: 'playback' });
  assert.deepEqual(
    asked.slice(1).map(({ user, password, token, action }) => [user, password, token, action]),
    [
      ['', '', 'abc', 'publish'],
      ['', '', '', 'playback'],
    ],
  );
});

for (const { status, want } of [
  { status: 204, want: true },
  { status: 299, want: true },
  { status: 302, want: undefined },
  { status: 401, want: undefined },
  { status: 403, want: undefined },
  { status: 500, want: false },
]) {
  test(`an answer of ${status}`, async () => {
    const prover = await endpoint((_request, _body, response) => {
      response.writeHead(status, { location: '/elsewhere' }).end('because');
    });
    assert.equal((await prover.prove(MAI, PEER, CONTEXT))?.ok, want);
  });
}

test('it is not asked about what it cannot know, nor about what is excluded', async () => {
  let count = 0;
  const prover = await endpoint(
    (_request, _body, response) => {
      count += 1;
      response.end();
    },
    { exclude: ['publish'] },
  );
  assert.equal(await prover.prove({ kind: 'cookie', value: 'x' }, PEER, CONTEXT), undefined);
  assert.equal(await prover.prove(MAI, PEER, undefined), undefined);
  assert.equal(await prover.prove(MAI, PEER, { ...CONTEXT, action: 'publish' }), undefined);
  assert.equal(count, 0);
});

test('the same question is asked once while its answer is fresh, and once at a time', async () => {
  let nowMs = 1_000_000;
  let count = 0;
  const prover = await endpoint(
    (_request, { password }, response) => {
      count += 1;
      response.writeHead(password === 'right' ? 200 : 401).end();
    },
    {},
    silentLogger,
    () => nowMs,
  );
  const answers = await Promise.all(Array.from({ length: 20 }, async () => prover.prove(MAI, PEER, CONTEXT)));
  assert.ok(answers.every((answer) => answer?.ok === true));
  assert.equal(count, 1);
  assert.equal(await prover.prove({ ...MAI, password: 'wrong' }, PEER, CONTEXT), undefined);
  assert.equal(count, 2);
  nowMs += 5001;
  await prover.prove(MAI, PEER, CONTEXT);
  assert.equal(count, 3);
});

test('an endpoint that hangs, is not there or hangs up lets nobody in; the log does not tell secrets', async () => {
  const lines: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (details, message) => lines.push(JSON.stringify(details) + message),
  };
  const hanging = await endpoint(() => undefined, { timeoutMs: 100 }, logger);
  const rude = await endpoint((request) => request.socket.destroy(), {}, logger);
  const gone = proverAt('http://127.0.0.1:9/auth?key=hush', {}, logger);
  for (const prover of [hanging, rude, gone]) {
    const answer = await prover.prove(MAI, PEER, CONTEXT);
    assert.ok(answer?.ok === false);
    assert.deepEqual([answer.reason, answer.code], ['unavailable', 'ERR_ACCESS_HTTP_UNAVAILABLE']);
  }
  assert.equal(lines.length, 3);
  for (const line of lines) assert.ok(!/right|hush/.test(line), line);
});

test('a self-signed endpoint is asked where its fingerprint is the configured one, and told nothing else', async () => {
  const { cert, key } = await makeSelfSigned(['127.0.0.1'], Date.now());
  let asked = 0;
  const url = await listen(
    createSecureServer(
      { cert, key },
      answering((_request, _body, response) => {
        asked += 1;
        response.end();
      }),
    ),
    'https',
  );
  const { fingerprint256 } = new X509Certificate(cert);
  const plain = fingerprint256.replaceAll(':', '').toLowerCase();
  for (const fingerprint of [fingerprint256, plain]) {
    const prover = proverAt(url, { fingerprint });
    assert.equal((await prover.prove(MAI, PEER, CONTEXT))?.ok, true);
  }
  for (const fingerprint of [undefined, plain.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))]) {
    const prover = proverAt(url, { fingerprint });
    assert.equal((await prover.prove(MAI, PEER, CONTEXT))?.ok, false);
  }
  assert.equal(asked, 2);
});

test('at most sixteen are asked at a time, however many come', async () => {
  let open = 0;
  let most = 0;
  const prover = await endpoint((_request, _body, response) => {
    open += 1;
    most = Math.max(most, open);
    setImmediate(() => {
      open -= 1;
      response.end();
    });
  });
  const all = Array.from({ length: 100 }, async (_, index) =>
    prover.prove({ ...MAI, user: `u${index}` }, PEER, CONTEXT),
  );
  assert.ok((await Promise.all(all)).every((answer) => answer?.ok === true));
  assert.ok(most <= 16, `${most}`);
});
