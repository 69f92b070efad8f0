import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseRtpPacket } from '@vedette/protocols';
import { until } from '../../../../../e2e/support/until.ts';
import { picture, videoTrack } from '../../testing/units.ts';
import { RtspClient } from './testing/rtsp-client.ts';
import { TestBed } from './testing/test-bed.ts';

const video = videoTrack();

test('200 viewers, one stops reading: it alone loses pictures, within its bound, and is closed', async (t) => {
  let nowMs = 1_700_000_000_000;
  const bounds = { maxQueueBytes: 1024 * 1024, maxStallMs: 30_000 };
  const bed = await TestBed.start({ sinks: { clock: () => nowMs, bounds } });
  const feed = bed.feed([video]);
  let written = 0;
  const write = (): void => {
    nowMs += 400; // few pictures make a long stall
    feed.write(picture(video, written, { gop: 25, size: 20_000 }));
    written += 1;
  };
  write();
  const viewers = await Promise.all(Array.from({ length: 200 }, () => RtspClient.connect(bed.port)));
  t.after(async () => {
    for (const viewer of viewers) viewer.close();
    await bed.close();
  });
  for (const viewer of viewers) {
    await viewer.setup(0);
    await viewer.request('PLAY');
  }
  const [stalled = assert.fail(), ...others] = viewers;
  const [session = assert.fail(), ...sessions] = bed.started;
  stalled.socket.pause();

  let largestQueue = 0;
  let droppedAtEnd = 0;
  while (bed.ended.length === 0) {
    assert.ok(written < 2000, 'closed some day');
    write();
    const { queuedBytes, dropped } = session.owner.totals();
    largestQueue = Math.max(largestQueue, queuedBytes);
    droppedAtEnd = dropped;
    // A camera's next picture is 40 ms away: the others have read this one by then.
    while (sessions.some(({ owner }) => owner.totals().queuedBytes > 0)) await nextTurn();
  }
  assert.ok(
    largestQueue > bounds.maxQueueBytes / 2 && largestQueue <= bounds.maxQueueBytes,
    `${largestQueue} bytes`,
  );
  assert.ok(droppedAtEnd > 0);
  assert.match(bed.ended[0]?.reason ?? '', /took nothing/);
  assert.equal(bed.ended[0]?.session, session);

  for (const { frames } of others) await until(() => pictures(frames) === written);
  assert.ok(sessions.every(({ owner }) => owner.totals().dropped === 0));
});

function pictures(frames: RtspClient['frames']): number {
  return frames.filter(({ channel, packet }) => channel === 0 && parseRtpPacket(packet).marker).length;
}

test('2,000 viewers that come and go, politely or not, leave nothing behind', async (t) => {
  const bed = await TestBed.start();
  t.after(() => bed.close());
  const feed = bed.feed([video]);
  feed.write(picture(video, 0, { size: 5000 }));

  // What compiled code and pools keep, the first thousand make: from then on the heap stays as it is.
  await visits(bed, 1000);
  const before = resources();
  await visits(bed, 1000);
  const after = resources();
  assert.equal(after.descriptors, before.descriptors);
  const growth = after.heapBytes - before.heapBytes;
  assert.ok(growth < 1024 * 1024, `the heap grew by ${growth} bytes`);
  assert.equal(bed.sinks.size, 0);
  assert.equal(bed.server.sessionCount, 0);
});

/** Visits of all kinds, ten at a time, and waits until the server has forgotten them. */
async function visits(bed: TestBed, count: number): Promise<void> {
  for (let done = 0; done < count; done += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, index) => visit(bed, index)));
    await until(() => bed.server.connectionCount === 0 && bed.server.sessionCount === 0);
    bed.started.length = 0;
    bed.ended.length = 0;
    bed.log.length = 0;
  }
}

async function visit(bed: TestBed, kind: number): Promise<void> {
  const client = await RtspClient.connect(bed.port);
  assert.equal((await client.request('DESCRIBE')).status, 200);
  const isUdp = kind % 3 === 0;
  const port = 20_000 + 2 * kind; // nobody listens there: datagrams are lost, as they may be
  const transport = isUdp ? `RTP/AVP;unicast;client_port=${port}-${port + 1}` : undefined;
  assert.equal((await client.setup(0, transport)).status, 200);
  if (kind !== 9) {
    assert.equal((await client.request('PLAY')).status, 200);
    if (!isUdp) await client.until(() => client.frames.length > 0);
  }
  // Those that use UDP live on without their connection, so they say that they leave.
  if (isUdp || kind % 2 === 0) assert.equal((await client.request('TEARDOWN')).status, 200);
  client.close();
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function resources(): { descriptors: number; heapBytes: number } {
  collectGarbage();
  return { descriptors: readdirSync('/proc/self/fd').length, heapBytes: process.memoryUsage().heapUsed };
}
