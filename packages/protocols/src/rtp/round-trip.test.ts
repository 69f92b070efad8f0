import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Codec } from '@vedette/media';
import fc from 'fast-check';
import { fmtpOf } from '../sdp/track-format.ts';
import { createDepacketizer } from './create-depacketizer.ts';
import type { DepacketizedUnit } from './depacketizer.ts';
import { parseRtpPacket } from './packet.ts';
import type { RtpPacket } from './packet.ts';
import { createPacketizer } from './packetizer.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { burstPackets, testFormat, testTrack, testUnit } from './testing/fixtures.ts';

const HEADERS = {
  h264: [0x41, 0x1a],
  h265: [0x02, 0x01, 0x01],
  aac: [],
  opus: [],
  pcmu: [],
  pcma: [],
} as const satisfies Partial<Record<Codec, readonly number[]>>;
type TestedCodec = keyof typeof HEADERS;

/** What a camera sends: the parts of each unit by their lengths, and how packets are cut. */
interface Plan {
  readonly codec: TestedCodec;
  readonly units: readonly (readonly number[])[];
  readonly maxPacketLength: number;
}

const plans: fc.Arbitrary<Plan> = fc
  .constantFrom<TestedCodec>('h264', 'h265', 'aac', 'opus', 'pcmu')
  .chain((codec) => {
    const minLength = HEADERS[codec].length + 1;
    const length = fc.integer({ min: minLength, max: codec === 'opus' || codec === 'pcmu' ? 60 : 600 });
    const parts = codec === 'h264' || codec === 'h265' ? 6 : 1;
    return fc.record({
      codec: fc.constant(codec),
      units: fc.array(fc.array(length, { minLength: 1, maxLength: parts }), { minLength: 1, maxLength: 12 }),
      maxPacketLength: fc.integer({ min: 76, max: 300 }),
    });
  });

/** Bytes without zeros, so that none look like start codes; of a picture the first slice says so. */
function part(codec: TestedCodec, unit: number, index: number, length: number): Uint8Array {
  const header: readonly number[] = HEADERS[codec];
  const bytes = Uint8Array.from(
    { length },
    (_, at) => header[at] ?? 1 + ((unit * 31 + index * 7 + at) % 255),
  );
  const flagAt = header.length - 1; // first_mb_in_slice is 0, first_slice_segment_in_pic_flag
  if (flagAt > 0 && index === 0) bytes[flagAt] = (bytes[flagAt] ?? 0) | 0x80;
  return bytes;
}

/** The units of a plan as they should come out, and the packets of each. */
function send({ codec, units, maxPacketLength }: Plan): { sent: Uint8Array[][]; packets: RtpPacket[][] } {
  const track = testTrack(codec);
  const packetizer = createPacketizer(track, {
    payloadType: 96,
    ssrc: 1,
    firstSequenceNumber: 65_500,
    firstTimestamp: 0,
    maxPacketLength,
  });
  const sent = units.map((lengths, unit) => lengths.map((length, index) => part(codec, unit, index, length)));
  const packets = sent.map((data, unit) =>
    burstPackets(packetizer.packetize(testUnit(track, unit * 1024, data))).map(parseRtpPacket),
  );
  return { sent, packets };
}

function receive(codec: TestedCodec, packets: readonly RtpPacket[]): DepacketizedUnit[] {
  const format = testFormat(codec, fmtpOf(testTrack(codec)), codec === 'aac' ? 'mpeg4-generic' : codec);
  const depacketizer = createDepacketizer(format);
  return [...packets.flatMap((packet) => depacketizer.push(packet)), ...depacketizer.flush()];
}

test('every unit comes back whole from its packets', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { sent, packets } = send(plan);
      const received = receive(plan.codec, packets.flat());
      assert.deepEqual(
        received.map(({ data }) => data),
        sent,
      );
      received.forEach(({ timestamp, followsLoss, byteLength }, unit) => {
        assert.deepEqual(
          [timestamp, followsLoss, byteLength],
          [unit * 1024, false, sent[unit]?.reduce((sum, { length }) => sum + length, 0)],
        );
      });
    }),
  );
});

test('packets shuffled within the window come back in order', () => {
  const shuffles = fc.array(fc.nat(7), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(plans, shuffles, (plan, places) => {
      const { sent, packets } = send(plan);
      // The first one gives the order; each other one is late by up to 7 places.
      const [first, ...rest] = packets.flat();
      assert.ok(first);
      const arrivals = rest
        .map((packet, index) => ({ packet, at: index + (places[index % places.length] ?? 0) }))
        .sort((a, b) => a.at - b.at);
      const buffer = new ReorderBuffer({ maxPackets: 16, maxDelayMs: 1000 });
      const ordered = [first, ...arrivals.map(({ packet }) => packet)].flatMap((packet) =>
        buffer.push(packet, 0),
      );
      const received = receive(plan.codec, [...ordered, ...buffer.flush()]);
      assert.deepEqual(
        received.map(({ data }) => data),
        sent,
      );
      assert.equal(buffer.counters.lost, 0);
    }),
  );
});

test('lost packets cost the units they belong to and no others, and the next unit says so', () => {
  const losses = fc.array(fc.nat(4), { minLength: 200, maxLength: 200 });
  fc.assert(
    fc.property(plans, losses, (plan, dice) => {
      const { sent, packets } = send(plan);
      let number = 0;
      // The first unit is kept: what is missing before it nobody can know.
      const kept = packets.map((ofUnit, unit) =>
        ofUnit.filter(() => unit === 0 || (dice[number++ % dice.length] ?? 1) > 0),
      );
      const isWhole = (unit: number) => kept[unit]?.length === packets[unit]?.length;
      const received = receive(plan.codec, kept.flat());
      const wholeUnits = sent.map((_, unit) => unit).filter(isWhole);
      assert.deepEqual(
        received.map(({ timestamp }) => timestamp / 1024),
        wholeUnits,
      );
      received.forEach(({ data, followsLoss, timestamp }, index) => {
        const unit = timestamp / 1024;
        assert.deepEqual(data, sent[unit]);
        assert.equal(followsLoss, unit !== (wholeUnits[index - 1] ?? -1) + 1);
      });
    }),
  );
});
