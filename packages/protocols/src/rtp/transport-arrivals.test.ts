import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../../media/src/testing/fuzz.ts';
import { parseRtcp, serializeRtcp } from '../rtcp/rtcp.ts';
import { serializeExtensionElements } from './header-extension.ts';
import { serializeRtpPacket } from './packet.ts';
import { unwrapRetransmission } from './retransmission.ts';
import { testPacket } from './testing/fixtures.ts';
import { TransportArrivals, transportSequenceOf } from './transport-arrivals.ts';

/** Packets received, by number → time, as a browser reads them out of what was sent. */
function told(arrivals: TransportArrivals): Map<number, number> | undefined {
  const feedback = arrivals.feedback(1, 2);
  if (feedback === undefined) return undefined;
  const [parsed] = parseRtcp(serializeRtcp([feedback]));
  assert.ok(parsed?.type === 'twcc');
  const times = new Map<number, number>();
  let atMs = parsed.referenceTimeMs;
  for (const { sequenceNumber, deltaUs } of parsed.packets) {
    if (deltaUs === undefined) continue;
    atMs += deltaUs / 1000;
    times.set(sequenceNumber, atMs);
  }
  return times;
}

test('feedback tells what arrived when, and what did not', () => {
  const arrivals = new TransportArrivals();
  assert.equal(arrivals.feedback(1, 2), undefined);
  arrivals.onPacket(65_535, 1000);
  arrivals.onPacket(1, 1003.25);
  const first = arrivals.feedback(1, 2);
  assert.deepEqual(first, {
    type: 'twcc',
    senderSsrc: 1,
    mediaSsrc: 2,
    referenceTimeMs: 960,
    feedbackCount: 0,
    packets: [
      { sequenceNumber: 65_535, deltaUs: 40_000 },
      { sequenceNumber: 0, deltaUs: undefined },
      { sequenceNumber: 1, deltaUs: 3250 },
    ],
  });
  assert.equal(arrivals.feedback(1, 2), undefined);
  arrivals.onPacket(0, 1010); // told of as lost
  assert.equal(arrivals.feedback(1, 2), undefined);
  arrivals.onPacket(4, 1020);
  const second = arrivals.feedback(1, 2);
  assert.equal(second?.feedbackCount, 1);
  assert.deepEqual(
    second.packets.map(({ sequenceNumber, deltaUs }) => [sequenceNumber, deltaUs !== undefined]),
    [
      [2, false],
      [3, false],
      [4, true],
    ],
  );
});

test('whatever is lost or overtaken, each arrival is told once, at its time', () => {
  const packets = fc.array(fc.tuple(fc.nat(40), fc.nat(30)), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.nat(65_535), fc.array(packets, { minLength: 1, maxLength: 5 }), (base, groups) => {
      const arrivals = new TransportArrivals();
      let nowMs = 1_700_000_000_000;
      let floor = 0;
      groups.forEach((group) => {
        const sent = new Map<number, number>();
        let top = floor;
        for (const [ahead, stepMs] of group) {
          nowMs += stepMs;
          const offset = floor + ahead;
          // The first packet of all is where counting begins.
          if (floor === 0 && sent.size === 0 && ahead > 0) continue;
          arrivals.onPacket((base + offset) & 0xffff, nowMs);
          sent.set((base + offset) & 0xffff, nowMs);
          top = Math.max(top, offset + 1);
        }
        floor = top;
        const times = told(arrivals);
        if (sent.size === 0) {
          assert.equal(times, undefined);
          return;
        }
        assert.deepEqual([...(times?.keys() ?? [])].sort(), [...sent.keys()].sort());
        // Reference times wrap: differences are what counts.
        const errors = [...sent].map(([number, atMs]) => Number(times?.get(number)) - atMs);
        assert.ok(Math.max(...errors) - Math.min(...errors) <= 0.25);
      });
    }),
  );
});

test('the transport-wide number is found among other extensions, and nowhere else', () => {
  const element = (id: number, ...data: number[]) => ({ id, data: Uint8Array.from(data) });
  const extension = serializeExtensionElements([element(1, 9, 9, 9), element(3, 0x12, 0x34), element(5, 7)]);
  const packet = serializeRtpPacket(testPacket({ csrcs: [1, 2], extension, payload: Uint8Array.of(1) }));
  assert.equal(transportSequenceOf(packet, 3), 0x1234);
  assert.equal(transportSequenceOf(packet, 1), undefined, 'of another length');
  assert.equal(transportSequenceOf(packet, 4), undefined);
  assert.equal(transportSequenceOf(packet, 0), undefined);
  assert.equal(transportSequenceOf(serializeRtpPacket(testPacket({})), 3), undefined);
});

test('a retransmission becomes the packet that was lost', () => {
  const extension = serializeExtensionElements([{ id: 3, data: Uint8Array.of(1, 2) }]);
  const bytes = serializeRtpPacket(
    testPacket({
      payloadType: 97,
      ssrc: 99,
      sequenceNumber: 5,
      timestamp: 1234,
      marker: true,
      extension,
      payload: Uint8Array.of(0xab, 0xcd, 1, 2, 3),
    }),
  );
  const want = serializeRtpPacket(
    testPacket({
      payloadType: 96,
      ssrc: 7,
      sequenceNumber: 0xabcd,
      timestamp: 1234,
      marker: true,
      payload: Uint8Array.of(1, 2, 3),
    }),
  );
  assert.deepEqual(unwrapRetransmission(bytes, 96, 7), want);
  const padding = serializeRtpPacket(testPacket({ payloadType: 97, payload: Uint8Array.of(0, 0, 0, 4) }));
  padding[0] = 0xa0;
  assert.equal(unwrapRetransmission(padding, 96, 7), undefined);
});

fuzz(
  'retransmissions and transport-wide numbers',
  [Uint8Array.of(0x90, 97, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 0x31, 1, 2, 0, 0, 5, 1, 2, 3)],
  (bytes) => {
    transportSequenceOf(bytes, 3);
    const packet = unwrapRetransmission(bytes, 96, 7);
    assert.ok(packet === undefined || packet.length < bytes.length);
  },
  20_000,
);
