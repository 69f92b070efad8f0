import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { picture, videoTrack } from '../../testing/units.ts';
import { DatagramOutlet } from './datagram-outlet.ts';
import { TrackSender } from './track-sender.ts';
import type { WireUnit } from './wire-unit.ts';

const video = videoTrack();

function createOutlet(): { outlet: DatagramOutlet; sent: Uint8Array[]; backlogs: () => number } {
  const sent: Uint8Array[] = [];
  let backlogs = 0;
  const outlet = new DatagramOutlet(() => {
    backlogs += 1;
  });
  outlet.connect(0, { sendRtp: (packet) => sent.push(packet), sendRtcp: () => undefined });
  return { outlet, sent, backlogs: () => backlogs };
}

function wireUnits(sizes: readonly number[]): WireUnit[] {
  const sender = new TrackSender(video, 'test');
  return sizes.map((size, index) => sender.packetize(picture(video, index, { size })));
}

const totalBytes = (packets: readonly Uint8Array[]): number =>
  packets.reduce((sum, { length }) => sum + length, 0);

test('live pictures of usual size leave at once, and no timer is asked for', () => {
  const { outlet, sent, backlogs } = createOutlet();
  wireUnits(Array.from({ length: 50 }, () => 20_000)).forEach((unit, index) => {
    outlet.send(unit, index * 40);
    assert.equal(outlet.queuedBytes, 0);
  });
  assert.equal(backlogs(), 0);
  assert.ok(sent.every(({ length }) => length <= 1392));
});

test('packets are views of the bytes that TCP viewers get, without the prefix', () => {
  const { outlet, sent } = createOutlet();
  const [unit = assert.fail()] = wireUnits([3000]);
  outlet.send(unit, 0);
  assert.equal(sent.length, 3);
  for (const packet of sent) assert.equal(packet.buffer, unit.bytes.buffer);
  assert.deepEqual(Buffer.from(sent[0] ?? []), unit.bytes.subarray(4, 4 + (sent[0]?.length ?? 0)));
  assert.equal(unit.packets, unit.packets, 'cut once');
});

test('a group of pictures is spread over a fraction of a second, the first picture at once', () => {
  const { outlet, sent, backlogs } = createOutlet();
  const units = wireUnits([50_000, ...Array.from({ length: 49 }, () => 20_000)]);
  for (const unit of units) outlet.send(unit, 0);
  const burst = totalBytes(sent);
  assert.ok(burst >= 50_000 && burst < 100_000, `${burst} bytes at once`);
  assert.ok(backlogs() > 0);
  let nowMs = 0;
  let largest = 0;
  while (outlet.queuedBytes > 0) {
    nowMs += 5;
    const before = totalBytes(sent);
    outlet.drain(nowMs);
    largest = Math.max(largest, totalBytes(sent) - before);
  }
  assert.ok(nowMs >= 100 && nowMs <= 400, `took ${nowMs} ms`);
  assert.ok(largest < 40_000, `${largest} bytes in one go`);
});

test('whatever the sizes and times, packets leave in order and none is lost', () => {
  const step = fc.record({ size: fc.integer({ min: 1, max: 300_000 }), afterMs: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { outlet, sent } = createOutlet();
      let nowMs = 0;
      const units = wireUnits(steps.map(({ size }) => size));
      units.forEach((unit, index) => {
        nowMs += steps[index]?.afterMs ?? 0;
        outlet.send(unit, nowMs);
      });
      while (outlet.queuedBytes > 0) outlet.drain((nowMs += 5));
      assert.deepEqual(
        sent,
        units.flatMap(({ packets }) => packets),
      );
    }),
    { numRuns: 30 },
  );
});

test('what is forgotten in mid-picture is not resumed', () => {
  const { outlet, sent } = createOutlet();
  const [large = assert.fail(), small = assert.fail()] = wireUnits([200_000, 1000]);
  outlet.send(large, 0);
  assert.ok(outlet.queuedBytes > 0);
  outlet.clear();
  assert.equal(outlet.queuedBytes, 0);
  const before = sent.length;
  outlet.send(small, 1000);
  assert.deepEqual(sent.slice(before), small.packets);
});
