import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { connect as connectSecurely, TLSSocket } from 'node:tls';
import { until } from '../../../../../e2e/support/until.ts';
import { httpCertificate } from '../../net/listener-certificate.ts';
import { makeSelfSigned } from '../../net/self-signed-certificate.ts';
import { TlsCertificate, type PemPair } from '../../net/tls-certificate.ts';
import { silentLogger } from '../../observability/logger.ts';
import { OPEN_HTTP_ACCESS } from './http-access.ts';
import { HttpServer, type HttpServerOptions } from './http-server.ts';

const NAMES = ['localhost', '127.0.0.1'];

async function serve(context: TestContext, options: Partial<HttpServerOptions>): Promise<string> {
  const http = new HttpServer({
    ...{ host: '127.0.0.1', port: 0, allowedOrigins: [], logger: silentLogger },
    access: OPEN_HTTP_ACCESS,
    ...options,
  });
  context.after(async () => http.close());
  await http.prepare();
  http.app.get('/', { config: { access: 'public' } }, ({ protocol }) => protocol);
  http.app.get('/live/:id', { config: { access: 'public' } }, () => 'page');
  return http.listen();
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-https-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly fingerprint: string;
  readonly localPort: number | undefined;
}

async function get(url: string, ca: Buffer, agent?: Agent): Promise<Got> {
  const asked = request(url, { ca, ...(agent === undefined ? {} : { agent }) }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const { socket } = response;
  assert.ok(socket instanceof TLSSocket);
  return {
    status: response.statusCode,
    headers: response.headers,
    fingerprint: socket.getPeerCertificate().fingerprint256,
    localPort: socket.localPort,
    text: await text(response),
  };
}

function install(folder: string, { cert, key }: PemPair): { certificate: string; key: string } {
  const files = { certificate: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  for (const [file, bytes] of [
    [files.key, key],
    [files.certificate, cert],
  ] as const) {
    writeFileSync(`${file}.new`, bytes);
    renameSync(`${file}.new`, file);
  }
  return files;
}

test('HTTPS with files: a client that trusts the certificate is served, and told to come by HTTPS alone', async (context) => {
  const pair = await makeSelfSigned(NAMES, Date.now());
  const files = install(folderOf(context), pair);
  const secure = httpCertificate({ tls: undefined, ...files }, { dataDir: '', logger: silentLogger });
  for (const host of ['127.0.0.1', 'localhost']) {
    const url = await serve(context, { secure, host });
    assert.match(url, new RegExp(`^https://${host}:\\d+$`));
    const { status, text: answer, headers } = await get(url, pair.cert);
    assert.deepEqual([status, answer], [200, 'https']);
    assert.equal(headers['strict-transport-security'], 'max-age=31536000');
  }
});

test('a renewed certificate is shown to whoever comes; connections that are open stay', async (context) => {
  const folder = folderOf(context);
  const [first, second] = [await makeSelfSigned(NAMES, Date.now()), await makeSelfSigned(NAMES, Date.now())];
  const files = install(folder, first);
  const secure = (): Promise<TlsCertificate> =>
    Promise.resolve(new TlsCertificate(files, { logger: silentLogger, settleMs: 10, lookMs: 20 }));
  const url = await serve(context, { secure });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  context.after(() => agent.destroy());
  const before = await get(url, first.cert, agent);
  install(folder, second);
  const wanted = new X509Certificate(second.cert).fingerprint256;
  const shown = async (): Promise<string> => {
    const socket = connectSecurely({
      host: '127.0.0.1',
      port: Number(new URL(url).port),
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };
  await until(async () => (await shown()) === wanted);
  assert.equal((await get(url, second.cert)).fingerprint, wanted);
  const after = await get(url, first.cert, agent);
  assert.deepEqual([after.localPort, after.status], [before.localPort, 200], 'the same connection');
});

test('HTTPS without any certificate: one is made on the first start, and kept', async (context) => {
  const dataDir = folderOf(context);
  const settings = { tls: 'self-signed', certificate: undefined, key: undefined } as const;
  const fingerprints: string[] = [];
  for (let start = 0; start < 2; start += 1) {
    const secure = httpCertificate(settings, { dataDir, logger: silentLogger });
    const url = await serve(context, { secure });
    const { fingerprint, status } = await get(url, readFileSync(path.join(dataDir, 'tls/certificate.pem')));
    assert.equal(status, 200);
    fingerprints.push(fingerprint);
  }
  assert.equal(fingerprints[0], fingerprints[1]);
});

test('a certificate that cannot be used ends the start, with its path', async (context) => {
  const folder = folderOf(context);
  const [one, other] = [await makeSelfSigned(NAMES, Date.now()), await makeSelfSigned(NAMES, Date.now())];
  const files = install(folder, { cert: one.cert, key: other.key });
  const secure = httpCertificate({ tls: 'files', ...files }, { dataDir: '', logger: silentLogger });
  await assert.rejects(serve(context, { secure }), /cert\.pem.*key belongs to another certificate/);
});

test('peers that speak no TLS are cut off, the others are served', async (context) => {
  const pair = await makeSelfSigned(NAMES, Date.now());
  const files = install(folderOf(context), pair);
  const secure = httpCertificate({ tls: 'files', ...files }, { dataDir: '', logger: silentLogger });
  const url = await serve(context, { secure });
  for (const rubbish of ['GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', '\0'.repeat(100), 'x'.repeat(10_000)]) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(rubbish);
    socket.resume();
    await once(socket, 'close');
  }
  assert.equal((await get(url, pair.cert)).status, 200);
});

test('frames: everybody may show a player page, nobody else’s page may show the others', async (context) => {
  const url = await serve(context, {});
  const strict = await serve(context, { embedOrigins: ['https://portal.example'] });
  const framers = async (address: string): Promise<string | undefined> => {
    const policy = (await fetch(address)).headers.get('content-security-policy') ?? '';
    return /frame-ancestors ([^;]*)/.exec(policy)?.[1];
  };
  assert.equal(await framers(url), "'self'");
  assert.equal(await framers(`${url}/live/gate?x=/`), "'self' *");
  assert.equal(await framers(`${strict}/live/gate`), "'self' https://portal.example");
  assert.equal(await framers(`${strict}/`), "'self'");
});

test('headers that every answer has: no inline code, no referrer, no guessing of types', async (context) => {
  const url = await serve(context, {});
  const { headers } = await fetch(url);
  assert.doesNotMatch(headers.get('content-security-policy') ?? '', /unsafe/);
  assert.equal(headers.get('referrer-policy'), 'no-referrer');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('strict-transport-security'), null, 'without TLS it means nothing');
});
