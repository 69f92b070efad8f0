import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { readFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { test, type TestContext } from 'node:test';
import { selfSignedCertificate } from '../../../../../e2e/support/self-signed-certificate.ts';
import { until } from '../../../../../e2e/support/until.ts';
import { fixedCertificate } from '../../net/tls-certificate.ts';
import { picture, videoTrack } from '../../testing/units.ts';
import { RtspClient } from './testing/rtsp-client.ts';
import { TestBed, type TestBedOptions } from './testing/test-bed.ts';

const video = videoTrack();

/** A server with an honest viewer, who must not notice anything. */
async function startWatched(t: TestContext, options: TestBedOptions = {}) {
  const bed = await TestBed.start(options);
  const viewer = await RtspClient.connect(bed.port);
  t.after(async () => {
    viewer.close();
    await bed.close();
  });
  const feed = bed.feed([video]);
  feed.write(picture(video, 0));
  await viewer.setup(0);
  await viewer.request('PLAY');
  let index = 0;
  /** The honest viewer still gets every picture. */
  const assertUnaffected = async (): Promise<void> => {
    const before = viewer.frames.length;
    for (let count = 0; count < 3; count += 1) feed.write(picture(video, (index += 1)));
    await viewer.until(() => viewer.frames.filter(({ channel }) => channel === 0).length === index + 1);
    assert.ok(viewer.frames.length >= before + 3);
  };
  return { bed, assertUnaffected };
}

const offences: readonly {
  readonly name: string;
  readonly bytes: (url: string) => string;
  readonly reason: RegExp;
}[] = [
  { name: 'binary rubbish', bytes: () => '\u0000\u0001\u0002\u00ff'.repeat(100), reason: /neither/ },
  { name: 'text rubbish', bytes: () => 'hello, is there anybody?\r\n\r\n', reason: /neither/ },
  { name: 'HTTP', bytes: () => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', reason: /speaks HTTP/ },
  { name: 'TLS', bytes: () => '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', reason: /speaks TLS/ },
  {
    name: 'a huge Content-Length',
    bytes: (url) => `ANNOUNCE ${url} RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n`,
    reason: /Content-Length is 999999999/,
  },
  {
    name: 'a Content-Length below nothing',
    bytes: (url) => `ANNOUNCE ${url} RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n`,
    reason: /not one whole number/,
  },
  {
    name: 'two Content-Lengths',
    bytes: (url) => `ANNOUNCE ${url} RTSP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    reason: /not one whole number/,
  },
  {
    name: 'a flood of headers',
    bytes: (url) => `OPTIONS ${url} RTSP/1.0\r\n${'X-A: b\r\n'.repeat(1000)}`,
    reason: /more than 64 headers/,
  },
  {
    name: 'an endless header',
    bytes: (url) => `OPTIONS ${url} RTSP/1.0\r\nX-A: ${'b'.repeat(100_000)}`,
    reason: /longer than 4096/,
  },
  {
    name: '10,000 SETUPs',
    bytes: (url) =>
      `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n`.repeat(
        10_000,
      ),
    reason: /more than 32 SETUP/,
  },
  {
    name: '10,000 requests',
    bytes: (url) => `OPTIONS ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`.repeat(10_000),
    reason: /more than 2000 requests/,
  },
  { name: 'media out of nowhere', bytes: () => '$\u0000\u0000\u0004abcd', reason: /without a session/ },
];

for (const { name, bytes, reason } of offences) {
  test(`closed, with one line in the log, and nobody else notices: ${name}`, async (t) => {
    const { bed, assertUnaffected } = await startWatched(t);
    const socket = connectPlain(bed.port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(Buffer.from(bytes(`rtsp://127.0.0.1:${bed.port}/gate`), 'latin1'));
    await once(socket, 'close');
    await until(() => bed.server.connectionCount === 1);
    assert.equal(bed.log.length, 1, JSON.stringify(bed.log));
    assert.match(bed.log[0]?.message ?? '', reason);
    assert.equal(bed.server.sessionCount, 1);
    await assertUnaffected();
  });
}

test('an HTTP client is told what it found', async (t) => {
  const { bed } = await startWatched(t);
  const response = await fetch(`http://127.0.0.1:${bed.port}/`);
  assert.equal(response.status, 400);
  assert.match(await response.text(), /speaks RTSP/);
});

for (const { name, bytes } of [
  { name: 'says nothing', bytes: '' },
  { name: 'sends a request byte by byte', bytes: 'OPTIONS rtsp://127.0.0.1/gate RTSP/1.0\r\nCSeq: 1\r\nX-' },
  {
    name: 'never sends the body',
    bytes: 'ANNOUNCE rtsp://127.0.0.1/yard RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 100\r\n\r\nv=0',
  },
  { name: 'begins an interleaved frame', bytes: '$\u0000' },
]) {
  test(`a peer that ${name} is closed after ten seconds`, async (t) => {
    let nowMs = 0;
    const { bed, assertUnaffected } = await startWatched(t, { server: { now: () => nowMs } });
    const socket = connectPlain(bed.port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.resume();
    await until(() => bed.server.connectionCount === 2);
    let sent = 0;
    while (sent < bytes.length) {
      socket.write(Buffer.from(bytes.slice(sent, sent + 1), 'latin1'));
      sent += 1;
      if (sent % 20 === 0) nowMs += 100; // far too slow, but never silent
    }
    await until(() => {
      nowMs += 1000;
      return socket.closed;
    });
    assert.deepEqual(
      bed.log.map(({ level }) => level),
      ['warn'],
    );
    await assertUnaffected();
  });
}

test('a client that never reads its answers is closed before they fill the memory', async (t) => {
  const { bed, assertUnaffected } = await startWatched(t, {
    server: { limits: { requestsPerTenSeconds: 1e9 } },
  });
  const socket = connectPlain(bed.port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.pause();
  const requests = Buffer.from('DESCRIBE rtsp://127.0.0.1/gate RTSP/1.0\r\nCSeq: 1\r\n\r\n'.repeat(1000));
  await until(() => {
    if (!socket.writableNeedDrain) socket.write(requests);
    return bed.log.length > 0;
  });
  assert.match(bed.log[0]?.message ?? '', /answers are not read/);
  await assertUnaffected();
});

test('connections are limited by address and in total; refusals are one line, however many', async (t) => {
  const { bed, assertUnaffected } = await startWatched(t, {
    server: { limits: { connectionsPerAddress: 5 } },
  });
  const sockets = Array.from({ length: 50 }, () => connectPlain(bed.port, '127.0.0.1'));
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  for (const socket of sockets) socket.on('error', () => undefined).resume();
  await until(() => sockets.filter(({ closed }) => closed).length === 46);
  await until(() => bed.log.length > 0);
  assert.match(bed.log[0]?.message ?? '', /refused: there are 5 connections from 127.0.0.1/);
  await assertUnaffected();
  for (const socket of sockets) socket.destroy();
  await until(() => bed.server.connectionCount === 1);
  const client = await RtspClient.connect(bed.port);
  assert.equal((await client.request('OPTIONS')).status, 200);
  client.close();
});

test('RTSP over TLS plays, and never sends media in the clear', async (t) => {
  const { certFile, keyFile, pem } = await selfSignedCertificate();
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const tls = { port: 0, certificate: () => Promise.resolve(fixedCertificate(pair)) };
  const { bed } = await startWatched(t, { server: { tls } });
  const socket = connectTls({ port: bed.tlsPort, host: '127.0.0.1', ca: pem });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  const url = `rtsps://127.0.0.1:${bed.tlsPort}/gate`;
  socket.write(
    `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast;client_port=5000-5001\r\n\r\n` +
      `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast\r\n\r\n` +
      `PLAY ${url} RTSP/1.0\r\nCSeq: 3\r\n\r\n`,
  );
  await until(() => /CSeq: 3\r\n[\s\S]*\r\n\r\n\$\0/.test(text));
  assert.match(text, /RTSP\/1\.0 461 [\s\S]*RTSP\/1\.0 200 OK\r\nCSeq: 2[\s\S]*RTSP\/1\.0 200 OK\r\nCSeq: 3/);
  assert.equal(bed.started.at(-1)?.transport, 'tls');
});

test('handshakes that never end do not hold a place for ever', async (t) => {
  const { certFile, keyFile } = await selfSignedCertificate();
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const tls = { port: 0, certificate: () => Promise.resolve(fixedCertificate(pair)) };
  const bed = await TestBed.start({ server: { tls, limits: { messageMs: 50 } } });
  t.after(() => bed.close());
  const socket = connectPlain(bed.tlsPort, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.resume();
  await once(socket, 'close');
});
