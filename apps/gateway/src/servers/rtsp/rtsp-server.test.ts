import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { parseRtpInfo, parseRtpPacket, parseRtcp, parseTransports } from '@vedette/protocols';
import { until } from '../../../../../e2e/support/until.ts';
import { opusTrack, packet, picture, videoTrack } from '../../testing/units.ts';
import { RtspClient } from './testing/rtsp-client.ts';
import { TestBed, type TestBedOptions } from './testing/test-bed.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const video = videoTrack();
const audio = opusTrack();

async function startBed(t: TestContext, options: TestBedOptions = {}): Promise<TestBed> {
  const bed = await TestBed.start(options);
  t.after(() => bed.close());
  return bed;
}

/** A camera with picture and sound, live. */
async function startLive(t: TestContext, options: TestBedOptions = {}) {
  const bed = await startBed(t, options);
  const feed = bed.feed([video, audio]);
  feed.write(picture(video, 0));
  feed.write(packet(audio, 0));
  feed.report(video, 0, Date.now());
  return { bed, feed };
}

async function connect(t: TestContext, bed: TestBed, target?: string): Promise<RtspClient> {
  const client = await RtspClient.connect(bed.port, target);
  t.after(() => client.close());
  return client;
}

test('a viewer by TCP: DESCRIBE, SETUP, PLAY, PAUSE, PLAY, TEARDOWN', async (t) => {
  const { bed, feed } = await startLive(t);
  const client = await connect(t, bed);
  assert.match((await client.request('OPTIONS')).headers.get('Public') ?? '', /DESCRIBE.*PLAY/);

  const described = await client.request('DESCRIBE', { headers: { Accept: 'application/sdp' } });
  assert.equal(described.status, 200);
  assert.equal(described.headers.get('Content-Base'), `${client.url}/`);
  assert.equal(described.headers.get('Content-Type'), 'application/sdp');
  assert.match(new TextDecoder().decode(described.body), /a=control:trackID=1/);

  const first = await client.setup(0);
  const [transport] = parseTransports(first.headers.get('Transport') ?? '');
  assert.deepEqual(transport?.interleaved, [0, 1]);
  assert.match(first.headers.get('Session') ?? '', /^[0-9a-f]{16};timeout=60$/);
  assert.equal((await client.setup(1)).status, 200);
  assert.equal(bed.started.length, 0, 'nobody watches yet');

  const played = await client.request('PLAY', { headers: { Range: 'npt=0.000-' } });
  assert.equal(played.status, 200);
  assert.equal(played.headers.get('Range'), 'npt=now-');
  const info = parseRtpInfo(played.headers.get('RTP-Info') ?? '');
  assert.deepEqual(
    info.map(({ url }) => url),
    [`${client.url}/trackID=0`, `${client.url}/trackID=1`],
  );
  await client.until(() => [0, 2].every((wanted) => client.frames.some(({ channel }) => channel === wanted)));
  const firstPicture = parseRtpPacket(
    client.frames.find(({ channel }) => channel === 0)?.packet ?? encode(''),
  );
  assert.equal(firstPicture.sequenceNumber, info[0]?.sequenceNumber);
  assert.equal(firstPicture.timestamp, info[0]?.rtpTime);
  assert.equal(firstPicture.ssrc, transport.ssrc);
  assert.deepEqual(
    bed.started.map(({ cameraId, kind, protocol, transport }) => [cameraId, kind, protocol, transport]),
    [['gate', 'view', 'rtsp', 'tcp']],
  );

  assert.equal((await client.request('PAUSE')).status, 200);
  const before = client.frames.length;
  feed.write(picture(video, 1));
  assert.equal((await client.request('GET_PARAMETER')).status, 200);
  assert.equal(client.frames.length, before, 'nothing comes while paused');
  assert.equal((await client.request('PLAY')).status, 200);
  await client.until(() => client.frames.length >= before + 2);
  assert.equal((await client.request('TEARDOWN')).status, 200);
  assert.equal(bed.ended.length, 1);
  assert.equal(bed.sinks.size, 0);
  assert.equal((await client.request('PLAY')).status, 454);
});

test('a viewer by UDP: one pair of server ports, datagrams from where it said, kept alive by its reports', async (t) => {
  let nowMs = 0;
  const { bed, feed } = await startLive(t, { server: { now: () => nowMs } });
  const sockets = [createSocket('udp4'), createSocket('udp4')];
  t.after(() => sockets.forEach((socket) => socket.close()));
  const [rtp = assert.fail(), rtcp = assert.fail()] = sockets;
  for (const socket of sockets) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  const client = await connect(t, bed);
  const ports = `${rtp.address().port}-${rtcp.address().port}`;
  const answer = await client.setup(0, `RTP/AVP;unicast;client_port=${ports}`);
  const [transport] = parseTransports(answer.headers.get('Transport') ?? '');
  assert.equal(transport?.source, '127.0.0.1');
  const [rtpPort = 0, rtcpPort = 0] = transport.serverPort ?? [];
  assert.equal(rtpPort % 2, 0);
  assert.equal(rtcpPort, rtpPort + 1);

  const media = once(rtp, 'message') as Promise<[Uint8Array, { port: number }]>;
  const report = once(rtcp, 'message') as Promise<[Uint8Array, { port: number }]>;
  assert.equal((await client.request('PLAY')).status, 200);
  const [datagram, from] = await media;
  assert.equal(from.port, rtpPort);
  assert.equal(parseRtpPacket(datagram).ssrc, transport.ssrc);
  const [sr, sender] = await report;
  assert.equal(sender.port, rtcpPort);
  assert.equal(parseRtcp(sr)[0]?.type, 'sr');
  assert.equal(bed.started[0]?.transport, 'udp');

  // Its connection may go, its reports hold it.
  client.close();
  await until(() => bed.server.connectionCount === 0);
  const emptyReport = Uint8Array.of(0x80, 201, 0, 1, 1, 2, 3, 4);
  for (let round = 0; round < 5; round += 1) {
    nowMs += 25_000;
    const seen = once(rtp, 'message');
    rtcp.send(emptyReport, rtcpPort, '127.0.0.1');
    feed.write(picture(video, 50 * (round + 1)));
    await seen;
  }
  assert.equal(bed.ended.length, 0);
  const heard: string[] = [];
  rtcp.on('message', (bytes: Uint8Array) => heard.push(...parseRtcp(bytes).map(({ type }) => type)));
  await until(() => {
    nowMs += 61_000;
    return heard.includes('bye');
  });
  assert.deepEqual(
    bed.ended.map(({ reason }) => reason),
    ['the peer gave no sign of life'],
  );
  assert.equal(bed.server.sessionCount, 0);
});

const SETUP_TCP = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };

interface Refusal {
  readonly name: string;
  readonly method: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Tracks set up before. */
  readonly after?: readonly string[];
  readonly want: number;
  readonly reason?: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    name: 'an unknown camera',
    method: 'DESCRIBE',
    path: '/nowhere',
    want: 404,
    reason: /no camera "nowhere"/,
  },
  { name: 'a camera nobody feeds', method: 'DESCRIBE', path: '/yard', want: 404, reason: /nobody publishes/ },
  { name: 'a name no camera can have', method: 'DESCRIBE', path: '/.', want: 404 },
  { name: 'a description in another form', method: 'DESCRIBE', headers: { Accept: 'text/html' }, want: 406 },
  { name: 'a method nobody knows', method: 'DANCE', want: 501 },
  { name: 'a method that clients do not send', method: 'REDIRECT', want: 405 },
  { name: 'an option', method: 'PLAY', headers: { Require: 'onvif-replay' }, want: 551 },
  { name: 'a session that is not', method: 'PLAY', headers: { Session: '0123456789abcdef' }, want: 454 },
  { name: 'PLAY before SETUP', method: 'PLAY', want: 454 },
  { name: 'RECORD before ANNOUNCE', method: 'RECORD', want: 454 },
  { name: 'SETUP of everything at once', method: 'SETUP', headers: SETUP_TCP, want: 459 },
  { name: 'SETUP of no track', method: 'SETUP', path: '/gate/trackID=7', headers: SETUP_TCP, want: 404 },
  { name: 'SETUP of an odd control', method: 'SETUP', path: '/gate/video', headers: SETUP_TCP, want: 404 },
  { name: 'SETUP without Transport', method: 'SETUP', path: '/gate/trackID=0', want: 400 },
  {
    name: 'multicast',
    method: 'SETUP',
    path: '/gate/trackID=0',
    headers: { Transport: 'RTP/AVP;multicast;port=5000-5001' },
    want: 461,
  },
  {
    name: 'SRTP',
    method: 'SETUP',
    path: '/gate/trackID=0',
    headers: { Transport: 'RTP/SAVP;unicast;client_port=5000-5001' },
    want: 461,
  },
  {
    name: 'UDP for one track and TCP for the other',
    method: 'SETUP',
    path: '/gate/trackID=1',
    headers: { Transport: 'RTP/AVP;unicast;client_port=5000-5001' },
    after: ['SETUP'],
    want: 461,
  },
  {
    name: 'a second camera in one session',
    method: 'SETUP',
    path: '/yard/trackID=0',
    headers: SETUP_TCP,
    after: ['SETUP'],
    want: 455,
  },
  {
    name: 'SETUP while playing',
    method: 'SETUP',
    path: '/gate/trackID=1',
    headers: SETUP_TCP,
    after: ['SETUP', 'PLAY'],
    want: 455,
  },
  { name: 'ANNOUNCE while playing', method: 'ANNOUNCE', after: ['SETUP', 'PLAY'], want: 455 },
  { name: 'RECORD of what is played', method: 'RECORD', after: ['SETUP'], want: 455 },
  ...['npt=10-20', 'clock=20260101T000000Z-', 'smpte=0:10:00-', 'furlongs=1-'].map((Range): Refusal => ({
    name: `Range: ${Range}`,
    method: 'PLAY',
    headers: { Range },
    after: ['SETUP'],
    want: 457,
  })),
  { name: 'a parameter', method: 'GET_PARAMETER', body: 'jitter\r\n', want: 451 },
  { name: 'a parameter to set', method: 'SET_PARAMETER', body: 'volume: 11\r\n', want: 451 },
  { name: 'publishing to nowhere', method: 'ANNOUNCE', path: '/nowhere', want: 404, reason: /no camera/ },
  {
    name: 'a description that is none',
    method: 'ANNOUNCE',
    path: '/yard',
    headers: { 'Content-Type': 'text/plain' },
    want: 415,
  },
  {
    name: 'a description without media',
    method: 'ANNOUNCE',
    path: '/yard',
    headers: { 'Content-Type': 'application/sdp' },
    body: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n',
    want: 400,
    reason: /no media/,
  },
];

for (const { name, method, path = '/gate', headers = {}, body = '', after = [], want, reason } of refusals) {
  test(`refused, and the connection goes on: ${name}`, async (t) => {
    const { bed } = await startLive(t);
    const client = await connect(t, bed);
    for (const step of after) {
      const answer = step === 'SETUP' ? await client.setup(0) : await client.request(step);
      assert.equal(answer.status, 200);
    }
    const url = `rtsp://127.0.0.1:${bed.port}${path}`;
    const answer = await client.request(method, { url, headers, body: encode(body) });
    assert.equal(answer.status, want);
    if (reason !== undefined) assert.match(answer.reason, reason);
    assert.equal((await client.request('OPTIONS')).status, 200);
    assert.deepEqual(bed.log, []);
  });
}

test('another version of RTSP is answered 505', async (t) => {
  const bed = await startBed(t);
  const client = await connect(t, bed);
  client.socket.write(`OPTIONS ${client.url} RTSP/2.0\r\nCSeq: 1\r\n\r\n`);
  assert.equal((await client.response()).status, 505);
});

test('DESCRIBE waits for a camera that is connecting', async (t) => {
  const bed = await startBed(t);
  const client = await connect(t, bed);
  const { stream } = bed.cameras.find('gate') ?? assert.fail();
  // The directory says that it connects; the stream is the real one.
  const server = await startBed(t, {
    server: {
      cameras: {
        find: (id) => ({ id, stream, state: { name: 'connecting', sinceMs: 0, attempt: 1 } }),
        canPublish: () => ({ ok: true }),
        publish: () => assert.fail(),
      },
    },
  });
  const waiting = await connect(t, server);
  const answer = waiting.request('DESCRIBE');
  await until(() => stream.isWanted);
  bed.feed([video]).write(picture(video, 0));
  assert.equal((await answer).status, 200);
  client.close();
});

test('DESCRIBE of a camera that does not come in time says so', async (t) => {
  const bed = await startBed(t);
  const { stream } = bed.cameras.find('gate') ?? assert.fail();
  const server = await startBed(t, {
    server: {
      limits: { describeWaitMs: 20 },
      cameras: {
        find: (id) => ({ id, stream, state: { name: 'connecting', sinceMs: 0, attempt: 1 } }),
        canPublish: () => ({ ok: true }),
        publish: () => assert.fail(),
      },
    },
  });
  const client = await connect(t, server);
  const answer = await client.request('DESCRIBE');
  assert.equal(answer.status, 404);
  assert.match(answer.reason, /not connected yet/);
});

test('pipelined requests are answered in order', async (t) => {
  const { bed } = await startLive(t);
  const client = await connect(t, bed);
  const { url } = client;
  client.socket.write(
    `DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\nSETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 2\r\n` +
      `Transport: ${SETUP_TCP.Transport}\r\n\r\nPLAY ${url} RTSP/1.0\r\nCSeq: 3\r\n\r\n`,
  );
  for (const want of ['1', '2', '3']) {
    const { status, headers } = await client.response();
    assert.deepEqual([status, headers.get('CSeq')], [200, want]);
  }
  await client.until(() => client.frames.length > 1);
});

test('when the camera is removed, its viewers hear goodbye and the connection closes', async (t) => {
  const { bed } = await startLive(t, { server: { limits: { farewellMs: 50 } } });
  const client = await connect(t, bed);
  await client.setup(0);
  await client.request('PLAY');
  await bed.cameras.apply({ autoCreate: false, byId: {} });
  await client.closed();
  const last = client.frames.at(-1);
  assert.equal(last?.channel, 1);
  assert.equal(parseRtcp(last.packet).at(-1)?.type, 'bye');
  assert.deepEqual(
    bed.ended.map(({ reason }) => reason),
    ['the camera was removed'],
  );
});

test('a session can be ended from outside', async (t) => {
  const { bed } = await startLive(t, { server: { limits: { farewellMs: 50 } } });
  const client = await connect(t, bed);
  await client.setup(0);
  await client.request('PLAY');
  bed.started[0]?.owner.close('ended by the administrator');
  await client.closed();
  assert.equal(parseRtcp(client.frames.at(-1)?.packet ?? encode('')).at(-1)?.type, 'bye');
  assert.equal(bed.server.sessionCount, 0);
});

test('closing the server says goodbye to everybody and leaves nothing open', async (t) => {
  const { bed } = await startLive(t);
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect(t, bed)));
  for (const client of clients) {
    await client.setup(0);
    await client.request('PLAY');
  }
  await Promise.all([bed.server.close(), ...clients.map((client) => client.closed())]);
  await bed.server.close();
  assert.equal(bed.server.connectionCount, 0);
  assert.equal(bed.ended.length, 5);
  assert.equal(bed.sinks.size, 0);
});
