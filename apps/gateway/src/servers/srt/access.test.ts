import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { until } from '../../../../../e2e/support/until.ts';
import { identityOf, refusal, TestDoor } from '../../access/testing/test-door.ts';
import type { SourceContext } from '../../cameras/source.ts';
import { handshakeType, RawCaller } from './testing/raw-caller.ts';
import {
  assertRun,
  callInVain,
  hashesOf,
  makeClip,
  publishByFfmpeg,
  publishByTransmit,
  startTransmit,
  temporaryFile,
  watchByFfmpeg,
  watchByGstreamer,
} from './testing/srt-peers.ts';
import { SrtTestBed, type SrtTestBedOptions } from './testing/srt-test-bed.ts';

const clip = makeClip(5);
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl_-';

async function startBed(t: TestContext, options: SrtTestBedOptions = {}) {
  const door = new TestDoor([
    { name: 'ann', password: 'se:cret', may: ['view:gate', 'publish:gate'] },
    { name: 'bob', token: TOKEN, may: ['view:gate', 'publish:gate', 'view:nowhere', 'view:pulled'] },
  ]);
  const bed = await SrtTestBed.start(t, {
    ...options,
    server: { door, ...options.server, limits: { refusalLogMs: 0, ...options.server?.limits } },
  });
  return { bed, door };
}

test('ffmpeg, srt-live-transmit and GStreamer publish and watch with user and password, and with a token', async (t) => {
  const { bed, door } = await startBed(t);
  const publisher = publishByFfmpeg(clip, bed.url('publish:gate:ann:se%3Acret'));
  await until(() => bed.isLive());
  const byFfmpeg = watchByFfmpeg(bed.url('read:gate:ann:se%3Acret'), 40);
  const byTransmit = startTransmit(bed.url(`#!::r=gate,m=request,u=token,s=${TOKEN}`), 'file://con');
  const byGstreamer = watchByGstreamer(bed.url(`read:gate:token:${TOKEN}`), temporaryFile('access.ts'));
  await until(() => bed.server.connectionCount === 4);
  assert.deepEqual(
    bed.sessions
      .list()
      .map(({ identity }) => identity)
      .map((identity) => JSON.stringify(identity))
      .sort(),
    ['ann', 'ann', 'bob', 'bob'].map((name) => JSON.stringify(identityOf({ name }))),
  );
  assertRun(await hashesOf(byFfmpeg), clip, 40, 'ffmpeg');
  byTransmit.kill('SIGINT');
  byGstreamer.kill('SIGINT');
  await Promise.all([byTransmit.done, byGstreamer.done]);
  publisher.kill();
  await publisher.done;
  assert.equal(door.knocks.length, 4, 'one knock for each, however often it repeats its call');
  assert.deepEqual(door.knocks[0]?.peer, { address: '127.0.0.1', userAgent: 'SRT/1.5.1' });
  await until(() => bed.server.connectionCount === 0);

  const second = publishByTransmit(clip, bed.url(`#!::r=gate,m=publish,u=token,s=${TOKEN}`));
  await until(() => bed.isLive());
  second.kill();
  await second.done;
});

for (const { name, streamId, code } of [
  { name: 'no credentials', streamId: 'read:gate', code: 1401 },
  { name: 'no credentials, for a camera that is not there', streamId: 'read:nothing', code: 1401 },
  { name: 'a wrong password', streamId: 'read:gate:ann:wrong', code: 1401 },
  { name: 'a wrong password, the standard form', streamId: '#!::r=gate,m=publish,u=ann,s=wrong', code: 1401 },
  { name: 'a wrong token', streamId: 'publish:gate:token:wrong', code: 1401 },
  { name: 'a camera that he may not see', streamId: 'read:yard:ann:se%3Acret', code: 1404 },
  { name: 'a camera that is not there', streamId: 'read:nothing:ann:se%3Acret', code: 1404 },
  {
    name: 'a camera that is not there, for one who may see it',
    streamId: `read:nowhere:token:${TOKEN}`,
    code: 1404,
  },
  { name: 'a camera that he may not publish to', streamId: 'publish:yard:ann:se%3Acret', code: 1403 },
]) {
  test(`srt-live-transmit and ffmpeg are refused with ${code}: ${name}`, async (t) => {
    const { bed } = await startBed(t);
    const isPublishing = streamId.includes('publish');
    const caller = isPublishing
      ? publishByTransmit(clip, bed.url(streamId))
      : startTransmit(bed.url(streamId), 'file://con');
    await until(() => caller.said().includes('Application-defined'));
    caller.kill();
    await caller.done;
    const player = isPublishing
      ? publishByFfmpeg(clip, bed.url(streamId))
      : watchByFfmpeg(bed.url(streamId), 1);
    const ended = await player.done;
    assert.notEqual(ended.code, 0);
    assert.match(ended.stderr, /Input\/output error|rejected|refused/i);
    assert.deepEqual([...new Set(bed.log.map(({ details }) => details['code']))], [code]);
    assert.equal(bed.server.connectionCount, 0);
    assert.doesNotMatch(JSON.stringify(bed.log), /cret|wrong|eyJ/);
  });
}

for (const [reason, code] of [
  ['limited', 1402],
  ['unavailable', 1503],
] as const) {
  test(`${reason}: ${code}`, async (t) => {
    const { bed, door } = await startBed(t);
    door.answer = refusal(reason, 1000);
    await callInVain(bed, bed.url('read:gate'));
    assert.equal(bed.log[0]?.details['code'], code);
  });
}

test('who has to change his password first does not hear that there is no camera: 1403', async (t) => {
  const { bed, door } = await startBed(t);
  door.answer = {
    ...refusal('forbidden'),
    code: 'ERR_PASSWORD_CHANGE_REQUIRED',
    message: 'Choose a password.',
  };
  await callInVain(bed, bed.url('read:gate'));
  assert.equal(bed.log[0]?.details['code'], 1403);
});

test('a caller that repeats itself while the door thinks knocks once, and hears a refusal again', async (t) => {
  const { bed, door } = await startBed(t);
  const raw = await RawCaller.open(t, bed.port);
  const letGo = door.hold();
  const packet = await raw.conclusion(7, 'read:gate:ann:wrong');
  for (let count = 0; count < 5; count += 1) raw.send(packet);
  await until(() => door.knocks.length === 1);
  letGo();
  await until(() => raw.answersTo(7).length > 0);
  raw.answers.length = 0;
  for (let count = 0; count < 3; count += 1) raw.send(packet);
  await until(() => raw.answersTo(7).length === 3);
  assert.ok(raw.answersTo(7).every((answer) => handshakeType(answer) === 2401));
  assert.equal(door.knocks.length, 1);
  assert.equal(bed.log.length, 1);
});

test('half-handshakes while the door thinks are bounded, and those that have gone leave no session', async (t) => {
  const { bed, door } = await startBed(t, { server: { limits: { connectionsPerAddress: 10 } } });
  const raw = await RawCaller.open(t, bed.port);
  const packets = new Map<number, Uint8Array>();
  for (let id = 1; id <= 12; id += 1)
    packets.set(id, await raw.conclusion(id, `publish:gate:token:${TOKEN}`));
  const letGo = door.hold();
  for (const packet of packets.values()) raw.send(packet);
  await until(() => raw.answers.length === 2);
  assert.deepEqual(raw.answers.map(handshakeType), [2402, 2402]);
  assert.equal(door.knocks.length, 10);
  // One of them goes on calling, as callers do; the others are heard no more.
  const last = packets.get(10) ?? assert.fail();
  const timer = setInterval(() => raw.send(last), 100);
  t.after(() => clearInterval(timer));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  letGo();
  await until(() => bed.server.connectionCount === 1);
  clearInterval(timer);
  assert.equal(bed.sessions.list().length, 1);
  assert.equal(door.knocks.length, 10);
  assert.ok(raw.answersTo(10).length > 0);
  for (const { owner } of bed.sessions.list()) owner.close('the test is over');
  // Their places are free again.
  const again = await raw.conclusion(20, `publish:gate:token:${TOKEN}`);
  raw.send(again);
  await until(() => bed.server.connectionCount === 1);
});

test('closing the server does not wait for the door', async (t) => {
  const { bed, door } = await startBed(t);
  const raw = await RawCaller.open(t, bed.port);
  const packet = await raw.conclusion(1, `publish:gate:token:${TOKEN}`);
  const letGo = door.hold();
  raw.send(packet);
  await until(() => door.knocks.length === 1);
  await bed.server.close();
  letGo();
  assert.equal(bed.sessions.list().length, 0);
});

test('names and tokens that nobody can have prove nothing; a stream id that is too long is refused', async (t) => {
  const { bed, door } = await startBed(t);
  const raw = await RawCaller.open(t, bed.port);
  let id = 100;
  for (const streamId of [
    'read:gate:a%0d%0ab:x',
    `read:gate:${'a'.repeat(300)}:x`,
    'read:gate:token:',
    'read:gate:token',
  ]) {
    raw.send(await raw.conclusion((id += 1), streamId));
    await until(() => raw.answersTo(id).length > 0);
    assert.equal(handshakeType(raw.answersTo(id)[0]), 2401);
    assert.equal(door.knocks.at(-1)?.credentials.kind, 'none');
  }
});

for (const streamId of [`publish:gate:token:${TOKEN}`, `read:pulled:token:${TOKEN}`]) {
  test(`ended from outside, at once: ${streamId.startsWith('publish') ? 'publishing' : 'waiting for the camera'}`, async (t) => {
    const never = {
      run: async ({ signal }: SourceContext): Promise<void> => {
        await once(signal, 'abort');
      },
    };
    const { bed } = await startBed(t, { pulled: never });
    const raw = await RawCaller.open(t, bed.port);
    raw.send(await raw.conclusion(1, streamId));
    await until(() => bed.sessions.list().length === 1);
    bed.sessions.list()[0]?.owner.close('permission was taken away');
    assert.deepEqual(
      bed.ended.map(({ reason }) => reason),
      ['permission was taken away'],
    );
    assert.equal(bed.server.connectionCount, 0);
    assert.equal(bed.cameras.find('gate')?.hasPublisher, false);
    // It is told: a control packet of type 5.
    await until(() => raw.answersTo(1).some((packet) => packet.readUInt32BE(0) === 0x8005_0000));
  });
}
