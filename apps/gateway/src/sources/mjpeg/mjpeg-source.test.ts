import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { selfSignedCertificate } from '../../../../../e2e/support/self-signed-certificate.ts';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { SourceRun } from '../testing/source-run.ts';
import { parseMjpegAddress } from './mjpeg-address.ts';
import { MjpegSource, type MjpegSourceOptions } from './mjpeg-source.ts';

const COUNT = 5;
const PICTURES = splitJpegs(
  ffmpeg([
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=160x120:r=25',
    '-frames:v',
    String(COUNT),
    '-c:v',
    'mjpeg',
    '-f',
    'image2pipe',
    '-',
  ]).stdout,
);
const [PICTURE = Buffer.alloc(0)] = PICTURES;

function splitJpegs(bytes: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let at = bytes.indexOf('ffd8ff', 0, 'hex'); at !== -1; at = bytes.indexOf('ffd8ff', at + 3, 'hex'))
    starts.push(at);
  return starts.map((start, index) => bytes.subarray(start, starts[index + 1]));
}

interface Site {
  readonly port: number;
  readonly requests: IncomingMessage[];
}

/** An HTTP camera on a free port. */
async function startCamera(context: TestContext, listener: RequestListener): Promise<Site> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

function pull(address: string, options: Partial<MjpegSourceOptions> = {}): SourceRun {
  return new SourceRun(new MjpegSource({ address, userAgent: 'Vedette/test', ...options }));
}

/** Sends the pictures and keeps the connection open. */
function stream(response: ServerResponse, pictures: readonly Buffer[] = PICTURES, isOver = false): void {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  for (const one of pictures) {
    response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${one.length}\r\n\r\n`);
    response.write(one);
    response.write('\r\n');
  }
  if (isOver) response.end('--frame--\r\n');
}

function assertPictures(run: SourceRun, pictures: readonly Buffer[] = PICTURES): void {
  assert.deepEqual(
    run.units.map(({ data }) => Buffer.concat(data)),
    pictures,
  );
}

test('MjpegSource: every JPEG is passed on as it is', async (context) => {
  const { port, requests } = await startCamera(context, (_, response) => stream(response));
  for (const scheme of ['mjpeg+http', 'http']) {
    const run = await pull(`${scheme}://127.0.0.1:${port}/video?a=b`).untilPictures(COUNT);
    await run.stop();
    assertPictures(run);
    assert.deepEqual(
      run.tracks.map((track) => [track.id, track.codec, track.kind === 'video' && track.video.width]),
      [[0, 'mjpeg', 160]],
    );
    const times = run.units.map(({ pts }) => pts);
    assert.ok(times.every((time, index) => index === 0 || time > (times[index - 1] ?? time)));
  }
  assert.deepEqual(
    requests.map(({ url, headers }) => [url, headers['user-agent']]),
    [
      ['/video?a=b', 'Vedette/test'],
      ['/video?a=b', 'Vedette/test'],
    ],
  );
});

test('MjpegSource: an answer as old firmware writes it', async (context) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(
        'HTTP/1.0 200 OK\nContent-Type: multipart/x-mixed-replace;boundary="--my boundary"\nServer: cam\n\n',
      );
      for (const one of PICTURES)
        socket.write(Buffer.concat([Buffer.from('--other\nContent-type: image/jpeg\n\n'), one]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const run = await pull(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`).untilPictures(COUNT);
  await run.stop();
  assertPictures(run);
});

test('MjpegSource: ffmpeg as a camera', async (context) => {
  const port = await freePort();
  const camera = spawn(
    'ffmpeg',
    [
      '-nostdin',
      '-v',
      'error',
      '-re',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=320x240:r=25',
      '-c:v',
      'mjpeg',
      '-f',
      'mpjpeg',
      '-listen',
      '1',
      `http://127.0.0.1:${port}/`,
    ],
    { stdio: 'ignore' },
  );
  context.after(() => camera.kill('SIGKILL'));
  for (;;) {
    const run = pull(`mjpeg+http://127.0.0.1:${port}/`);
    const [first] = await Promise.race([
      run.ended.then((error) => [error]),
      run.untilPictures(30).then(() => []),
    ]).catch(() => [1]);
    if (first !== undefined) continue; // it does not listen yet
    await run.stop();
    assert.ok(run.units.every(({ data }) => Buffer.concat(data).subarray(-2).equals(Buffer.of(0xff, 0xd9))));
    return;
  }
});

async function freePort(): Promise<number> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('MjpegSource: a single JPEG is asked for again and again, and only when it has changed', async (context) => {
  const { port, requests } = await startCamera(context, (request, response) => {
    const index = Math.floor((requests.length - 1) / 2) % COUNT;
    const etag = `"${index}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
    else response.writeHead(200, { etag, 'content-type': 'image/jpeg' }).end(PICTURES[index]);
  });
  const run = await pull(`jpeg+http://127.0.0.1:${port}/snap.cgi?a=1&fps=30`).untilPictures(COUNT);
  await run.stop();
  assertPictures(run);
  assert.equal(requests[0]?.url, '/snap.cgi?a=1');
  assert.equal(new Set(requests.map(({ socket }) => socket.remotePort)).size, 1, 'one connection is kept');
});

test('MjpegSource: a plain address of a single JPEG is polled too', async (context) => {
  const { port } = await startCamera(context, (_, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': PICTURE.length }).end(PICTURE);
  });
  const run = await pull(`http://127.0.0.1:${port}/`).untilPictures(2);
  await run.stop();
});

test('MjpegSource: Basic authentication', async (context) => {
  const { port } = await startCamera(context, ({ headers }, response) => {
    const wanted = `Basic ${Buffer.from('admin:p@ss').toString('base64')}`;
    if (headers.authorization === wanted) stream(response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="cam"' }).end();
  });
  const run = await pull(`mjpeg+http://admin:p@ss@127.0.0.1:${port}/`).untilPictures(COUNT);
  await run.stop();
  const error = await pull(`mjpeg+http://admin:wrong@127.0.0.1:${port}/`).failure();
  assert.deepEqual([error.code, error.isPermanent], ['ERR_HTTP_UNAUTHORIZED', true]);
  assert.doesNotMatch(error.message, /wrong/);
  assert.equal((await pull(`mjpeg+http://127.0.0.1:${port}/`).failure()).code, 'ERR_HTTP_UNAUTHORIZED');
});

test('MjpegSource: Digest authentication', async (context) => {
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const { port } = await startCamera(context, ({ headers, url = '' }, response) => {
    const { authorization = '' } = headers;
    const value = (name: string): string => new RegExp(`${name}="?([^",]+)`).exec(authorization)?.[1] ?? '';
    const secret = md5('admin:cam:secret');
    const wanted = md5(`${secret}:n1:${value('nc')}:${value('cnonce')}:auth:${md5(`GET:${url}`)}`);
    if (value('response') === wanted) stream(response);
    else
      response
        .writeHead(401, {
          'www-authenticate': ['Basic realm="cam"', 'Digest realm="cam", nonce="n1", qop="auth"'],
        })
        .end();
  });
  const run = await pull(`mjpeg+http://admin:secret@127.0.0.1:${port}/a?b=c`).untilPictures(COUNT);
  await run.stop();
});

test('MjpegSource: TLS with a certificate of its own', async (context) => {
  const { certFile, keyFile } = await selfSignedCertificate();
  const server = createTlsServer(
    { cert: readFileSync(certFile), key: readFileSync(keyFile) },
    (_, response) => stream(response),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const address = `mjpeg+https://127.0.0.1:${port}/`;
  assert.equal((await pull(address).failure()).code, 'ERR_TLS_UNTRUSTED');
  const run = await pull(address, { tls: { isInsecure: true } }).untilPictures(COUNT);
  await run.stop();
  assert.equal((await pull(`http://127.0.0.1:${port}/`).failure()).code, 'ERR_CONNECTION_LOST');
});

test('MjpegSource: redirects are followed, three times, with the password to the same host only', async (context) => {
  const other = await startCamera(context, (_, response) => stream(response));
  const { port } = await startCamera(context, ({ url }, response) => {
    const location = { '/': '/two', '/two': `http://localhost:${other.port}/video`, '/loop': '/loop' }[
      url ?? ''
    ];
    response.writeHead(302, location === undefined ? {} : { location }).end();
  });
  const run = await pull(`mjpeg+http://admin:secret@127.0.0.1:${port}/`).untilPictures(COUNT);
  await run.stop();
  assert.deepEqual(
    other.requests.map(({ headers }) => headers.authorization),
    [undefined],
  );
  assert.equal((await pull(`http://127.0.0.1:${port}/loop`).failure()).code, 'ERR_HTTP_REDIRECT');
});

test('MjpegSource: a redirect to where no source may lead is refused', async (context) => {
  const { port } = await startCamera(context, (_, response) => {
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
  });
  assert.equal((await pull(`http://127.0.0.1:${port}/`).failure()).code, 'ERR_ADDRESS_REFUSED');
});

const bomb = Buffer.from(PICTURE);
bomb.fill(0xff, bomb.indexOf('ffc0', 0, 'hex') + 5, bomb.indexOf('ffc0', 0, 'hex') + 9);

for (const { name, listener, code, isPermanent = false } of [
  {
    name: 'a page',
    listener: (r: ServerResponse) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    code: 'ERR_HTTP_NOT_VIDEO',
  },
  {
    name: 'an HLS playlist',
    listener: (r: ServerResponse) =>
      r.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl' }).end(),
    code: 'ERR_HTTP_IS_HLS',
    isPermanent: true,
  },
  { name: 'not there', listener: (r: ServerResponse) => r.writeHead(404).end(), code: 'ERR_HTTP_NOT_FOUND' },
  { name: 'busy', listener: (r: ServerResponse) => r.writeHead(503).end(), code: 'ERR_HTTP_BUSY' },
  {
    name: 'nothing but a head',
    listener: (r: ServerResponse) => {
      r.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=a' });
      r.flushHeaders();
    },
    code: 'ERR_SOURCE_SILENT',
  },
  { name: 'an end', listener: (r: ServerResponse) => stream(r, PICTURES, true), code: 'ERR_CONNECTION_LOST' },
  { name: 'a decompression bomb', listener: (r: ServerResponse) => stream(r, [bomb]), code: 'ERR_JPEG_SIZE' },
  {
    name: 'rubbish without end',
    listener: (r: ServerResponse) => {
      r.writeHead(200, { 'content-type': 'multipart/x-mixed-replace' });
      for (let turn = 0; turn < 40; turn += 1) r.write(Buffer.alloc(65_536));
    },
    code: 'ERR_MULTIPART_GARBAGE',
  },
  {
    name: 'a length of gigabytes',
    listener: (r: ServerResponse) => {
      r.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=a' });
      r.write('--a\r\nContent-Length: 4000000000\r\n\r\n');
    },
    code: 'ERR_MULTIPART_PART_SIZE',
  },
  {
    name: 'no HTTP',
    listener: (r: ServerResponse) => {
      r.socket?.end('SSH-2.0-OpenSSH\r\n\r\n');
    },
    code: 'ERR_HTTP_GARBAGE',
  },
  {
    name: 'a hang-up',
    listener: (r: ServerResponse) => {
      r.socket?.destroy();
    },
    code: 'ERR_CONNECTION_LOST',
  },
]) {
  test(`MjpegSource: ${name} is ${code}`, async (context) => {
    const { port } = await startCamera(context, (_, response) => void listener(response));
    const error = await pull(`http://127.0.0.1:${port}/`, { silenceMs: 300 }).failure();
    assert.deepEqual([error.code, error.isPermanent], [code, isPermanent], error.message);
  });
}

test('MjpegSource: a cut picture is left out and counted', async (context) => {
  const cut = PICTURE.subarray(0, PICTURE.length - 300);
  const { port } = await startCamera(context, (_, response) => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=a' });
    for (const one of [PICTURE, cut, PICTURE, PICTURE]) {
      response.write('--a\r\nContent-Type: image/jpeg\r\n\r\n');
      response.write(one);
      response.write('\r\n');
    }
  });
  const run = pull(`http://127.0.0.1:${port}/`);
  await run.untilPictures(2);
  await run.stop();
  assert.equal(run.damage.damagedPictures, 1);
  assertPictures(
    run,
    run.units.map(() => PICTURE),
  );
});

for (const { address, want } of [
  { address: 'jpeg+http://h/a?fps=2', want: { kind: 'jpeg', url: 'http://h/a', framesPerSecond: 2 } },
  {
    address: 'jpeg+https://h/a?fps=5&b=c',
    want: { kind: 'jpeg', url: 'https://h/a?b=c', framesPerSecond: 5 },
  },
  {
    address: 'jpeg+http://h/a?b=c&fps=5&d=e',
    want: { kind: 'jpeg', url: 'http://h/a?b=c&d=e', framesPerSecond: 5 },
  },
  { address: 'mjpeg+http://h/a?fps=5', want: { kind: 'mjpeg', url: 'http://h/a?fps=5', framesPerSecond: 2 } },
  { address: 'http://h/a', want: { kind: 'auto', url: 'http://h/a', framesPerSecond: 2 } },
]) {
  test(`parseMjpegAddress: ${address}`, () => assert.deepEqual(parseMjpegAddress(address), want));
}

test('parseMjpegAddress: fps has bounds', () => {
  assert.throws(() => parseMjpegAddress('jpeg+http://h/?fps=31'), { code: 'ERR_HTTP_URL' });
});
