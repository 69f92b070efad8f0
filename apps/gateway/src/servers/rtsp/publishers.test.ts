import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { AccessUnit, Track } from '@vedette/media';
import { createPacketizer, rtspPayloadType, serializeRtspSdp } from '@vedette/protocols';
import { until } from '../../../../../e2e/support/until.ts';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { makeFootage } from '../../sinks/hls/testing/footage.ts';
import type { Reader } from '../../stream/reader.ts';
import { startFfmpeg, startPlayer } from './testing/player.ts';
import { RtspClient } from './testing/rtsp-client.ts';
import { TestBed, type TestBedOptions } from './testing/test-bed.ts';

const clip = makeFootage({ seconds: 3, gop: 25 });
const [track = assert.fail()] = clip.tracks;
const START_CODE = Uint8Array.of(0, 0, 0, 1);

/** Keeps everything that a camera's readers are given. */
class Recorder implements Reader {
  readonly name = 'test';
  readonly units: AccessUnit[] = [];
  tracks: readonly Track[] = [];

  onTracks(tracks: readonly Track[]): void {
    this.tracks = tracks;
  }

  onUnit(unit: AccessUnit): void {
    this.units.push(unit);
  }

  onEnd(): void {
    // the test looks at what came
  }

  of(kind: 'video' | 'audio'): AccessUnit[] {
    return this.units.filter(({ track }) => track.kind === kind);
  }

  annexB(): Buffer {
    return Buffer.concat(this.of('video').flatMap(({ data }) => data.flatMap((nal) => [START_CODE, nal])));
  }
}

async function startBed(t: TestContext, options?: TestBedOptions): Promise<TestBed> {
  const bed = await TestBed.start(options);
  t.after(() => bed.close());
  return bed;
}

function record(bed: TestBed, cameraId = 'gate'): Recorder {
  const recorder = new Recorder();
  bed.cameras.find(cameraId)?.stream.addReader(recorder);
  return recorder;
}

/** The clip as a file, with a tone. */
function clipFile(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-publish-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const raw = path.join(folder, 'clip.h264');
  const file = path.join(folder, 'clip.mp4');
  writeFileSync(raw, clip.raw.bytes);
  ffmpeg([
    ...['-framerate', '25', '-i', raw, '-f', 'lavfi', '-i', `sine=duration=${clip.seconds}`],
    ...['-c:v', 'copy', '-c:a', 'aac', file],
  ]);
  return file;
}

for (const transport of ['tcp', 'udp']) {
  test(`ffmpeg publishes over ${transport.toUpperCase()}: every picture and the sound arrive, in time`, async (t) => {
    const bed = await startBed(t);
    const recorder = record(bed);
    const url = `rtsp://127.0.0.1:${bed.port}/live/gate`;
    const encoder = startFfmpeg([
      ...['-re', '-i', clipFile(t), '-c', 'copy', '-f', 'rtsp', '-rtsp_transport', transport, url],
    ]);
    const { code, stderr } = await encoder.done;
    assert.equal(code, 0, stderr);
    await until(() => bed.ended.length === 1);
    assert.deepEqual(frameHashes(recorder.annexB(), 'h264'), frameHashes(clip.raw.bytes, 'h264'));
    assert.deepEqual(
      recorder.tracks.map(({ codec }) => codec),
      ['h264', 'aac'],
    );
    recorder.of('video').forEach(({ pts }, index) => assert.ok(Math.abs(pts - index * 3600) <= 1));
    const sound = recorder.of('audio');
    assert.ok(sound.length > 120, `${sound.length} frames of sound`);
    const [session] = bed.started;
    assert.deepEqual([session?.kind, session?.transport], ['publish', transport]);
    assert.equal(bed.cameras.find('gate')?.state.name, 'waiting');
    assert.equal(bed.ended[0]?.reason, 'the peer ended the session');
    assert.equal(recorder.units[0]?.wallClockMs, recorder.units[0]?.wallClockMs);
  });

  test(`GStreamer publishes over ${transport.toUpperCase()}`, async (t) => {
    const bed = await startBed(t);
    const recorder = record(bed);
    const encoder = startPlayer('gst-launch-1.0', [
      ...['-q', 'filesrc', `location=${clipFile(t)}`, '!', 'qtdemux', '!', 'h264parse', '!'],
      ...['rtspclientsink', `location=rtsp://127.0.0.1:${bed.port}/gate`, `protocols=${transport}`],
    ]);
    t.after(() => encoder.kill('SIGKILL'));
    await until(() => recorder.units.length >= 50);
    assert.equal(bed.cameras.find('gate')?.state.name, 'live');
    const hashes = frameHashes(recorder.annexB(), 'h264');
    assert.deepEqual(hashes, frameHashes(clip.raw.bytes, 'h264').slice(0, hashes.length));
  });
}

interface Publishing {
  readonly client: RtspClient;
  readonly send: (count: number) => void;
}

/** A publisher of our own, recording. */
async function publish(t: TestContext, bed: TestBed, target = '/gate'): Promise<Publishing> {
  const client = await RtspClient.connect(bed.port, target);
  t.after(() => client.close());
  const sdp = serializeRtspSdp(clip.tracks, { name: 'test', sessionId: '1', address: '127.0.0.1' });
  const announced = await client.request('ANNOUNCE', {
    headers: { 'Content-Type': 'application/sdp' },
    body: new TextEncoder().encode(sdp),
  });
  assert.equal(announced.status, 200, announced.reason);
  const setUp = await client.setup(0, 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record');
  assert.equal(setUp.status, 200, setUp.reason);
  assert.equal((await client.request('RECORD')).status, 200);
  const packetizer = createPacketizer(track, {
    ssrc: 7,
    payloadType: rtspPayloadType(track),
    firstSequenceNumber: 0,
    firstTimestamp: 0,
    maxPacketLength: 1400,
    interleavedChannel: 0,
  });
  let next = 0;
  const send = (count: number): void => {
    for (const unit of clip.units.slice(next, next + count)) {
      client.socket.write(packetizer.packetize(unit).bytes);
    }
    next += count;
  };
  return { client, send };
}

test('a second publisher takes over; the first is ended and told nothing more is wanted', async (t) => {
  const bed = await startBed(t, { server: { limits: { farewellMs: 50 } } });
  const recorder = record(bed);
  const first = await publish(t, bed);
  first.send(5);
  await until(() => recorder.units.length === 5);
  const second = await publish(t, bed);
  assert.equal(bed.ended.length, 0, 'who has not sent a picture takes nothing over');
  second.send(5);
  await until(() => recorder.units.length === 10);
  await until(() => bed.ended.length === 1);
  assert.match(bed.ended[0]?.reason ?? '', /took over/);
  await first.client.closed();
  second.send(5);
  await until(() => recorder.units.length === 15);
});

test('without overridePublisher the second one is refused', async (t) => {
  const bed = await startBed(t, { overridePublisher: false });
  const recorder = record(bed);
  const first = await publish(t, bed);
  first.send(5);
  await until(() => recorder.units.length === 5);
  const client = await RtspClient.connect(bed.port);
  t.after(() => client.close());
  const answer = await client.request('ANNOUNCE', { headers: { 'Content-Type': 'application/sdp' } });
  assert.equal(answer.status, 503);
  assert.match(answer.reason, /has a publisher/);
  first.send(5);
  await until(() => recorder.units.length === 10);
});

test('a publisher that loses its connection leaves the camera waiting, and may come back', async (t) => {
  const bed = await startBed(t);
  const recorder = record(bed);
  const first = await publish(t, bed);
  first.send(3);
  await until(() => recorder.units.length === 3);
  first.client.close();
  await until(() => bed.cameras.find('gate')?.state.name === 'waiting');
  const again = await publish(t, bed);
  again.send(3);
  await until(() => recorder.units.length === 6);
  const [before = assert.fail(), after = assert.fail()] = recorder.units.slice(2);
  assert.ok(after.dts >= before.dts, 'time goes on');
});

test('a publisher that falls silent is ended', async (t) => {
  const bed = await startBed(t, { silenceMs: 200, server: { limits: { farewellMs: 50 } } });
  const { client, send } = await publish(t, bed);
  send(3);
  await client.closed();
  assert.match(bed.ended[0]?.reason ?? '', /sent no media/);
  assert.equal(bed.cameras.find('gate')?.state.name, 'waiting');
});

test('rubbish in the media does not end a publisher; what follows is taken', async (t) => {
  const bed = await startBed(t);
  const recorder = record(bed);
  const { client, send } = await publish(t, bed);
  send(2);
  client.socket.write(Uint8Array.of(0x24, 0, 0, 3, 1, 2, 3)); // no RTP
  client.socket.write(Uint8Array.of(0x24, 1, 0, 4, 0x80, 200, 0, 9)); // cut RTCP
  client.socket.write(Uint8Array.of(0x24, 9, 0, 1, 0)); // a channel that nobody set up
  send(2);
  await until(() => recorder.units.length === 4);
});

test('TEARDOWN, PAUSE and keep-alives of a publisher', async (t) => {
  const bed = await startBed(t);
  const { client, send } = await publish(t, bed);
  send(2);
  assert.equal((await client.request('GET_PARAMETER')).status, 200);
  assert.equal((await client.request('PAUSE')).status, 455);
  assert.equal((await client.request('PLAY')).status, 455);
  assert.equal((await client.request('TEARDOWN')).status, 200);
  assert.equal(bed.server.sessionCount, 0);
  assert.equal(bed.ended[0]?.reason, 'the peer ended the session');
});

test('what one publishes, others play, through the same server', async (t) => {
  const bed = await startBed(t);
  const publisher = await publish(t, bed);
  publisher.send(10);
  await until(() => bed.cameras.find('gate')?.stream.isLive === true);
  const viewer = await RtspClient.connect(bed.port);
  t.after(() => viewer.close());
  assert.equal((await viewer.setup(0)).status, 200);
  assert.equal((await viewer.request('PLAY')).status, 200);
  await viewer.until(() => viewer.frames.length > 0);
});
