import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  RtspClient,
  type ClientMedia,
  type RtspClientEffect,
  type RtspClientOptions,
} from './rtsp-client.ts';
import { RtspHeaders } from './rtsp-headers.ts';
import { rtspReason, type RtspRequest, type RtspResponse } from './rtsp-message.ts';
import { RtspParser } from './rtsp-parser.ts';
import { parseRtspUrl } from './rtsp-url.ts';

const sdp = new TextEncoder().encode('v=0\r\n');
const tcp = (channel: number): ClientMedia => ({
  control: `trackID=${channel / 2}`,
  transport: { profile: 'RTP/AVP', lower: 'tcp', delivery: 'unicast', interleaved: [channel, channel + 1] },
});

/** A client with the server's side played by the test. */
class Play {
  readonly client: RtspClient;
  nowMs = 0;
  effects: RtspClientEffect[] = [];

  constructor(options: Partial<RtspClientOptions> & { address?: string } = {}) {
    const { address = 'rtsp://10.0.0.5/cam', ...rest } = options;
    this.client = new RtspClient({
      url: parseRtspUrl(address),
      userAgent: 'test',
      clientNonce: 'c0ffee',
      ...rest,
    });
    this.effects = this.client.start(this.nowMs);
  }

  /** The one request that the last call sent. */
  get sent(): RtspRequest {
    const requests: RtspRequest[] = [];
    const parser = new RtspParser({
      onFrame: () => undefined,
      onResponse: () => undefined,
      onRequest: (request) => requests.push(request),
    });
    for (const effect of this.effects) if (effect.type === 'send') parser.push(effect.bytes);
    assert.equal(
      requests.length,
      1,
      `one request, got ${JSON.stringify(this.effects.map(({ type }) => type))}`,
    );
    return requests[0] as RtspRequest;
  }

  get types(): string[] {
    return this.effects.map(({ type }) => type);
  }

  get failure(): string | undefined {
    const [effect] = this.effects;
    return effect?.type === 'failed' ? effect.error.code : undefined;
  }

  answer(status = 200, headers: Record<string, string | string[]> = {}, body = new Uint8Array(0)): this {
    const cseq = 'CSeq' in headers ? {} : { CSeq: this.sent.headers.get('CSeq') ?? '' };
    return this.respond({
      status,
      reason: rtspReason(status),
      headers: RtspHeaders.of({ ...cseq, ...headers }),
      body,
    });
  }

  respond(response: RtspResponse): this {
    this.effects = this.client.receive(response, this.nowMs);
    return this;
  }

  /** Up to the point where medias are chosen. */
  described(headers: Record<string, string> = {}): this {
    return this.answer(200, { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER' }).answer(
      200,
      headers,
      sdp,
    );
  }

  setup(medias = [tcp(0)], sessionControl?: string): this {
    this.effects = this.client.setup(medias, sessionControl, this.nowMs);
    return this;
  }

  playing(session = 'abc;timeout=60'): this {
    return this.described().setup().answer(200, { Session: session }).answer();
  }

  tick(nowMs: number): this {
    this.nowMs = nowMs;
    this.effects = this.client.tick(nowMs);
    return this;
  }
}

test('RtspClient: the whole way of a camera with two tracks', () => {
  const play = new Play({ address: 'rtsp://10.0.0.5:8554/cam?ch=1' });
  assert.deepEqual(
    [play.sent.method, play.sent.url, play.sent.headers.get('CSeq')],
    ['OPTIONS', 'rtsp://10.0.0.5:8554/cam?ch=1', '1'],
  );
  play.answer(200, { Public: 'OPTIONS, DESCRIBE, PLAY' });
  assert.equal(play.sent.method, 'DESCRIBE');
  assert.equal(play.sent.headers.get('Accept'), 'application/sdp');

  play.answer(200, { 'Content-Base': 'rtsp://192.168.1.1/cam/', Server: 'Hipcam' }, sdp);
  assert.deepEqual(play.effects, [{ type: 'described', description: sdp, server: 'Hipcam' }]);

  play.setup([tcp(0), tcp(2)]);
  assert.deepEqual([play.sent.method, play.sent.url], ['SETUP', 'rtsp://10.0.0.5:8554/cam/trackID=0']);
  assert.equal(play.sent.headers.get('Transport'), 'RTP/AVP/TCP;unicast;interleaved=0-1');

  play.answer(200, { Session: '1f2e;timeout=30', Transport: 'RTP/AVP/TCP;interleaved=6-7;ssrc=0000007b' });
  assert.deepEqual(play.effects[0], {
    type: 'trackReady',
    index: 0,
    transport: { ...tcp(0).transport, interleaved: [6, 7], ssrc: 123 },
  });
  assert.deepEqual(
    [play.sent.url, play.sent.headers.get('Session')],
    ['rtsp://10.0.0.5:8554/cam/trackID=1', '1f2e'],
  );

  play.answer(); // a camera that repeats nothing: as asked
  assert.deepEqual(play.effects[0], { type: 'trackReady', index: 1, transport: tcp(2).transport });
  assert.deepEqual([play.sent.method, play.sent.url], ['PLAY', 'rtsp://10.0.0.5:8554/cam/']);
  assert.equal(play.sent.headers.get('Range'), 'npt=0.000-');

  play.answer(200, {
    'RTP-Info': 'url=rtsp://192.168.1.1/cam/trackID=1;seq=5;rtptime=77, url=trackID=9;seq=1',
  });
  assert.deepEqual(play.effects, [
    {
      type: 'playing',
      rtpInfo: [undefined, { url: 'rtsp://192.168.1.1/cam/trackID=1', sequenceNumber: 5, rtpTime: 77 }],
    },
  ]);
  assert.equal(play.client.nextDeadlineMs, 14_000);
  play.effects = play.client.teardown(5000);
  assert.deepEqual([play.sent.method, play.sent.headers.get('Session')], ['TEARDOWN', '1f2e']);
  play.answer();
  assert.deepEqual(play.effects, [{ type: 'closed' }]);
  assert.equal(play.client.nextDeadlineMs, Infinity);
  assert.deepEqual(play.tick(1e9).effects, []);
});

test('RtspClient: announces and records', () => {
  const play = new Play({ announce: sdp });
  play.answer();
  assert.equal(play.sent.method, 'ANNOUNCE');
  assert.deepEqual(play.sent.body, sdp);
  assert.equal(play.sent.headers.get('Content-Type'), 'application/sdp');
  assert.deepEqual(play.answer().types, ['announced']);
  play.setup().answer(200, { Session: 'a' });
  assert.equal(play.sent.method, 'RECORD');
  assert.deepEqual(play.answer().types, ['recording']);
});

const digest = { 'WWW-Authenticate': 'Digest realm="r", nonce="n", qop="auth"' };
const locked = { address: 'rtsp://u:secret@10.0.0.5/cam' };

test('RtspClient: answers a challenge, then authorizes every request at once', () => {
  const play = new Play(locked);
  assert.equal(play.sent.url, 'rtsp://10.0.0.5/cam');
  play.answer(200).answer(401, digest);
  assert.equal(play.sent.method, 'DESCRIBE');
  assert.equal(play.sent.headers.get('CSeq'), '3');
  assert.match(
    play.sent.headers.get('Authorization') ?? '',
    /^Digest username="u".*uri="rtsp:\/\/10\.0\.0\.5\/cam".*nc=00000001/,
  );
  play.answer(200, {}, sdp).setup();
  assert.match(play.sent.headers.get('Authorization') ?? '', /nc=00000002/);
});

test('RtspClient: follows a new nonce in mid-session', () => {
  const play = new Play(locked)
    .answer(401, digest)
    .described()
    .setup()
    .answer(200, { Session: 'a' })
    .answer();
  play.tick(29_000);
  play.answer(401, { 'WWW-Authenticate': 'Digest realm="r", nonce="n2", qop="auth"' });
  assert.match(play.sent.headers.get('Authorization') ?? '', /nonce="n2".*nc=00000001/);
  assert.equal(play.sent.headers.get('Session'), 'a');
  assert.deepEqual(play.answer().effects, []);
});

for (const { name, options, answers, code } of [
  {
    name: 'a wrong password',
    options: locked,
    answers: [
      [401, digest],
      [401, digest],
    ],
    code: 'ERR_RTSP_UNAUTHORIZED',
  },
  { name: 'no password', options: {}, answers: [[401, digest]], code: 'ERR_RTSP_UNAUTHORIZED' },
  {
    name: 'an authentication that nobody knows',
    options: locked,
    answers: [[200], [401, { 'WWW-Authenticate': 'Negotiate' }]],
    code: 'ERR_RTSP_AUTH_UNSUPPORTED',
  },
  { name: '403', options: {}, answers: [[200], [403]], code: 'ERR_RTSP_FORBIDDEN' },
  { name: '404 to DESCRIBE', options: {}, answers: [[200], [404]], code: 'ERR_RTSP_NOT_FOUND' },
  { name: '453', options: {}, answers: [[200], [453]], code: 'ERR_RTSP_BUSY' },
  { name: '500', options: {}, answers: [[200], [500]], code: 'ERR_RTSP_STATUS' },
  { name: 'no description', options: {}, answers: [[200], [200]], code: 'ERR_RTSP_NO_DESCRIPTION' },
  {
    name: 'a malformed session',
    options: {},
    answers: [[200], [200, { Session: ';timeout=3' }]],
    code: 'ERR_RTSP_SESSION',
  },
  {
    name: 'a redirect too many',
    options: { redirectsLeft: 0 },
    answers: [[200], [302, { Location: 'rtsp://10.0.0.6/cam' }]],
    code: 'ERR_RTSP_REDIRECTS',
  },
  {
    name: 'a redirect to the web',
    options: {},
    answers: [[200], [302, { Location: 'http://10.0.0.6/cam' }]],
    code: 'ERR_RTSP_URL',
  },
] as {
  name: string;
  options: Partial<RtspClientOptions> & { address?: string };
  answers: [number, Record<string, string>?][];
  code: string;
}[]) {
  test(`RtspClient: ${name} fails with ${code}, without the password`, () => {
    const play = new Play(options);
    for (const [status, headers] of answers) play.answer(status, headers);
    assert.equal(play.failure, code);
    assert.doesNotMatch(JSON.stringify(play.effects, ['type', 'error', 'message']), /secret/);
    assert.equal(play.client.nextDeadlineMs, Infinity);
  });
}

for (const { name, transport, status = 200, code } of [
  { name: '461', status: 461, code: 'ERR_RTSP_TRANSPORT_REFUSED' },
  {
    name: 'UDP where TCP was asked for',
    transport: 'RTP/AVP;unicast;client_port=1-2',
    code: 'ERR_RTSP_TRANSPORT_REFUSED',
  },
  { name: 'a malformed transport', transport: 'RTP/AVP/TCP;interleaved=x', code: 'ERR_RTSP_TRANSPORT' },
]) {
  test(`RtspClient: SETUP answered with ${name} fails with ${code}`, () => {
    const play = new Play().described().setup();
    play.answer(status, transport === undefined ? {} : { Transport: transport });
    assert.equal(play.failure, code);
  });
}

test('RtspClient: a camera that leaves TCP out of its answer means it all the same', () => {
  const play = new Play().described().setup();
  play.answer(200, { Session: 'a', Transport: 'RTP/AVP;unicast;interleaved=4-5' });
  const transport = { ...tcp(0).transport, interleaved: [4, 5] };
  assert.deepEqual(play.effects[0], { type: 'trackReady', index: 0, transport });
});

for (const status of [400, 404, 405, 451, 501, 551]) {
  test(`RtspClient: a camera that answers OPTIONS with ${status} is described all the same`, () => {
    assert.equal(new Play().answer(status).sent.method, 'DESCRIBE');
  });
}

test('RtspClient: responses without CSeq answer the oldest request, others are not taken', () => {
  const play = new Play();
  const { effects } = play;
  play.respond({ status: 200, reason: '', headers: RtspHeaders.of({ CSeq: '99' }), body: sdp });
  assert.deepEqual(play.effects, []);
  play.respond({ status: 100, reason: '', headers: RtspHeaders.of({ CSeq: '1' }), body: sdp });
  assert.deepEqual(play.effects, []);
  play.effects = effects;
  play.respond({ status: 200, reason: '', headers: new RtspHeaders(), body: sdp });
  assert.equal(play.sent.method, 'DESCRIBE');
});

for (const { name, location, want } of [
  {
    name: 'the same host keeps the password',
    location: 'rtsp://10.0.0.5:8554/other',
    want: ['u', 'secret', '/other'],
  },
  {
    name: 'another host does not get it',
    location: 'rtsp://10.0.0.6/cam',
    want: [undefined, undefined, '/cam'],
  },
  { name: 'leaving TLS does not carry it', location: 'rtsp://a:b@10.0.0.5/cam', want: ['a', 'b', '/cam'] },
]) {
  test(`RtspClient: redirect: ${name}`, () => {
    const play = new Play({ ...locked, redirectsLeft: 2 }).answer().answer(301, { Location: location });
    const [effect] = play.effects;
    assert.ok(effect?.type === 'redirected');
    assert.deepEqual([effect.url.user, effect.url.password, effect.url.target], want);
    assert.equal(effect.redirectsLeft, 1);
  });
}

test('RtspClient: an answer that does not come fails the session', () => {
  const play = new Play();
  assert.equal(play.client.nextDeadlineMs, 10_000);
  assert.deepEqual(play.tick(9999).effects, []);
  assert.equal(play.tick(10_000).failure, 'ERR_RTSP_RESPONSE_TIMEOUT');
});

test('RtspClient: keep-alive by what the server offers, then by OPTIONS when it refuses', () => {
  const play = new Play().playing();
  assert.equal(play.client.nextDeadlineMs, 29_000);
  assert.deepEqual(play.tick(28_999).effects, []);
  play.tick(29_000);
  assert.deepEqual([play.sent.method, play.sent.headers.get('Session')], ['GET_PARAMETER', 'abc']);
  assert.deepEqual(play.answer(451).effects, []);
  play.tick(58_000);
  assert.equal(play.sent.method, 'OPTIONS');
  play.answer(454);
  assert.equal(play.failure, 'ERR_RTSP_SESSION_LOST');
});

test('RtspClient: a camera that never answers keep-alives is left alone', () => {
  const play = new Play().playing();
  play.tick(29_000);
  assert.deepEqual(play.tick(39_000).effects, []);
  assert.equal(play.client.nextDeadlineMs, 58_000);
  assert.equal(play.tick(58_000).sent.method, 'GET_PARAMETER');
});

test('RtspClient: teardown before a session is silent, and is not waited for long', () => {
  const early = new Play();
  assert.deepEqual(early.client.teardown(0), [{ type: 'closed' }]);
  assert.deepEqual(early.client.teardown(0), []);

  const late = new Play().playing();
  late.effects = late.client.teardown(1000);
  assert.equal(late.sent.method, 'TEARDOWN');
  assert.deepEqual(late.tick(1500).effects, [{ type: 'closed' }]);
});

test('RtspClient: answers the server’s pings and refuses its other requests', () => {
  const { client } = new Play();
  for (const [method, line] of [
    ['OPTIONS', 'RTSP/1.0 200 OK'],
    ['GET_PARAMETER', 'RTSP/1.0 200 OK'],
    ['ANNOUNCE', 'RTSP/1.0 501 Not Implemented'],
  ] as const) {
    const headers = RtspHeaders.of({ CSeq: '7' });
    const [effect] = client.receiveRequest({ method, url: '*', version: '1.0', headers, body: sdp });
    assert.ok(effect?.type === 'send');
    assert.equal(new TextDecoder().decode(effect.bytes), `${line}\r\nCSeq: 7\r\n\r\n`);
  }
});
