import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { FlvWriter, ProtocolError, serializeAmf0, type Amf0Value } from '@vedette/media';
import { parseRtmpUrl, RtmpClientSession, serializeRtmpMessage } from '@vedette/protocols';
import { until } from '../../../../../e2e/support/until.ts';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { identityOf, refusal, TestDoor } from '../../access/testing/test-door.ts';
import { makeFootage } from '../../sinks/hls/testing/footage.ts';
import { startFfmpeg, startPlayer, type Player } from '../rtsp/testing/player.ts';
import { TestBed, writeInTime, type TestBedOptions } from './testing/test-bed.ts';

const clip = makeFootage({ seconds: 2, gop: 25, audio: 'aac' });
const folder = mkdtempSync(path.join(tmpdir(), 'vedette-rtmp-access-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const clipFile = path.join(folder, 'clip.mp4');
ffmpeg([
  ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=20', '-c:v', 'libx264'],
  ...['-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p', clipFile],
]);

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl_-';
const RIGHT = ['token=' + TOKEN, 'user=ann&pass=se%3Acret%2B%26'] as const;
const WRONG = ['token=wrong', 'user=ann&pass=wrong', 'user=ann', ''] as const;

async function startBed(t: TestContext, options: TestBedOptions = {}) {
  const door = new TestDoor([
    { name: 'ann', password: 'se:cret+&', may: ['view:gate', 'publish:gate'] },
    { name: 'bob', token: TOKEN, may: ['view:gate', 'publish:gate'] },
  ]);
  const bed = await TestBed.start({ ...options, server: { door, ...options.server } });
  t.after(() => bed.close());
  return { bed, door };
}

function encode(url: string): Player {
  return startFfmpeg(['-re', '-i', clipFile, '-c', 'copy', '-f', 'flv', url]);
}

/** Waits for the end of a client that is refused. */
async function complaint(t: TestContext, player: Player): Promise<string> {
  t.after(() => player.kill('SIGKILL'));
  const { code, stderr } = await player.done;
  assert.notEqual(code, 0, stderr);
  return stderr;
}

for (const query of RIGHT) {
  const name = query.startsWith('token') ? 'bob' : 'ann';
  test(`ffmpeg publishes and plays with ?${query.replace(/=.*/, '=…')}`, async (t) => {
    const { bed, door } = await startBed(t);
    const encoder = encode(bed.url(`gate?${query}`));
    t.after(() => encoder.kill('SIGKILL'));
    await until(() => bed.cameras.find('gate')?.stream.isLive === true);
    const { code, stderr } = await startFfmpeg([
      ...['-i', bed.url(`gate?${query}`), '-frames:v', '5', '-f', 'null', '-'],
    ]).done;
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      bed.started.map(({ kind, identity }) => [kind, identity]),
      [
        ['publish', identityOf({ name })],
        ['view', identityOf({ name })],
      ],
    );
    assert.equal(door.knocks.length, 2);
    assert.doesNotMatch(JSON.stringify(bed.log), /cret|eyJ/);
  });
}

test('librtmp, which is in OBS, publishes and plays with a token in the name', async (t) => {
  const { bed } = await startBed(t);
  const url = bed.url(`gate?${RIGHT[0]}`);
  const encoder = startPlayer('gst-launch-1.0', [
    ...['-q', 'filesrc', `location=${clipFile}`, '!', 'qtdemux', '!', 'h264parse', '!'],
    ...['flvmux', 'streamable=true', '!', 'rtmpsink', `location=${url} live=1`, 'sync=true'],
  ]);
  t.after(() => encoder.kill('SIGKILL'));
  await until(() => bed.cameras.find('gate')?.stream.isLive === true);
  const player = startPlayer('gst-launch-1.0', [
    ...['-q', 'rtmpsrc', `location=${url} live=1`, '!', 'fakesink', 'num-buffers=5'],
  ]);
  t.after(() => player.kill('SIGKILL'));
  const { code, stderr } = await player.done;
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    bed.started.map(({ kind, identity }) => [kind, identity]),
    [
      ['publish', identityOf({ name: 'bob' })],
      ['view', identityOf({ name: 'bob' })],
    ],
  );
});

test('the query may stand behind the application, as some encoders put it', async (t) => {
  const { bed } = await startBed(t);
  const feed = bed.feed(clip.tracks);
  const [first = assert.fail(), ...rest] = clip.units;
  feed.write({ ...first });
  const player = startPlayer('gst-launch-1.0', [
    ...['-q', 'rtmp2src', `location=rtmp://127.0.0.1:${bed.port}/live/gate?${RIGHT[0]}`, '!'],
    ...['fakesink', 'num-buffers=5'],
  ]);
  t.after(() => player.kill('SIGKILL'));
  const app = new Client(t, bed, 'play', { app: `live?${RIGHT[0]}`, name: 'gate' });
  await until(() => app.isReady);
  await Promise.all([writeInTime(feed, rest), player.done]);
  const { code, stderr } = await player.done;
  assert.equal(code, 0, stderr);
});

for (const query of WRONG) {
  test(`ffmpeg and librtmp are refused with "${query}", and end`, async (t) => {
    const { bed } = await startBed(t);
    const url = bed.url(query === '' ? 'gate' : `gate?${query}`);
    assert.match(await complaint(t, encode(url)), /Unauthorized: Log in, or show a token/);
    const played = startFfmpeg(['-i', url, '-f', 'null', '-']);
    assert.match(await complaint(t, played), /Unauthorized: Log in, or show a token/);
    const librtmp = startPlayer('gst-launch-1.0', [
      '-q',
      'rtmpsrc',
      `location=${url} live=1`,
      '!',
      'fakesink',
    ]);
    t.after(() => librtmp.kill('SIGKILL'));
    await librtmp.done;
    assert.deepEqual(bed.started, []);
    await until(() => bed.server.connectionCount === 0);
  });
}

test('who may not see a camera hears the same as where there is none; who may not publish is told so', async (t) => {
  const { bed } = await startBed(t);
  bed.feed(clip.tracks, 'yard');
  for (const name of ['yard', 'nothing']) {
    const url = bed.url(`${name}?${RIGHT[0]}`);
    const played = await complaint(t, startFfmpeg(['-i', url, '-f', 'null', '-']));
    assert.match(played, new RegExp(`there is no camera "${name}"`));
    assert.match(await complaint(t, encode(url)), /You may not do this/);
  }
});

test('who has to change his password first does not hear that there is no camera', async (t) => {
  const { bed, door } = await startBed(t);
  bed.feed(clip.tracks);
  door.answer = {
    ...refusal('forbidden'),
    code: 'ERR_PASSWORD_CHANGE_REQUIRED',
    message: 'Choose a password.',
  };
  const said = await complaint(t, startFfmpeg(['-i', bed.url('gate'), '-f', 'null', '-']));
  assert.match(said, /Choose a password/);
});

/** A client of bytes, that behaves. */
class Client {
  readonly socket: Socket;
  readonly session: RtmpClientSession;
  isReady = false;
  failure: unknown;

  constructor(
    t: TestContext,
    bed: TestBed,
    action: 'play' | 'publish',
    target: { app?: string; name: string },
  ) {
    const socket = connect(bed.port, '127.0.0.1');
    this.socket = socket;
    const url = { ...parseRtmpUrl(bed.url()), ...target };
    this.session = new RtmpClientSession(
      {
        send: (bytes) => void socket.write(bytes),
        onReady: () => (this.isReady = true),
        onMedia: () => undefined,
        onEnd: () => undefined,
      },
      { url, action, random: randomBytes },
    );
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      try {
        this.session.push(chunk);
      } catch (error) {
        this.failure ??= error;
      }
    });
    t.after(() => socket.destroy());
    this.session.start();
  }

  /** Media that does not wait for the answer. */
  media(count: number): void {
    const writer = new FlvWriter();
    const units = clip.units.slice(0, count).map((unit) => writer.unit(unit));
    for (const message of [...writer.header(clip.tracks), ...units]) {
      if (message === undefined) continue;
      const { type, timestamp, body, length } = message;
      this.socket.write(
        serializeRtmpMessage({ chunkStreamId: 6, type, streamId: 1, timestamp, body, length }, 4096),
      );
    }
  }

  command(name: string, ...values: Amf0Value[]): void {
    const payload = serializeAmf0([name, 9, null, ...values]);
    const body = { chunkStreamId: 3, type: 20, streamId: 1, timestamp: 0, body: [payload] };
    this.socket.write(serializeRtmpMessage({ ...body, length: payload.length }, 4096));
  }
}

for (const action of ['play', 'publish'] as const) {
  test(`who hangs up while the door thinks leaves nothing behind: ${action}`, async (t) => {
    const { bed, door } = await startBed(t);
    bed.feed(clip.tracks);
    const letGo = door.hold();
    const clients = Array.from(
      { length: 20 },
      () => new Client(t, bed, action, { name: `gate?${RIGHT[0]}` }),
    );
    await until(() => door.knocks.length === 20);
    for (const { socket } of clients) socket.destroy();
    await until(() => bed.server.connectionCount === 0);
    letGo();
    const last = new Client(t, bed, 'play', { name: 'gate' });
    await until(() => last.failure !== undefined);
    assert.deepEqual(bed.started, []);
    assert.deepEqual(bed.log, []);
  });
}

test('an encoder that does not wait for the answer loses nothing; too much of it ends the connection', async (t) => {
  const { bed, door } = await startBed(t, { server: { limits: { earlyMediaBytes: 300_000 } } });
  const recorder = bed.record();
  const letGo = door.hold();
  const client = new Client(t, bed, 'publish', { name: `gate?${RIGHT[0]}` });
  await until(() => door.knocks.length === 1);
  client.media(20);
  const flood = new Client(t, bed, 'publish', { name: 'gate' });
  await until(() => door.knocks.length === 2);
  for (let round = 0; round < 20; round += 1) flood.media(50);
  await until(() => flood.socket.closed);
  assert.match(bed.log[0]?.message ?? '', /more than 300000 bytes in ten seconds/);
  letGo();
  await until(() => recorder.units.length >= 18);
  assert.equal(recorder.of('video')[0]?.isRandomAccess, true);
  assert.deepEqual(
    bed.started.map(({ kind }) => kind),
    ['publish'],
  );
});

test('whoever gives up while the door thinks may not ask again on that connection', async (t) => {
  const { bed, door } = await startBed(t);
  const letGo = door.hold();
  const client = new Client(t, bed, 'publish', { name: `gate?${RIGHT[0]}` });
  await until(() => door.knocks.length === 1);
  client.command('deleteStream', 1);
  client.command('publish', `gate?${RIGHT[0]}`, 'live');
  await until(() => client.socket.closed);
  letGo();
  assert.equal(door.knocks.length, 1);
  assert.deepEqual(bed.started, []);
});

for (const [reason, says] of [
  ['limited', /Too many attempts/],
  ['unavailable', /cannot be found out/],
] as const) {
  test(`${reason}: the encoder is told, and ends`, async (t) => {
    const { bed, door } = await startBed(t);
    door.answer = refusal(reason, 1000);
    assert.match(await complaint(t, encode(bed.url('gate'))), says);
  });
}

test('names, tokens and passwords that nobody can have prove nothing', async (t) => {
  const { bed, door } = await startBed(t);
  for (const query of ['user=a%0d%0ab&pass=x', `user=${'a'.repeat(300)}&pass=x`, 'token=', 'token=a%00b']) {
    const client = new Client(t, bed, 'play', { name: `gate?${query}` });
    await until(() => client.failure !== undefined);
    assert.ok(client.failure instanceof ProtocolError);
    assert.equal(door.knocks.at(-1)?.credentials.kind, 'none');
  }
  const knocks = door.knocks.length;
  const long = new Client(t, bed, 'play', { name: `gate?token=${'a'.repeat(20_000)}` });
  await until(() => long.socket.closed);
  assert.equal(door.knocks.length, knocks);
  assert.ok(bed.log.every(({ message }) => !message.includes('aaa')));
});

for (const action of ['play', 'publish'] as const) {
  test(`ended from outside, at once: ${action}`, async (t) => {
    const { bed } = await startBed(t);
    if (action === 'play') bed.feed(clip.tracks);
    const client = new Client(t, bed, action, { name: `gate?${RIGHT[0]}` });
    await until(() => client.isReady && bed.started.length === 1);
    bed.started[0]?.owner.close('permission was taken away');
    assert.deepEqual(
      bed.ended.map(({ reason }) => reason),
      ['permission was taken away'],
    );
    assert.equal(bed.sinks.size, 0);
    await until(() => client.socket.closed);
  });
}
