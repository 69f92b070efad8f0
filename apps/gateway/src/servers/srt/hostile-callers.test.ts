import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { until } from '../../../../../e2e/support/until.ts';
import { handshakeType, RawCaller } from './testing/raw-caller.ts';
import { assertRun, hashesOf, makeClip, publishByFfmpeg, watchByFfmpeg } from './testing/srt-peers.ts';
import { SrtTestBed } from './testing/srt-test-bed.ts';

const clip = makeClip(4);

/** Calls as an honest peer would, up to the answer to the conclusion; says nothing after that. */
async function call(raw: RawCaller, socketId: number, streamId: string): Promise<Buffer> {
  const conclusion = await raw.conclusion(socketId, streamId);
  raw.send(conclusion);
  const answer = await raw.takeAnswer(socketId);
  // Repeated, as by a peer that missed the answer.
  raw.send(conclusion);
  return answer;
}

test('floods of rubbish, inductions, forged conclusions: nothing grows, and a viewer misses nothing', async (t) => {
  const bed = await SrtTestBed.start(t);
  const raw = await RawCaller.open(t, bed.port);
  // Time enough to repair what the flood pushes out of the sockets' buffers on a busy machine.
  const patient = '&latency=2000000';
  const publisher = publishByFfmpeg(clip, bed.url('publish:gate', patient));
  await until(() => bed.isLive());
  const viewer = watchByFfmpeg(bed.url('read:gate', patient), 40);
  await until(() => bed.server.connectionCount === 2);
  const before = process.memoryUsage().heapUsed;
  const forged = RawCaller.induction(5);
  const view = new DataView(forged.buffer);
  let sent = 0;
  const flood = (): void => {
    for (let index = 0; index < 40; index += 1, sent += 4) {
      raw.send(RawCaller.induction(sent + 1));
      // A conclusion with a cookie that was never given, and extensions that claim to be huge.
      view.setUint32(16, 5);
      view.setUint32(16 + 20, 0xffff_ffff);
      view.setUint32(16 + 28, sent);
      raw.send(forged);
      raw.send(Buffer.concat([forged, Buffer.from('0001ffff', 'hex'), randomBytes(400)]));
      raw.send(randomBytes(1 + (sent % 1400)));
    }
  };
  // 8,000 a second: much more than that, and the socket's buffer is all theirs on a small machine.
  const timer = setInterval(flood, 20);
  t.after(() => clearInterval(timer));
  assertRun(await hashesOf(viewer), clip, 40, 'the viewer');
  clearInterval(timer);
  assert.ok(sent > 5000, `${sent} datagrams were sent`);
  // The publisher may have come to the end of its clip.
  await until(() => bed.server.connectionCount <= 1);
  assert.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
  assert.ok(bed.log.length < 10, 'the log is not flooded');
  publisher.kill();
  await publisher.done;
});

test('half handshakes are forgotten; a caller that repeats itself is one connection', async (t) => {
  const bed = await SrtTestBed.start(t);
  const raw = await RawCaller.open(t, bed.port);
  for (let id = 1; id <= 500; id += 1) raw.send(RawCaller.induction(id));
  await until(() => raw.answers.length >= 400);
  assert.equal(bed.server.connectionCount, 0);
  raw.answers.length = 0;
  const answer = await call(raw, 9001, 'publish:gate');
  await until(() => raw.answersTo(9001).length > 0);
  assert.equal(bed.server.connectionCount, 1);
  const [again] = raw.answersTo(9001);
  assert.equal(again?.readUInt32BE(16 + 24), answer.readUInt32BE(16 + 24), 'the same socket');
  // It never says a word: gone after five seconds of silence, without a trace.
  await until(() => bed.server.connectionCount === 0);
  assert.equal(bed.ended[0]?.reason, 'the peer has said nothing for 5 s');
  assert.equal(bed.cameras.find('gate')?.hasPublisher, false);
});

test('connections are limited, in total and by address, and free again when they end', async (t) => {
  const bed = await SrtTestBed.start(t, { server: { limits: { connections: 3, connectionsPerAddress: 2 } } });
  const raw = await RawCaller.open(t, bed.port);
  assert.equal(handshakeType(await call(raw, 1, 'publish:gate')), 0xffff_ffff);
  assert.equal(handshakeType(await call(raw, 2, 'publish:yard')), 0xffff_ffff);
  assert.equal(handshakeType(await call(raw, 3, 'publish:gate')), 1000 + 1402);
  assert.equal(bed.server.connectionCount, 2);
  for (const { owner } of bed.sessions.list()) owner.close('enough');
  assert.equal(bed.server.connectionCount, 0);
  assert.equal(handshakeType(await call(raw, 4, 'publish:gate')), 0xffff_ffff);
});

test('packets of a connection are taken from its peer only', async (t) => {
  const bed = await SrtTestBed.start(t);
  const raw = await RawCaller.open(t, bed.port);
  const stranger = await RawCaller.open(t, bed.port);
  const answer = await call(raw, 7, 'publish:gate');
  const shutdown = Buffer.alloc(20);
  shutdown.writeUInt32BE(0x8005_0000, 0);
  answer.copy(shutdown, 12, 16 + 24, 16 + 28);
  stranger.send(shutdown);
  stranger.send(RawCaller.induction(1));
  await until(() => stranger.answers.length > 0);
  assert.equal(bed.server.connectionCount, 1, 'a stranger cannot end it');
  raw.send(shutdown);
  await until(() => bed.server.connectionCount === 0);
  assert.equal(bed.ended[0]?.reason, 'the peer said goodbye');
});

test('a publisher that sends no transport stream, or nothing, is ended', async (t) => {
  const bed = await SrtTestBed.start(t, { silenceMs: 1000 });
  const raw = await RawCaller.open(t, bed.port);
  const answer = await call(raw, 7, 'publish:gate');
  const alive = Buffer.alloc(20);
  alive.writeUInt32BE(0x8001_0000, 0);
  answer.copy(alive, 12, 16 + 24, 16 + 28);
  const timer = setInterval(() => raw.send(alive), 200);
  t.after(() => clearInterval(timer));
  await until(() => bed.ended.length > 0);
  assert.equal(bed.ended[0]?.reason, 'the publisher sent no media for 1 s');
});

test('a publisher is taken over from, refused where that is off, and ended with its camera', async (t) => {
  const bed = await SrtTestBed.start(t);
  const first = publishByFfmpeg(clip, bed.url('publish:gate'));
  await until(() => bed.isLive());
  const second = publishByFfmpeg(clip, bed.url('publish:gate'));
  await until(() => bed.ended.length === 1);
  assert.equal(bed.ended[0]?.reason, 'another publisher took over');
  assert.equal(bed.sessions.list().length, 1);
  await bed.apply('gate');
  await until(() => bed.sessions.list().length === 0);
  assert.equal(bed.ended[1]?.reason, 'the camera was removed');
  for (const player of [first, second]) {
    player.kill();
    await player.done;
  }
  const strict = await SrtTestBed.start(t, { overridePublisher: false });
  const holder = publishByFfmpeg(clip, strict.url('publish:gate'));
  await until(() => strict.cameras.find('gate')?.hasPublisher === true);
  const late = publishByFfmpeg(clip, strict.url('publish:gate'));
  await until(() => strict.log.length > 0);
  assert.equal(strict.log[0]?.details['code'], 1409);
  for (const player of [late, holder]) {
    player.kill();
    await player.done;
  }
});
