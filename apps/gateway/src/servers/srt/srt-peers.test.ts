import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { until } from '../../../../../e2e/support/until.ts';
import { frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { startLossyLink } from './testing/lossy-link.ts';
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
import { SrtTestBed, type Recorder } from './testing/srt-test-bed.ts';

const PASSPHRASE = 'correct horse battery';
const clip = makeClip(5);

function recordedHashes(recorder: Recorder): string[] {
  return frameHashes(recorder.annexB(), 'h264');
}

/** The last pictures of a publisher that hangs up may still have waited to be whole. */
const MOST = clip.hashes.length - 5;

test('ffmpeg publishes; ffmpeg, srt-live-transmit and GStreamer watch every picture', async (t) => {
  const bed = await SrtTestBed.start(t);
  const recorder = bed.record();
  const publisher = publishByFfmpeg(clip, bed.url('publish:gate'));
  await until(() => bed.isLive());
  const gstFile = temporaryFile('gst.ts');
  const byFfmpeg = watchByFfmpeg(bed.url('read:gate'), 60);
  const byTransmit = startTransmit(bed.url('#!::r=gate,m=request'), 'file://con');
  const byGstreamer = watchByGstreamer(bed.url('gate'), gstFile);
  await until(() => bed.server.connectionCount === 4);
  const viewers = bed.sessions.list().filter(({ kind }) => kind === 'view');
  assert.equal(viewers.length, 3);
  await until(() => viewers.every(({ owner }) => owner.totals().bytes > 0));
  assert.deepEqual(
    bed.sessions
      .list()
      .map(({ protocol, cameraId, userAgent, transport }) => [protocol, cameraId, userAgent, transport]),
    Array.from({ length: 4 }, () => ['srt', 'gate', 'SRT/1.5.1', 'udp']),
  );
  assertRun(await hashesOf(byFfmpeg), clip, 60, 'ffmpeg');
  await publisher.done;
  await until(() => !bed.isLive());
  // What was sent last is played out after the latency.
  await until(() => viewers.every(({ owner }) => owner.totals().queuedBytes === 0));
  byTransmit.kill('SIGINT');
  byGstreamer.kill('SIGINT');
  const [transmitted] = await Promise.all([byTransmit.done, byGstreamer.done]);
  assertRun(frameHashes(transmitted.stdout, 'mpegts'), clip, 60, 'srt-live-transmit');
  assertRun(frameHashes(readFileSync(gstFile), 'mpegts'), clip, 60, 'GStreamer');
  assertRun(recordedHashes(recorder), clip, MOST, 'the gateway');
  assert.ok(recorder.of('audio').length > 200);
  await until(() => bed.server.connectionCount === 0);
  assert.equal(bed.sessions.list().length, 0);
});

for (const keyLength of [16, 24, 32] as const) {
  test(`AES-${keyLength * 8} both ways, keys renewed by both sides`, async (t) => {
    const keyRefresh = { refreshPackets: 150, announcePackets: 60 };
    const bed = await SrtTestBed.start(t, { server: { passphrase: PASSPHRASE, keyRefresh } });
    const recorder = bed.record();
    const secret = `&passphrase=${PASSPHRASE}&pbkeylen=${keyLength}`;
    const publisher = publishByTransmit(
      clip,
      bed.url('publish:gate', `${secret}&kmrefreshrate=150&kmpreannounce=60`),
    );
    await until(() => bed.isLive());
    const viewer = watchByFfmpeg(bed.url('read:gate', secret), 80);
    assertRun(await hashesOf(viewer), clip, 80, 'ffmpeg');
    await publisher.done;
    await until(() => bed.server.connectionCount === 0);
    assertRun(recordedHashes(recorder), clip, MOST, 'the gateway');
    const report = bed.server.report;
    assert.deepEqual([report.lostIn, report.lostOut], [0, 0]);
  });
}

test('5 % loss both ways, publishing and watching: no picture is missing', async (t) => {
  const bed = await SrtTestBed.start(t);
  const recorder = bed.record();
  const link = await startLossyLink(t, bed.port, 0.05);
  const publisher = publishByFfmpeg(clip, bed.url('publish:gate', '&latency=500000', link.port));
  await until(() => bed.isLive());
  const viewer = watchByFfmpeg(bed.url('read:gate', '&latency=500000', link.port), 80);
  await until(() => bed.sessions.list().length === 2);
  const publishing = bed.sessions.list().find(({ kind }) => kind === 'publish');
  await until(() => (publishing?.owner.totals().network?.lossPercent ?? 0) > 0, {
    what: 'the loss is told of',
  });
  assert.ok((publishing?.owner.totals().network?.roundTripMs ?? -1) >= 0);
  assertRun(await hashesOf(viewer), clip, 80, 'ffmpeg');
  await publisher.done;
  await until(() => bed.server.connectionCount === 0);
  assertRun(recordedHashes(recorder), clip, MOST, 'the gateway');
  assert.ok(link.lost > 20, `${link.lost} of ${link.relayed} datagrams were lost`);
  const { recovered, retransmitted, lostIn } = bed.server.report;
  assert.ok(recovered > 0 && retransmitted > 0);
  // What is under way when ffmpeg hangs up is not sent again.
  assert.ok(lostIn <= 2, `${lostIn} packets were given up`);
});

test('H.265 goes through as well', async (t) => {
  const bed = await SrtTestBed.start(t);
  const hevc = makeClip(3, 'libx265');
  const publisher = publishByFfmpeg(hevc, bed.url('publish:yard'));
  await until(() => bed.isLive('yard'));
  assertRun(await hashesOf(watchByFfmpeg(bed.url('read:yard'), 30)), hevc, 30, 'ffmpeg');
  await publisher.done;
});

const REFUSALS: readonly { name: string; streamId: string; secret?: string; code: number; says: RegExp }[] = [
  {
    name: 'a wrong passphrase',
    streamId: 'read:gate',
    secret: 'wrong horse battery',
    code: 10,
    says: /Incorrect passphrase/,
  },
  { name: 'no passphrase', streamId: 'read:gate', code: 11, says: /Password required or unexpected/ },
  {
    name: 'an unknown camera',
    streamId: 'read:nowhere',
    secret: PASSPHRASE,
    code: 1404,
    says: /Application-defined/,
  },
  {
    name: 'publishing to an unknown camera',
    streamId: 'publish:nowhere',
    secret: PASSPHRASE,
    code: 1404,
    says: /Application-defined/,
  },
  {
    name: 'a stream id of no known form',
    streamId: 'a:b:c',
    secret: PASSPHRASE,
    code: 1400,
    says: /Application-defined/,
  },
  {
    name: 'a camera that nobody publishes to',
    streamId: 'read:gate',
    secret: PASSPHRASE,
    code: 1503,
    says: /Application-defined/,
  },
];

for (const { name, streamId, secret, code, says } of REFUSALS) {
  test(`refused with ${code}: ${name}`, async (t) => {
    const bed = await SrtTestBed.start(t, { server: { passphrase: PASSPHRASE } });
    const parameters = secret === undefined ? '' : `&passphrase=${secret}`;
    assert.match(await callInVain(bed, bed.url(streamId, parameters)), says);
    assert.equal(bed.log[0]?.details['code'], code);
    assert.equal(bed.server.connectionCount, 0);
    assert.doesNotMatch(JSON.stringify(bed.log), /horse/, 'no secret in the log');
  });
}
