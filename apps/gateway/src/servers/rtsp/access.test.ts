import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ClientAuthenticator, type RtspResponse } from '@vedette/protocols';
import { until } from '../../../../../e2e/support/until.ts';
import { identityOf, refusal, TestDoor } from '../../access/testing/test-door.ts';
import { picture, videoTrack } from '../../testing/units.ts';
import { RtspClient } from './testing/rtsp-client.ts';
import { TestBed, type TestBedOptions } from './testing/test-bed.ts';

const video = videoTrack();
const ann = { user: 'ann', password: 'se:cret "q"' };
const SETUP_TCP = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n';

async function startBed(t: TestContext, options: TestBedOptions = {}) {
  const door = new TestDoor([
    { name: 'ann', password: ann.password, may: ['view:gate', 'publish:yard'] },
    { name: 'bob', token: 'abc.def', may: ['view:gate', 'view:yard', 'publish:gate', 'view:nowhere'] },
  ]);
  const bed = await TestBed.start({ ...options, server: { door, ...options.server } });
  t.after(() => bed.close());
  const feed = bed.feed([video]);
  feed.write(picture(video, 0));
  return { bed, door, feed };
}

/** A client that answers challenges, or does not. */
class Visitor {
  readonly client: RtspClient;
  readonly login: ClientAuthenticator;

  constructor(client: RtspClient, credentials = ann) {
    this.client = client;
    this.login = new ClientAuthenticator(credentials, 'c');
  }

  static async come(t: TestContext, bed: TestBed, target?: string, credentials = ann): Promise<Visitor> {
    const client = await RtspClient.connect(bed.port, target);
    t.after(() => client.close());
    return new Visitor(client, credentials);
  }

  /** As it is, with what the server has asked for. */
  async send(
    method: string,
    {
      url = this.client.url,
      headers = {},
      body = '',
    }: { url?: string; headers?: object; body?: string } = {},
  ): Promise<RtspResponse> {
    const all = { Authorization: this.login.header(method, url), ...headers };
    return this.client.request(method, { url, headers: all, body: new TextEncoder().encode(body) });
  }

  /** The same, once more where it is challenged. */
  async ask(
    method: string,
    options: { url?: string; headers?: object; body?: string } = {},
  ): Promise<RtspResponse> {
    const first = await this.send(method, options);
    if (first.status !== 401) return first;
    this.login.challenged(first.headers.getAll('WWW-Authenticate'), false, 0);
    return this.send(method, options);
  }
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

test('where somebody outside decides, players are asked for the password itself', async (t) => {
  const { bed, door } = await startBed(t);
  door.needsPlainPasswords = true;
  const visitor = await Visitor.come(t, bed);
  const first = await visitor.send('DESCRIBE');
  assert.deepEqual(first.headers.getAll('WWW-Authenticate'), ['Basic realm="Vedette"']);
  assert.equal((await visitor.ask('DESCRIBE')).status, 200);
  assert.equal(door.knocks.at(-1)?.credentials.kind, 'password');
});

test('a viewer is challenged, proves who he is once, and keeps his name', async (t) => {
  const { bed, door } = await startBed(t);
  const visitor = await Visitor.come(t, bed);
  assert.equal((await visitor.send('OPTIONS')).status, 200);
  const first = await visitor.send('DESCRIBE');
  assert.equal(first.status, 401);
  assert.equal(first.body.length, 0);
  const [strong = '', weak = '', plain] = first.headers.getAll('WWW-Authenticate');
  assert.match(strong, /^Digest realm="Vedette", nonce="[0-9a-f]{32}", algorithm=SHA-256, qop="auth"$/);
  assert.match(weak, /^Digest realm="Vedette", nonce="[0-9a-f]{32}", qop="auth"$/);
  assert.equal(plain, 'Basic realm="Vedette"');

  assert.equal((await visitor.ask('DESCRIBE')).status, 200);
  const setup = { url: `${visitor.client.url}/trackID=0`, headers: SETUP_TCP };
  assert.equal((await visitor.send('SETUP', setup)).status, 200);
  assert.equal((await visitor.send('PLAY')).status, 200);
  await visitor.client.until(() => visitor.client.frames.length > 0);
  assert.deepEqual(
    door.knocks.map(({ credentials, action, cameraId, protocol, peer }) => [
      ...[credentials.kind, action, cameraId, protocol, peer.address],
    ]),
    [
      ['none', 'view', 'gate', 'rtsp', '127.0.0.1'],
      ['none', 'view', 'gate', 'rtsp', '127.0.0.1'],
      ['digest', 'view', 'gate', 'rtsp', '127.0.0.1'],
    ],
  );
  assert.deepEqual(
    bed.started.map(({ identity }) => identity),
    [identityOf({ name: 'ann' })],
  );
});

test('a publisher: by password, and without in later requests', async (t) => {
  const { bed, door } = await startBed(t);
  const { client } = await Visitor.come(t, bed, '/yard');
  const announce = {
    headers: { Authorization: basic('ann', ann.password) },
    body: new TextEncoder().encode(SDP),
  };
  assert.equal((await client.request('ANNOUNCE', { body: announce.body })).status, 401);
  assert.equal((await client.request('ANNOUNCE', announce)).status, 200);
  const record = 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record';
  assert.equal((await client.setup(0, record)).status, 200);
  assert.equal((await client.request('RECORD')).status, 200);
  assert.deepEqual(
    door.knocks.map(({ action }) => action),
    ['publish', 'publish'],
  );
  const [session] = bed.started;
  assert.deepEqual([session?.kind, session?.identity], ['publish', identityOf({ name: 'ann' })]);
});

test('a token in the address, also where players put the control behind it', async (t) => {
  const { bed, door } = await startBed(t);
  const { client } = await Visitor.come(t, bed, '/gate?token=abc.def');
  assert.equal((await client.request('DESCRIBE')).status, 200);
  assert.equal((await client.setup(0)).status, 200);
  assert.equal((await client.request('PLAY', { url: `${client.url}/` })).status, 200);
  assert.equal(door.knocks.length, 1);
  assert.equal(bed.started[0]?.identity.kind, 'user');
  assert.doesNotMatch(JSON.stringify(bed.log), /abc/);
  const other = await Visitor.come(t, bed);
  const bearer = { Authorization: 'Bearer abc.def' };
  assert.equal((await other.client.request('DESCRIBE', { headers: bearer })).status, 200);
});

test('who has to change his password first does not hear that there is no camera', async (t) => {
  const { bed, door } = await startBed(t);
  door.answer = {
    ...refusal('forbidden'),
    code: 'ERR_PASSWORD_CHANGE_REQUIRED',
    message: 'Choose a password.',
  };
  const { client } = await Visitor.come(t, bed);
  const { status, reason } = await client.request('DESCRIBE');
  assert.deepEqual([status, reason], [403, 'Choose a password.']);
});

test('who may not see a camera cannot tell whether it is there; nor can a stranger', async (t) => {
  const { bed } = await startBed(t);
  for (const method of ['DESCRIBE', 'SETUP']) {
    const answers: unknown[][] = [];
    for (const target of ['/yard', '/nothing']) {
      const visitor = await Visitor.come(t, bed, target);
      const stranger = await visitor.send(method, { headers: SETUP_TCP });
      const known = await visitor.ask(method, { headers: SETUP_TCP });
      answers.push([stranger.status, known.status, known.reason.replace(target.slice(1), 'X')]);
    }
    assert.deepEqual(answers[0], [401, 404, 'there is no camera "X"']);
    assert.deepEqual(answers[1], answers[0]);
  }
  for (const target of ['/gate', '/nothing']) {
    const visitor = await Visitor.come(t, bed, target);
    assert.equal((await visitor.ask('ANNOUNCE', { body: SDP })).status, 403);
  }
  // Who may is told what he could find out anyhow.
  const { client } = await Visitor.come(t, bed, '/nowhere?token=abc.def');
  assert.match((await client.request('DESCRIBE')).reason, /there is no camera "nowhere"/);
});

for (const [reason, retryAfterMs, retry] of [
  ['limited', 12_300, '13'],
  ['unavailable', undefined, '5'],
] as const) {
  test(`${reason}: 503, and when to come again`, async (t) => {
    const { bed, door } = await startBed(t);
    door.answer = refusal(reason, retryAfterMs);
    const { client } = await Visitor.come(t, bed);
    const answer = await client.request('DESCRIBE');
    assert.deepEqual([answer.status, answer.headers.get('Retry-After')], [503, retry]);
    assert.equal(answer.reason, door.answer.message);
    assert.equal(answer.headers.get('WWW-Authenticate'), undefined);
  });
}

test('for another camera, and for another session, the door is asked again', async (t) => {
  const { bed, door } = await startBed(t);
  const { client } = await Visitor.come(t, bed, '/gate?token=abc.def');
  assert.equal((await client.request('DESCRIBE')).status, 200);
  const elsewhere = `rtsp://127.0.0.1:${bed.port}/yard`;
  assert.equal((await client.request('SETUP', { url: elsewhere, headers: SETUP_TCP })).status, 401);
  assert.equal((await client.setup(0)).status, 200);
  assert.equal((await client.request('PLAY', { url: `${elsewhere}/` })).status, 455);
  assert.equal((await client.request('PLAY')).status, 200);
  assert.equal((await client.request('TEARDOWN')).status, 200);
  const bare = client.url.replace(/\?.*/, '');
  const headers = { ...SETUP_TCP, Session: undefined };
  assert.equal((await client.request('SETUP', { url: `${bare}/trackID=0`, headers })).status, 401);
  assert.equal(door.knocks.length, 4);
});

test('who waits too long between DESCRIBE and SETUP is asked again', async (t) => {
  let nowMs = 0;
  const { bed, door } = await startBed(t, { server: { now: () => nowMs, limits: { admissionMs: 1000 } } });
  const { client } = await Visitor.come(t, bed, '/gate?token=abc.def');
  assert.equal((await client.request('DESCRIBE')).status, 200);
  nowMs = 1001;
  door.answer = refusal('unauthenticated');
  assert.equal((await client.setup(0)).status, 401);
});

test('what later requests show has to be right', async (t) => {
  const { bed, door } = await startBed(t, { server: { limits: { wrongCredentials: 9 } } });
  const visitor = await Visitor.come(t, bed);
  const { client } = visitor;
  assert.equal((await visitor.ask('DESCRIBE')).status, 200);
  assert.equal((await visitor.ask('SETUP', { headers: SETUP_TCP })).status, 200);
  const knocks = door.knocks.length;
  const play = async (Authorization: string): Promise<number> =>
    (await client.request('PLAY', { headers: { Authorization } })).status;
  assert.equal(await play(basic('ann', 'wrong')), 401);
  assert.equal(await play(basic('ann', ann.password)), 401, 'right, but not what he came with');
  const wrong = new ClientAuthenticator({ ...ann, password: 'wrong' }, 'c');
  const refused = await client.request('PLAY');
  assert.equal(refused.status, 200, 'nothing shown is nothing wrong');
  const again = await client.request('PAUSE', { headers: { Authorization: 'Digest x' } });
  wrong.challenged(again.headers.getAll('WWW-Authenticate'), false, 0);
  assert.equal(
    (await client.request('PAUSE', { headers: { Authorization: wrong.header('PAUSE', client.url) } })).status,
    401,
  );
  assert.equal((await visitor.ask('PAUSE')).status, 200);
  assert.equal(door.knocks.length, knocks, 'the door has been asked once');
});

test('a digest that was overheard opens nothing: neither again, nor for another address, nor elsewhere', async (t) => {
  const { bed, door } = await startBed(t);
  const visitor = await Visitor.come(t, bed);
  await visitor.ask('DESCRIBE');
  await visitor.client.request('TEARDOWN');
  const header = visitor.login.header('DESCRIBE', visitor.client.url);
  const describe = async (client: RtspClient, url = client.url): Promise<RtspResponse> =>
    client.request('DESCRIBE', { url, headers: { Authorization: header } });
  const elsewhere = await describe(visitor.client, visitor.client.url.replace('gate', 'yard'));
  assert.equal(elsewhere.status, 401);
  assert.doesNotMatch(elsewhere.headers.getAll('WWW-Authenticate').join(), /stale/);
  const thief = await Visitor.come(t, bed);
  const stolen = await describe(thief.client);
  assert.equal(stolen.status, 401);
  assert.match(stolen.headers.getAll('WWW-Authenticate')[1] ?? '', /stale=true/);
  const other = await Visitor.come(t, bed);
  const { status, headers } = await other.send('DESCRIBE');
  assert.equal(status, 401);
  other.login.challenged(headers.getAll('WWW-Authenticate'), false, 0);
  const used = { Authorization: other.login.header('DESCRIBE', other.client.url) };
  const knocks = door.knocks.length;
  const ask = async (): Promise<number> => (await other.client.request('DESCRIBE', { headers: used })).status;
  assert.deepEqual([await ask(), await ask()], [200, 401]);
  assert.equal(door.knocks.length, knocks + 1);
});

test('wrong passwords in a row end the connection, with one line that does not repeat them', async (t) => {
  const { bed, door } = await startBed(t, { server: { limits: { wrongCredentials: 3 } } });
  const { client } = await Visitor.come(t, bed);
  const statuses: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    const headers = { Authorization: basic('ann', `guess${count}`) };
    const { status, headers: answered } = await client.request('DESCRIBE', { headers });
    statuses.push(status);
    // The last is told what is wrong, and not to try again.
    assert.equal(answered.has('WWW-Authenticate'), count < 3);
    assert.equal(answered.get('CSeq'), String(count + 1));
  }
  assert.deepEqual(statuses, [401, 401, 401, 401]);
  await client.closed();
  assert.deepEqual(
    bed.log.map(({ message }) => message),
    ['RTSP peer closed: more than 3 wrong credentials'],
  );
  assert.equal(door.knocks.length, 4);
});

for (const { name, Authorization, url } of [
  { name: 'line breaks in the name', Authorization: basic('ann\r\nX-Admin: 1', 'x') },
  { name: 'a name of a thousand letters', Authorization: basic('a'.repeat(1000), 'x') },
  { name: 'no credentials that anybody knows', Authorization: 'Negotiate YII=' },
  { name: 'an empty token', url: '?token=' },
  { name: 'line breaks in the token', url: '?token=a%0d%0ab' },
]) {
  test(`not even knocked for: ${name}`, async (t) => {
    const { bed, door } = await startBed(t);
    const { client } = await Visitor.come(t, bed, `/gate${url ?? ''}`);
    assert.equal((await client.request('DESCRIBE', { headers: { Authorization } })).status, 401);
    assert.equal(door.knocks.length, 0);
  });
}

test('a token that is longer than a line may be ends the connection', async (t) => {
  const { bed, door } = await startBed(t);
  const { client } = await Visitor.come(t, bed, `/gate?token=${'a'.repeat(5000)}`);
  assert.equal((await client.request('DESCRIBE')).status, 413);
  await client.closed();
  assert.equal(door.knocks.length, 0);
});

test('who hangs up while the door thinks leaves nothing behind; others are served meanwhile', async (t) => {
  const { bed, door } = await startBed(t);
  const letGo = door.hold();
  const leaving = await Promise.all(
    Array.from({ length: 20 }, () => Visitor.come(t, bed, '/gate?token=abc.def')),
  );
  for (const { client } of leaving) {
    client.socket.write(
      `SETUP ${client.url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: ${SETUP_TCP.Transport}\r\n\r\n`,
    );
  }
  const publisher = await Visitor.come(t, bed, '/gate?token=abc.def');
  const length = `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}`;
  publisher.client.socket.write(
    `ANNOUNCE ${publisher.client.url} RTSP/1.0\r\nCSeq: 1\r\n${length}\r\n\r\n${SDP}`,
  );
  await until(() => door.knocks.length === 21);
  const other = await Visitor.come(t, bed);
  assert.equal((await other.send('OPTIONS')).status, 200);
  for (const { client } of [...leaving, publisher]) client.close();
  await until(() => bed.server.connectionCount === 1);
  letGo();
  assert.equal((await other.ask('DESCRIBE')).status, 200);
  assert.equal(bed.server.sessionCount, 0);
  assert.equal(bed.sinks.size, 0);
  assert.deepEqual(bed.log, []);
});

for (const step of ['playing', 'paused', 'publishing'] as const) {
  test(`ended from outside while ${step}: at once, and not begun again on the same connection`, async (t) => {
    const { bed, door } = await startBed(t, { server: { limits: { farewellMs: 60_000 } } });
    const { client } = await Visitor.come(t, bed, '/gate?token=abc.def');
    if (step === 'publishing') {
      const body = new TextEncoder().encode(SDP);
      assert.equal((await client.request('ANNOUNCE', { body })).status, 200);
      assert.equal((await client.setup(0, `${SETUP_TCP.Transport};mode=record`)).status, 200);
      assert.equal((await client.request('RECORD')).status, 200);
    } else {
      await client.setup(0);
      await client.request('PLAY');
      if (step === 'paused') await client.request('PAUSE');
    }
    bed.started[0]?.owner.close('permission was taken away');
    assert.deepEqual(
      bed.ended.map(({ reason }) => reason),
      ['permission was taken away'],
    );
    assert.equal(bed.server.sessionCount, 0);
    assert.equal(bed.sinks.size, 0);
    door.answer = refusal('unauthenticated');
    const headers = { ...SETUP_TCP, Session: undefined };
    assert.equal((await client.request('SETUP', { url: `${client.url}/trackID=0`, headers })).status, 401);
    assert.equal((await client.request('DESCRIBE', { headers: { Session: undefined } })).status, 401);
    await bed.server.close();
  });
}
